"""shoal: starts the agent of this board. Ctrl-C, also right at the start, gives MicroPython's prompt; Ctrl-D starts it again.

An agent that is damaged or cannot start leaves the prompt and a line that says why. `shoal release` takes it off the board.
"""

import sys
from binascii import crc32


def check():
    """Compare the agent's files with the manifest: damaged code could take the board down at every start."""
    with open("/lib/shoal_board/manifest") as manifest:
        manifest.readline()
        for line in manifest:
            path, size, crc = line.split()
            with open(path, "rb") as file:
                data = file.read()
            if len(data) != int(size) or crc32(data) != int(crc, 16):
                raise ValueError(path + " is damaged")


try:
    check()
    del check  # the heap is for tasks from here on
    try:
        from shoal_board import start_tcp as start  # there if the board was adopted with --wifi
    except ImportError:
        try:
            from shoal_board import start_bus as start  # or with --bus
        except ImportError:
            from shoal_board import start_usb as start
    start.serve()
except KeyboardInterrupt:
    print("shoal: the agent was stopped; Ctrl-D starts it again")
except Exception as error:
    sys.print_exception(error)
    print("shoal: the agent on this board does not start; `shoal adopt` repairs it, `shoal release` removes it")
