"""What carries messages between a host and its boards on the simulated clock. One class a kind of link; all of this shape."""

from collections.abc import Callable
from typing import Protocol

Then = Callable[[], None]
Done = Callable[[float], None]  # is told how many seconds of what has passed the board's agent worked, by its own clock


class Agenda(Protocol):
    """The simulated clock: what is to happen when. Things of the same time happen in the order in which they were asked for."""

    now: float  # seconds

    def at(self, time: float, then: Then) -> None:
        """Have something happen; never earlier than now."""


class Carrier(Protocol):
    """The links of the boards of one host, by board number.

    Sizes to a board are bytes on its wire, the heads of the message's `frames` included; those of an answer are without.
    """

    wire: str  # what all boards share, as in `BusAccount.wire`; "" if they share nothing
    byte_s: float  # seconds for which a byte keeps it busy, as the scheduler is told; 0 if it is not told

    @property
    def busy_s(self) -> float:
        """Seconds for which it was busy so far."""

    @property
    def bytes_out(self) -> int:
        """To boards so far, as they are on the wire."""

    @property
    def bytes_in(self) -> int:
        """From boards so far."""

    def send(self, board: int, size: int, then: Then, frames: int) -> None:
        """Carry a message to a board: `then`, when the board can begin to read it. Messages to one board keep their order."""

    def read(self, board: int, size: int, waited: bool, then: Done) -> None:
        """The board reads the first message that came and was not read: `then`, when it has all of it. `waited`: it had
        nothing else to do when the message came."""

    def write(self, board: int, size: int, then: Done, arrived: Then) -> None:
        """The board puts an answer out: `then`, when it may go on; `arrived`, when all of the answer is at the host."""

    def rest(self, board: int) -> None:
        """The board has nothing to do, and listens."""
