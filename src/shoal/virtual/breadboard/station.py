"""A board's place on the breadboard: what stays when its power goes, such as its name, and its USB socket."""

from collections.abc import Callable, Iterable
from random import Random

from shoal import catalog
from shoal.virtual.breadboard.agenda import Entry
from shoal.virtual.breadboard.processes import Process
from shoal.virtual.breadboard.session import Session
from shoal.virtual.breadboard.wired import Placed


class Usb:
    """The host's end of a board's USB terminal."""

    def __init__(self, wrote: Callable[[bytes], None], plug: Callable[[bool], None]) -> None:
        self._wrote, self._plug = wrote, plug
        self._plugged = True
        self._out = bytearray()

    @property
    def plugged(self) -> bool:
        """Whether a cable is there: what either side says without is lost."""
        return self._plugged

    @plugged.setter
    def plugged(self, value: bool) -> None:
        self._plugged = value
        self._plug(value)

    def write(self, data: bytes) -> None:
        """Bytes for the board, now."""
        if self._plugged and data:
            self._wrote(data)

    def read(self) -> bytes:
        """What the board has said since the last time."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def said(self, data: bytes) -> None:
        """The board says something."""
        if self._plugged:
            self._out += data


class Station:
    """One board of the wiring."""

    def __init__(self, index: int, placed: Placed, seed: int, usb: Usb) -> None:
        self.index, self.placed, self.usb = index, placed, usb
        self.name = placed.name
        self.facts = catalog.boards()[placed.kind]
        self.dice = Random(f"board {placed.name} {seed}")
        self.process: Process | None = None  # started, and waiting for power
        self.session: Session | None = None
        self.powered = False
        self.switch: Entry | None = None  # when its power comes for the first time
        self.starts = 0
        self.cause = 1  # of the next start, as `machine.reset_cause`
        self.inbox = bytearray()  # from USB
        self.line = ""  # of the console, not yet ended
        self.costs = 0  # measured pieces of work so far
        self.slow = 1.0
        self.twin: Station | None = None
        self.levels = 0
        self.floating = False  # whether a pin that it reads is held by nobody
        self.gpios: set[int] = set()  # that `levels` follows


def pair(stations: Iterable[Station], changed: Station) -> None:
    """Let the fault "two boards on one address" hold for what a board has now."""
    for one in stations:
        other = one.twin
        if one.session and (one is changed or other is changed):
            found = list(other.session.targets.values()) if other and other.session else []
            for target in one.session.targets.values():
                target.twin = found[0] if found else None
