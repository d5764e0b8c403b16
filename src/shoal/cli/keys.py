"""Keys of the terminal, one at a time and without Enter, while nobody waits for them."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def single() -> Iterator[bool]:
    """Keys come at once and are not shown, until the context ends. Gives whether there is a keyboard; Ctrl-C works as ever."""
    if not sys.stdin.isatty():
        yield False
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield True
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def pressed(wait_s: float = 0.0) -> str:
    """The keys that were pressed since the last call, or are within so many seconds; arrow keys as the letters w, a, s, d."""
    typed = b""
    while select.select([sys.stdin], [], [], 0 if typed else wait_s)[0]:
        more = os.read(sys.stdin.fileno(), 1024)
        if not more:
            break
        typed += more
    for arrow, letter in ((b"\x1b[A", b"w"), (b"\x1b[B", b"s"), (b"\x1b[C", b"d"), (b"\x1b[D", b"a")):
        typed = typed.replace(arrow, letter)
    return typed.decode("ascii", "ignore")
