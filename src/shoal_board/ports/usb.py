"""The terminal that a board has on USB, or on its first UART: the one that MicroPython's prompt uses.

Until a host speaks, Ctrl-C is a human's: it ends the agent and gives the prompt. From the first byte of a frame on it is a byte
like any other, because frames may hold it. What ends the agent then is a read of one header of nothing but 0x03: no frame begins
so. It is read by frames that were cut off, too, so a host sends more than a header of them.
"""

import select
import sys

import micropython

from ..wire import const

_HEADER = const(12)
_CTRL_C = const(3)
_FRAME = const(0xA5)  # how every frame begins; nothing that a human types


class Port:
    """`read` blocks until the view is full; it returns False at the end of the stream, which a board's terminal has not."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self.quiet = False  # whether Ctrl-C is a byte like any other

    def read(self, view):
        left = view
        while not self.quiet:
            if not self._in.readinto(view[:1]):
                return False
            if view[0] == _FRAME:
                self.quiet = True
                micropython.kbd_intr(-1)
                left = view[1:]
            elif view[0] == _CTRL_C:  # typed before it could interrupt anything
                raise KeyboardInterrupt
        while len(left):
            count = self._in.readinto(left)
            if not count:
                return False
            left = left[count:]
        if len(view) == _HEADER and view == b"\3\3\3\3\3\3\3\3\3\3\3\3":
            self.quiet = False
            micropython.kbd_intr(_CTRL_C)
            raise KeyboardInterrupt
        return True

    def write(self, view):
        while len(view):
            view = view[self._out.write(view) or 0 :]  # less than all: the host has not read for half a second

    def ready(self, milliseconds):
        """Whether there is something to read; waits that long for it."""
        return bool(self._poll.poll(milliseconds))
