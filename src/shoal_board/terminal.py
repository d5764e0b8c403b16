"""The controller's terminal: a human's, whose typing the job may read, until a computer speaks."""

import micropython

from .ports import usb
from .wire import const

_FIRST = const(0xA5)  # how every frame begins


class Terminal(usb.Port):
    """What was typed, byte by byte until the first of a frame comes; from then on a port."""

    _waiting = False  # that byte was read, and `read` must begin with it

    def typed(self):
        """What was typed next, or None: a computer speaks. May be called when `ready`."""
        byte = memoryview(bytearray(1))
        self._fill(byte)
        if byte[0] != _FIRST:
            return chr(byte[0])
        self._waiting = self.quiet = True
        micropython.kbd_intr(-1)
        return None

    def read(self, view):
        if self._waiting:
            self._waiting = False
            view = memoryview(view)
            view[0] = _FIRST
            view = view[1:]
        return super().read(view)
