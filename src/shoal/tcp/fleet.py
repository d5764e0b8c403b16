"""The boards of a `tcp:` spec: reaches them, reaches them again when they are lost, and tells which one is wrong and why."""

import threading
from functools import partial

from shoal import config
from shoal.errors import LinkError
from shoal.fleet import Boards, Ended, Event, Opened, Slot
from shoal.links import Link
from shoal.links.opening import Opening
from shoal.links.tcp import TcpLink
from shoal.spec import Spec
from shoal.tcp import discovery, reaching
from shoal.tcp.calls import Calls
from shoal.tcp.places import Place, chosen
from shoal.tcp.reaching import Reached

_NONE = (
    "no board of the network is known: name addresses (tcp:10.0.0.7), or give boards an address in shoal.toml, "
    "or adopt them with Wi-Fi settings"
)


class _Board:
    """What is going on at one place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.attempt = 0  # outcomes of former ones do not matter any more
        self.given_up = threading.Event()
        self.link: TcpLink | None = None


class TcpBoards(Boards):
    """All calls from one thread."""

    def __init__(self, spec: Spec) -> None:
        """Find out which boards are meant. Raises UsageError for words that mean none, LinkError for keys that are missing."""
        found = [] if spec.targets else discovery.announced()
        places = chosen(spec.targets, config.boards(), config.keys(), found)
        if not places:
            raise LinkError(_NONE if discovery.AVAILABLE else _NONE + "; shoal[network] finds boards that announce themselves")
        self.spec = spec
        self._boards = [_Board(place) for place in places]
        self._opening: Opening[Reached | Ended] = Opening(self._discard)
        self._calls: list[Calls] = []
        try:
            for port in sorted({place.calls for place in places if place.calls}):
                keys = {name: key for place in places if place.calls == port for name, key in place.keys}
                self._calls.append(Calls(port, list(keys.items()), partial(self._called, port)))
        except LinkError:
            self.close()
            raise

    @property
    def slots(self) -> list[Slot]:
        return [board.place.slot for board in self._boards]

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._opening.fileno()

    def open(self, index: int) -> Link | None:
        """Reach a board, for the first time or again; its link comes with `Opened`."""
        board = self._boards[index]
        self._let_go(board)
        work = reaching.be_called if board.place.calls else reaching.reach
        board.given_up = self._opening.start(partial(work, index, board.attempt, board.place))
        return None

    def _called(self, port: int, unique_id: str, link: TcpLink) -> None:
        """A board called us. In any thread."""
        for index, board in enumerate(self._boards):
            if board.place.calls == port and unique_id in [name for name, _ in board.place.keys]:
                self._opening.put(Reached(index, -1, link, unique_id, ""))
                return
        link.close()

    def poll(self) -> list[Event]:
        """What happened since the last call. Never blocks."""
        events: list[Event] = []
        for outcome in self._opening.take():
            if isinstance(outcome, Ended):
                events.append(outcome)
            elif outcome.attempt not in (-1, self._boards[outcome.slot].attempt):
                reaching.discard(outcome)
            else:
                events.append(self._outcome(outcome))
        return events

    def _outcome(self, outcome: Reached) -> Event:
        board = self._boards[outcome.slot]
        link = outcome.link
        if link is None:
            return Ended(outcome.slot, outcome.reason, False, fault=False)
        others = [other.place.slot for other in self._boards if other is not board]
        same = [slot.name for slot in others if slot.unique_id == outcome.unique_id]
        if same:
            link.close()
            return Ended(
                outcome.slot, f"{board.place.where} is the board {same[0]}, which this cluster has already", False, fault=False
            )
        self._let_go(board)
        board.link = link
        board.place.slot.unique_id = outcome.unique_id
        return Opened(outcome.slot, link)

    def _let_go(self, board: _Board) -> None:
        """Whatever was going on does not matter any more."""
        board.given_up.set()
        board.attempt += 1
        board.link = None

    def lost(self, index: int) -> None:
        """The link of a board has ended: it was reset, or the network is gone, or it was taken off it."""
        link = self._boards[index].link
        if link is not None:
            self._boards[index].link = None
            self._opening.put(Ended(index, link.fault, True, fault=not link.silent))

    def kill(self, index: int, reason: str) -> None:
        """Hang up: a board that hears nobody stops what it does, and listens again."""
        self._boards[index].link = None
        self._opening.put(Ended(index, reason, True))

    def close(self) -> None:
        """Let go of all boards; they listen again when their links are closed."""
        for board in self._boards:
            self._let_go(board)
        for calls in self._calls:
            calls.close()
        self._opening.close()

    @staticmethod
    def _discard(outcome: Reached | Ended) -> None:
        if isinstance(outcome, Reached):
            reaching.discard(outcome)
