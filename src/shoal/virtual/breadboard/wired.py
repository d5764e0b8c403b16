"""What a wiring consists of, once it was read and checked: boards, nets, devices, and how the boards use them. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shoal.errors import UsageError
from shoal.suggest import unknown

Pin = tuple[str, int]  # board, GPIO


@dataclass(frozen=True)
class Placed:
    """A board. `kind`: a key of `catalog.boards()`; `unique_id`: in hex; `boots`: its power comes between these seconds."""

    name: str
    kind: str
    unique_id: str
    boots: tuple[float, float]


@dataclass(frozen=True)
class Net:
    """Pins that a wire of `length_m` metres joins. `ground`: to ground too. Resistors: each one that is there, in ohm."""

    name: str
    pins: tuple[Pin, ...]
    pullups_ohm: tuple[float, ...] = ()
    pulldowns_ohm: tuple[float, ...] = ()
    length_m: float = 0.0
    ground: bool = False

    @property
    def pullup_ohm(self) -> float | None:
        """What all the pull-ups are together; None without any."""
        return _parallel(self.pullups_ohm)

    @property
    def pulldown_ohm(self) -> float | None:
        """What all the pull-downs are together; None without any."""
        return _parallel(self.pulldowns_ohm)


@dataclass(frozen=True)
class Device:
    """Something other than a board. `pins`: what each of its pins (a word of DEVICES) is joined to."""

    name: str
    kind: str
    pins: Mapping[str, Pin]


_Thing = TypeVar("_Thing", Placed, Net, Device)


@dataclass(frozen=True)
class BusFacts:
    """How the boards' program uses the wires. `pins`: GPIO numbers by role, the same on all; `frequency_hz`: 0 for no clock."""

    wire: str
    frequency_hz: int
    pins: Mapping[str, int]


@dataclass(frozen=True)
class Cost:
    """What one call of a function takes on a board, in microseconds: once, and for each unit.

    `units`: what is counted, "sum" of the result's items, "len" of the result, or "argument", the items of the first argument.
    """

    fixed_us: float
    unit_us: float
    units: str = "sum"


@dataclass(frozen=True)
class Wiring:
    """A whole breadboard. `file`: where it was read from."""

    name: str
    about: str
    boards: tuple[Placed, ...]
    nets: tuple[Net, ...]
    devices: tuple[Device, ...]
    bus: BusFacts
    costs: Mapping[str, Cost]
    file: Path

    @property
    def controllers(self) -> tuple[str, ...]:
        """The boards whose role pin is tied to ground: one, if nothing is wrong."""
        role = self.bus.pins.get("role")
        return tuple(board for net in self.nets if net.ground for board, gpio in net.pins if gpio == role)

    @property
    def processors(self) -> tuple[str, ...]:
        """The other boards, in the file's order."""
        controllers = self.controllers
        return tuple(board.name for board in self.boards if board.name not in controllers)

    def board(self, name: str) -> Placed:
        """The board of that name. Raises UsageError."""
        return self._named("board", self.boards, name)

    def net(self, name: str) -> Net:
        """The net of that name. Raises UsageError."""
        return self._named("net", self.nets, name)

    def device(self, name: str) -> Device:
        """The device of that name. Raises UsageError."""
        return self._named("device", self.devices, name)

    def net_at(self, pin: Pin) -> Net | None:
        """The net that a pin is on, or None."""
        return next((net for net in self.nets if pin in net.pins), None)

    def _named(self, what: str, things: tuple[_Thing, ...], name: str) -> _Thing:
        for thing in things:
            if thing.name == name:
                return thing
        raise UsageError(f"{self.file}: {unknown(what, name, (thing.name for thing in things))}")


def _parallel(resistors: tuple[float, ...]) -> float | None:
    return 1 / sum(1 / ohm for ohm in resistors) if resistors else None
