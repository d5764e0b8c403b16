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
        poll = select.poll()
        poll.register(sys.stdin, select.POLLIN)
        self.ready = poll.poll  # something, if there is something to read; waits so many milliseconds for it
        self._fill = sys.stdin.buffer.readinto
        self._put = sys.stdout.buffer.write
        self.quiet = False  # whether Ctrl-C is a byte like any other

    def read(self, view):
        count = 0
        while not self.quiet:
            if not self._fill(view[:1]):
                return False
            if view[0] == _FRAME:
                self.quiet = True
                micropython.kbd_intr(-1)
                count = 1
            elif view[0] == _CTRL_C:  # typed before it could interrupt anything
                raise KeyboardInterrupt
        size = len(view)
        while count < size:
            more = self._fill(view[count:] if count else view)
            if not more:
                return False
            count += more
        if view[0] == _CTRL_C and size == _HEADER and view == b"\3\3\3\3\3\3\3\3\3\3\3\3":
            self.quiet = False
            micropython.kbd_intr(_CTRL_C)
            raise KeyboardInterrupt
        return True

    def write(self, view):
        while len(view):
            view = view[self._put(view) or 0 :]  # less than all: the host has not read for half a second
