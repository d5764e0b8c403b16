"""What the driver asks of whatever provides boards: a fleet. One class for each scheme of a spec (`fleets`).

A fleet starts boards, gives a link to each, and tells how they end. It never blocks and is called by one thread; what takes
time goes on in threads of its own, and comes back as events.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shoal import clock
from shoal.links import Link
from shoal.model import BusAccount
from shoal.spec import Spec


@dataclass
class Slot:
    """The place of one board. `kind`: its key in the catalogue, or ""; `pid`: the process that a virtual board is now.

    Without a name it waits for whatever board may come: it has one when that board is `Opened`.
    """

    name: str
    kind: str
    unique_id: str
    pid: int | None = None
    tags: tuple[str, ...] = field(default=())


class Opened(NamedTuple):
    """An agent is reached by this link, or soon will be. Follows an `open` that gave None; unasked: the board is back."""

    slot: int
    link: Link


class Ended(NamedTuple):
    """A board ended. `returns`: it comes back; else nobody should wait for it. `fault`: what it ran may be the cause."""

    slot: int
    reason: str
    returns: bool
    fault: bool = True


class Said(NamedTuple):
    """Text that came from a board, but not through its agent."""

    slot: int
    text: str


Event = Opened | Ended | Said


def discard(event: Event) -> None:
    """Nobody wants it any more: a link that came with it is closed."""
    if isinstance(event, Opened):
        event.link.close()


class Fleet(Protocol):
    """The boards of one spec. `paced`: slowed to the speed of real ones; `warning`: for the user, or ""."""

    spec: Spec
    paced: bool
    warning: str

    @property
    def byte_us(self) -> float:
        """Microseconds for which a byte of payload keeps busy what all boards share; 0 if they share nothing, or nobody knows."""

    @property
    def bus(self) -> BusAccount | None:
        """What the bus of these boards was used for, if they share one."""

    def now(self) -> float:
        """Seconds on the clock of these boards: simulated ones have their own."""

    @property
    def slots(self) -> list[Slot]:
        """The places of the boards; what is in them may change, their number not."""

    def fileno(self) -> int:
        """Readable when `poll` has something."""

    def poll(self) -> list[Event]:
        """What happened since the last call."""

    def open(self, index: int) -> Link | None:
        """Start the board of a slot, for the first time or again. None: its link comes with `Opened`."""

    def lost(self, index: int) -> None:
        """The link of a board has ended. A fleet that cannot see it by itself answers with `Ended`."""

    def kill(self, index: int, reason: str) -> None:
        """End a board now; `Ended` follows, with `reason`. It may be opened again."""

    def heap(self, index: int) -> int:
        """Bytes of heap, for a board that does not know its own; 0 if nobody knows."""

    def notes(self) -> tuple[str, ...]:
        """What a reader of the account has to know about these boards."""

    def close(self) -> None:
        """Let go of all boards. Returns when nothing is left of this fleet."""


class Boards:
    """What is true of most fleets; each says what is different."""

    paced = False
    warning = ""

    @property
    def byte_us(self) -> float:
        return 0.0

    @property
    def bus(self) -> BusAccount | None:
        return None

    def now(self) -> float:
        return clock.now()

    def heap(self, index: int) -> int:
        """Boards know their own."""
        return 0

    def notes(self) -> tuple[str, ...]:
        """Nothing that a reader of the account has to know."""
        return ()
