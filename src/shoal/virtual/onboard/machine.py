"""The `machine` module of a virtual board: as much of the real one as a board without pins has."""

import os

_unique_id = b""


def started_as(unique_id):
    """Set by the boot script: the board's id as hex digits."""
    global _unique_id
    _unique_id = bytes([int(unique_id[at : at + 2], 16) for at in range(0, len(unique_id), 2)])


def unique_id():
    return _unique_id


def reset():
    """End this board as a hardware reset does: at once, whatever the program is doing."""
    os.system("kill -TERM $PPID")  # the shell's parent is this process; MicroPython has no os.kill
    while True:
        pass


def idle():
    pass
