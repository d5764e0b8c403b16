"""The one board alone that an account is measured with: when its calls run, and that nothing else does meanwhile.

The ledger does not book what runs here. Jobs that users post meanwhile are put off until it is over. Whatever comes in between (a
board ends, the cluster is aborted) ends it with nothing found out, and the account says so.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields, replace

from shoal.alone import Alone
from shoal.errors import UsageError
from shoal.fleet import Fleet
from shoal.ledger import Ledger
from shoal.model import BusAccount
from shoal.work import Work


class Measuring:
    """One at a time. For the owner thread."""

    def __init__(
        self,
        ledger: Ledger,
        fleet: Fleet,
        up: Callable[[], list[int]],
        take: Callable[[Work], None],
        cancel: Callable[[Work], None],
    ) -> None:
        """`up`: the boards that are there; `take` and `cancel`: have the scheduler run a job, or give it up."""
        self.alone = Alone()
        self.at_end = False  # it is wanted before the cluster ends
        self.calls = 0  # that run for it
        self._ledger = ledger
        self._fleet = fleet
        self._up = up
        self._take = take
        self._cancel = cancel
        self._told: Future[None] | None = None
        self._board = 0
        self._works: list[Work] = []
        self._later: list[Work] = []
        self._bus_then: BusAccount | None = None
        self._bus_aside = BusAccount("")  # what the bus did for it

    @property
    def bus(self) -> BusAccount | None:
        """What the bus of these boards was used for, but for this."""
        bus = self._fleet.bus
        return _together(bus, self._bus_aside, -1) if bus else None

    @property
    def on(self) -> bool:
        """Whether it is under way."""
        return self._told is not None

    def begin(self, told: Future[None], busy: bool) -> None:
        """Begin. `told` hears of the end; `busy`: jobs are open."""
        if busy or self._told:
            told.set_exception(UsageError("calls are still open: ask for a measured account when all are answered"))
            return
        self._told = told
        up = sorted(self._up())
        kinds = [self._fleet.slots[index].kind for index in up]
        self._board = up[kinds.index(max(kinds, key=kinds.count))] if up else 0  # the first of the commonest kind
        self._bus_then = self._fleet.bus
        self._works = self.alone.begin(self._board) if up else []
        self.calls = sum(len(work.calls) for work in self._works)
        self._ledger.suspend()
        for work in self._works:
            self._take(work)
        if not self._works:
            self.end()

    def over(self) -> bool:
        """Whether nothing is left to do for it, now that the cluster has nothing else to do."""
        if self.at_end:
            self.at_end = False
            self.begin(Future(), busy=False)
        return not self.on

    def ended(self, board: int) -> None:
        """A board has ended."""
        if board == self._board:
            self._give_up()

    def stop(self) -> None:
        """Nobody wants it any more."""
        self.at_end = False
        self._give_up()

    def _give_up(self) -> None:
        if self._told:
            self.alone.give_up()
            for work in self._works:
                self._cancel(work)

    def puts_off(self, work: Work) -> bool:
        """Whether a user's job has to wait."""
        if self._told is None or self.alone.runs(work):
            return False
        self._later.append(work)
        return True

    def cancelled(self, work: Work) -> None:
        """Nobody waits for this job any more."""
        if work in self._later:
            self._later.remove(work)

    def end(self) -> None:
        """All calls for it are answered, or it was given up."""
        told, self._told = self._told, None
        self._works = []
        assert told
        self._ledger.resume(self._board, self.alone.outcome())
        if (bus := self._fleet.bus) and self._bus_then:
            self._bus_aside = _together(self._bus_aside, _together(bus, self._bus_then, -1), 1)
        told.set_result(None)
        later, self._later = self._later, []
        for work in later:
            self._take(work)

    def broken(self, error: BaseException) -> None:
        """The cluster has ended with this error, or without."""
        if self._told:
            self._told.set_exception(error)
            self._told = None
        for work in self._later:
            work.fail(error)


def _together(bus: BusAccount, other: BusAccount, sign: int) -> BusAccount:
    """The sums of both, or what is left without the other, in the first one's words."""
    names = [each.name for each in fields(bus) if each.name not in ("wire", "troubles")]
    return replace(bus, **{name: getattr(bus, name) + sign * getattr(other, name) for name in names})
