"""Links on the simulated clock that need no more than arithmetic: a wire for each board, and a channel that all boards share."""

from collections.abc import Sequence

from shoal import defaults
from shoal.catalog import LinkFacts
from shoal.predict.calls import framed
from shoal.predict.carrier import Agenda, Carrier, Done, Then


class OwnWire:
    """Each board has a wire for itself, and its own processor moves the bytes: a pipe, USB, a TCP link of a `virtual:` board.

    This is what `pace=real` does: bytes take the board's time, at the link's rate; a message that the board had to wait for
    takes the link's latency twice (there and back).
    """

    wire = ""
    byte_s = 0.0
    busy_s = 0.0

    def __init__(self, agenda: Agenda, links: Sequence[LinkFacts]) -> None:
        """`links`: of each board."""
        self._agenda = agenda
        self._to_board = [link.to_board_s_per_byte for link in links]
        self._to_host = [link.to_host_s_per_byte for link in links]
        self._wait = [2 * link.latency_s for link in links]
        self.bytes_out = self.bytes_in = 0

    def send(self, board: int, size: int, then: Then, frames: int) -> None:
        self.bytes_out += size
        then()

    def read(self, board: int, size: int, waited: bool, then: Done) -> None:
        works = size * self._to_board[board]
        takes = works + self._wait[board] if waited else works
        self._agenda.at(self._agenda.now + takes, lambda: then(works))

    def write(self, board: int, size: int, then: Done, arrived: Then) -> None:
        size = framed(size, defaults.RECEIVE_LIMIT)
        self.bytes_in += size
        works = size * self._to_host[board]

        def written() -> None:
            arrived()
            then(works)

        self._agenda.at(self._agenda.now + works, written)

    def rest(self, board: int) -> None:
        pass


class Channel:
    """Boards with links of their own over a medium that they share, such as a radio: one message at a time uses it.

    A message holds the medium for its bytes at the medium's rate, takes as long as its board's own rate allows, and arrives the
    link's latency later. The board's processor is free meanwhile: a radio moves the bytes. The scheduler is not told that
    something is shared, because real boards on Wi-Fi do not tell it either.
    """

    wire = "radio"
    byte_s = 0.0

    def __init__(self, agenda: Agenda, links: Sequence[LinkFacts]) -> None:
        """`links`: of each board, which may be of different kinds."""
        self._agenda = agenda
        self._links = links
        self._free = 0.0
        self.busy_s = 0.0
        self.bytes_out = self.bytes_in = 0

    def send(self, board: int, size: int, then: Then, frames: int) -> None:
        self.bytes_out += size
        self._carry(self._links[board], size, self._links[board].to_board_s_per_byte, then)

    def read(self, board: int, size: int, waited: bool, then: Done) -> None:
        then(0.0)

    def write(self, board: int, size: int, then: Done, arrived: Then) -> None:
        size = framed(size, defaults.RECEIVE_LIMIT)
        self.bytes_in += size
        self._carry(self._links[board], size, self._links[board].to_host_s_per_byte, arrived)
        then(0.0)

    def rest(self, board: int) -> None:
        pass

    def _carry(self, link: LinkFacts, size: int, byte_s: float, then: Then) -> None:
        begins = max(self._free, self._agenda.now)
        held = size * link.channel_s_per_byte
        self._free = begins + held
        self.busy_s += held
        self._agenda.at(max(self._free, begins + size * byte_s) + link.latency_s, then)


class Gateways:
    """Boards in groups of the same size, each group with a wire of its own: buses behind controllers, all on one computer."""

    def __init__(self, groups: Sequence[Carrier], size: int) -> None:
        """`size`: boards in each group. Boards count through: the first of the second group follows the last of the first."""
        self._groups = groups
        self._size = size
        self.wire = groups[0].wire and f"{len(groups)} x {groups[0].wire}"
        # The scheduler takes a byte for one on a wire of all boards, and there are so many wires.
        self.byte_s = groups[0].byte_s / len(groups)

    @property
    def busy_s(self) -> float:
        """Of the wire that was busy for longest."""
        return max(group.busy_s for group in self._groups)

    @property
    def bytes_out(self) -> int:
        return sum(group.bytes_out for group in self._groups)

    @property
    def bytes_in(self) -> int:
        return sum(group.bytes_in for group in self._groups)

    def send(self, board: int, size: int, then: Then, frames: int) -> None:
        self._groups[board // self._size].send(board % self._size, size, then, frames)

    def rest(self, board: int) -> None:
        self._groups[board // self._size].rest(board % self._size)

    def read(self, board: int, size: int, waited: bool, then: Done) -> None:
        self._groups[board // self._size].read(board % self._size, size, waited, then)

    def write(self, board: int, size: int, then: Done, arrived: Then) -> None:
        self._groups[board // self._size].write(board % self._size, size, then, arrived)
