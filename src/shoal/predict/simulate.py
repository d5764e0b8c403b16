"""An account expected of a program's jobs on given boards, links and computer: the real scheduler on a simulated clock.

Pure: the same arguments give the same account.
"""

from collections.abc import Callable, Sequence

from shoal import catalog
from shoal.errors import ShoalError, UsageError
from shoal.model import Account, BoardAccount, BusAccount
from shoal.predict import limits
from shoal.predict.agenda import SimulatedClock
from shoal.predict.board import AgentModel, Station
from shoal.predict.books import Book
from shoal.predict.calls import Calls
from shoal.predict.carrier import Agenda, Carrier
from shoal.predict.host import Computer
from shoal.predict.model import BoardModel, HostModel, Job


class Program:
    """Jobs one after the other, each some time after the end of the one before, on one computer."""

    def __init__(self, clock: SimulatedClock, computer: Computer, jobs: Sequence[Job], books: Sequence[Book]) -> None:
        self.wall_s = 0.0
        self._clock = clock
        self._computer = computer
        self._books = books
        self._left = [Calls(job) for job in reversed(jobs)]
        self._since = 0.0
        self._ended = False
        self._next(0.0)

    def run(self) -> None:
        """Let time pass until the last job has ended. Raises ShoalError if it never does."""
        if not self._ended:
            self._clock.run()
        if not self._ended:
            raise ShoalError("this prediction came to a stand with calls unanswered, a mistake in Shoal: please report it")

    def _next(self, now: float) -> None:
        if self._left:
            self._clock.at(now + self._left[-1].job.after, self._begin)
        else:
            self._ended = True
            self._clock.stop()

    def _begin(self) -> None:
        self._since = self._clock.now
        for book in self._books:
            book.open(self._since)
        self._computer.add(self._left.pop(), self._job_ended)

    def _job_ended(self, now: float) -> None:
        self.wall_s += now - self._since
        for book in self._books:
            book.close(now)
        self._next(now)


def simulate(
    jobs: Sequence[Job],
    boards: Sequence[BoardModel],
    carrier: Callable[[Agenda], Carrier],
    host: HostModel,
    agent: tuple[float, float] | AgentModel,
) -> Account:
    """The account expected of these jobs, one after the other. `agent`: what a lump takes a board beside its calls; as a pair,
    seconds of its agent for a lump and for each call.

    Wall time counts while a job is open, and boards are up before the first, as in a measured account of a cluster whose
    boards were asked for. Raises UsageError for no boards, or figures that do not belong together.
    """
    if not boards:
        raise UsageError("a prediction needs one board or more")
    clock = SimulatedClock()
    wire = carrier(clock)
    computer = Computer(clock, wire, host)
    agent = AgentModel(*agent)
    computer.attach([Station(clock, wire, index, board, agent, computer.take) for index, board in enumerate(boards)])
    program = Program(clock, computer, jobs, [board.book for board in computer.boards])
    program.run()
    lines = tuple(board.book.account(board.board, program.wall_s) for board in computer.boards)
    bus = bus_of(wire, program.wall_s)
    return Account(
        program.wall_s,
        lines,
        0,
        True,
        notes=limits.notes(jobs, boards),
        bus=bus,
        host_s=computer.busy_s,
        joules_basis=basis_of(lines),
    )


def bus_of(wire: Carrier, wall_s: float) -> BusAccount | None:
    """What boards share, if they share something."""
    if not wire.wire:
        return None
    return BusAccount(wire.wire, wall_s, min(wall_s, wire.busy_s), wire.bytes_in, wire.bytes_out)


def basis_of(lines: Sequence[BoardAccount]) -> str:
    """How well the watts of these boards are known; "" if none has any."""
    known = catalog.boards()
    kinds = [kind for kind in dict.fromkeys(line.kind for line in lines if line.load_w) if kind in known]
    return catalog.worst(known[kind].watts_basis for kind in kinds) if kinds else ""
