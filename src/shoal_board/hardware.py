"""A board's own means against tasks that do not end: a timer that stops them, a reset if they cannot be stopped, a watchdog.

MicroPython has one way to raise an exception in code that runs: Ctrl-C on a terminal. So the guard becomes a second terminal
(`os.dupterm`) for a moment, and types it. Only for boards whose `machine` has a Timer; other boards are processes, which
their host ends.
"""

import io
import os
import sys
import time

import machine
import micropython

from . import wire
from .wire import const

_TICK_MS = const(100)
_AGAIN = const(10)  # ticks until a task that goes on after an interrupt is interrupted once more
_GRACE_MS = const(2000)  # between the end of a lump's time and the reset of a board that goes on
_CTRL_C = const(3)
_QUIET = (3, -1)  # for `kbd_intr`: whether Ctrl-C is a byte like any other


def _reset(_):
    machine.reset()


class Guard(io.IOBase):
    """Watches one board. It is also the terminal on which it types."""

    def __init__(self, board, watchdog=0):
        """`board`: a `main.Board`; `watchdog`: seconds (8 at most on a Pico) without a sign of life until a reset, 0: never."""
        self._board = board
        self._active = False  # whether the user's code runs
        self._wait = 0  # ticks until the next interrupt
        self._deadline = None
        self._bomb = machine.Timer(-1)
        self._sensor = machine.ADC(getattr(machine.ADC, "CORE_TEMP", 4)) if sys.platform == "rp2" else None
        self._watchdog = machine.WDT(timeout=watchdog * 1000) if watchdog else None
        self._timer = machine.Timer(-1)  # one that nobody knows is collected, and stops
        self._timer.init(period=_TICK_MS, callback=self._tick)
        board.agent.guard = self

    def begin(self, allowed):
        """The user's code is about to run, for `allowed` milliseconds or for ever (0)."""
        if allowed:
            self._deadline = time.ticks_add(time.ticks_ms(), allowed)
            # Hard: it comes even if no Python runs any more.
            self._bomb.init(mode=machine.Timer.ONE_SHOT, period=allowed + _GRACE_MS, callback=_reset, hard=True)
        self._wait = 0
        self._active = True

    def end(self):
        """The user's code has ended."""
        while self._active:  # a loop, because an interrupt that has been typed comes at the end of one, so it comes here
            self._active = False
        if self._deadline is not None:
            self._deadline = None
            self._bomb.deinit()

    def temperature(self):
        """In 1/100 C. The formula is that of the RP2040 datasheet, chapter 4.9.5, for 3.3 V."""
        if self._sensor is None:
            return wire.NO_TEMPERATURE
        read = self._sensor.read_u16()
        if not read:  # an emulated board has none
            return wire.NO_TEMPERATURE
        return int(2700 - (read * 3.3 / 65535 - 0.706) * 100 / 0.001721)

    def _tick(self, _):
        if self._watchdog:
            self._watchdog.feed()
        if self._active and not self._board.moving:
            agent = self._board.agent
            self._look(self._board)
            if self._deadline is not None and time.ticks_diff(time.ticks_ms(), self._deadline) >= 0:
                agent.stopped = agent.stopped or wire.TIMED_OUT
            if agent.stopped:
                self._wait -= 1
                if self._wait < 0:
                    self._wait = _AGAIN
                    micropython.kbd_intr(_CTRL_C)
                    terminal = os.dupterm(self)
                    os.dupterm_notify(None)
                    os.dupterm(terminal)
                    # From here on nothing may branch: the interrupt is for the user's code.
                    micropython.kbd_intr(_QUIET[self._board.port.quiet])

    def _look(self, board):
        """Take what has come, while a task runs."""
        agent = board.agent
        while board.port.ready(0):
            agent.busy += time.ticks_diff(agent.clock(), agent.mark)
            if not board.read():
                agent.stopped = wire.CANCELLED  # nobody is left who would want its results
                return
        board.write()

    # What MicroPython asks of a terminal.

    def readinto(self, buffer):
        buffer[0] = _CTRL_C
        return 1

    def write(self, buffer):
        return len(buffer)

    def ioctl(self, request, argument):
        return 0
