"""The USB terminal of a board on a breadboard, as `sys.stdin` and `sys.stdout` have it, and a `sys` that has these two."""

import struct
import sys

import micropython
import ops

from breadboard import charges, core

_MOST = 2048
_NEVER = 1 << 60


class Stream:
    """Both directions, as text or bytes; `buffer` is the same thing."""

    def __init__(self):
        self.buffer = self

    def readinto(self, view):
        """Blocks until the view is full, as a board's terminal does."""
        view = memoryview(view)
        size = at = len(view)
        at = 0
        while at < size:
            core.ask(ops.USB_IN, 0, 0, struct.pack("<I", min(size - at, _MOST)))
            got = len(core.data)
            view[at : at + got] = core.data
            at += got
            core.charge(got * charges["usb_read_byte"])
            core.after()
            if at < size and not got:
                core.until(_NEVER, ops.ON_USB)
        return size

    def read(self, size=1):
        data = bytearray(size)
        self.readinto(data)
        return bytes(data)

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            line += self.read(1)
        return line

    def write(self, data):
        """Text is kept by the simulation as the board's console, too; bytes are for the host only."""
        op = ops.PRINT if isinstance(data, str) else ops.USB_OUT
        view = memoryview(data.encode() if op == ops.PRINT else data)
        for at in range(0, len(view), _MOST):
            part = view[at : at + _MOST]
            core.charge(len(part) * charges["usb_write_byte"])
            core.note(op, 0, 0, part)
        return len(data)

    def flush(self):
        pass


class _Sys:
    """The real `sys`, with other streams."""

    def __init__(self):
        self.stdin = self.stdout = self.stderr = Stream()

    def __getattr__(self, name):
        return getattr(sys, name)


stand_in = _Sys()


class Micropython:
    """The real `micropython`, but Ctrl-C stays what the simulation ends endless work with."""

    def kbd_intr(self, char):
        pass

    def __getattr__(self, name):
        return getattr(micropython, name)
