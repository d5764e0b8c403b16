"""The pseudo-terminal of one emulated board: what a USB cable and `/dev/ttyACM0` are to a real one.

Bytes go through unchanged both ways. Nothing is lost and nothing grows without end: while the board does not take what it was
sent, nothing more is read; while nobody reads what the board said, `has_room` is false, and the board has to wait.
"""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Callable

_CHUNK = 4096
_KEPT = 16384  # bytes from the board that wait here for a reader


class Port:
    """A pseudo-terminal that comes and goes with the cable. All calls from the one thread of `loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, to_board: Callable[[bytes], None]) -> None:
        """`to_board` takes what the host has written; `pause` and `resume` say when."""
        self.path = ""  # where the host finds the board, or "" while it is unplugged
        self._loop = loop
        self._to_board = to_board
        self._master = self._slave = -1
        self._pending = bytearray()
        self._reading = self._writing = False
        self._paused = False

    def plug(self) -> None:
        """The board appears, at a new `path`."""
        self.unplug()
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._paused = False  # what the board had not taken may be lost: a reset forgets it
        self._read()

    def unplug(self) -> None:
        """The board vanishes; a host that has it open sees the end."""
        if not self.path:
            return
        self._stop_reading()
        if self._writing:
            self._loop.remove_writer(self._master)
        # Our own end of the slave keeps the terminal alive while no host has it open: without it the master
        # would be at its end again and again.
        os.close(self._master)
        os.close(self._slave)
        self._writing = False
        self._pending.clear()
        self.path = ""

    def pause(self) -> None:
        """The board has enough: leave the rest with the host."""
        self._paused = True
        self._stop_reading()

    def resume(self) -> None:
        """The board takes more."""
        if self._paused:
            self._paused = False
            self._read()

    def has_room(self) -> bool:
        """Whether `send` may be given more."""
        return len(self._pending) < _KEPT

    def send(self, data: bytes) -> None:
        """Pass on what the board said; while it is unplugged, nobody hears it."""
        if self.path:
            self._pending += data
            self._flush()

    def _read(self) -> None:
        if self.path and not self._reading and not self._paused:
            self._loop.add_reader(self._master, self._readable)
            self._reading = True

    def _stop_reading(self) -> None:
        if self._reading:
            self._loop.remove_reader(self._master)
            self._reading = False

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, _CHUNK)
            if data:
                self._to_board(data)

    def _flush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._pending:
                del self._pending[: os.write(self._master, self._pending)]
        if bool(self._pending) != self._writing:
            self._writing = bool(self._pending)
            if self._writing:
                self._loop.add_writer(self._master, self._flush)
            else:
                self._loop.remove_writer(self._master)
