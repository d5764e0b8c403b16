"""A cluster on a simulated clock around the real scheduler: boards that compute, reset, hang, and are unplugged, by a seed.

It plays the part of the driver and checks, at every command, what the scheduler promises.
"""

import heapq
import random
from dataclasses import dataclass, field

from shoal.scheduler import Scheduler
from shoal.scheduler import messages as m

OPEN, ANSWERED, FAILED = "open", "answered", "failed"


@dataclass
class Task:
    """What the calls of one job do. Costs are seconds on a board of speed 1."""

    costs: list[float]
    resets: set[int] = field(default_factory=set)
    hangs: set[int] = field(default_factory=set)
    raises: set[int] = field(default_factory=set)
    timeout: float | None = None
    retries: int = 0
    sizes: int | tuple[int, ...] = 4
    chunk: int = 0
    only: int | None = None


@dataclass
class SimulatedBoard:
    speed: float
    lumps: list[m.Send] = field(default_factory=list)
    begun: float = 0.0
    life: int = 0  # counts restarts, so that what was planned for an earlier life is void
    up: bool = False
    gone: bool = False


class Simulation:
    def __init__(
        self,
        seed: int,
        speeds: list[float],
        restart: float = 0.05,
        overhead: float = 0.001,
        heap: int = 180_000,
        wire: float = 0.0,
    ) -> None:
        """`wire`: seconds for which a byte of an answer, 8 a call, keeps busy what all boards share."""
        self.dice = random.Random(seed)
        self.scheduler = Scheduler()
        self.boards = [SimulatedBoard(speed) for speed in speeds]
        self.tasks: dict[int, Task] = {}
        self.state: dict[int, list[str]] = {}
        self.why: dict[tuple[int, int], str] = {}
        self.finished: list[int] = []
        self.broken = False
        self.now = 0.0
        self.restart = restart
        self.overhead = overhead
        self.heap = heap
        self.log: list[tuple[m.Event, list[m.Command]]] = []
        self.ran: dict[tuple[int, int], int] = {}  # (job, call) -> times computed
        self._plan: list = []
        self._count = 0
        self.wire = wire
        self._wire_free = 0.0
        if wire:
            self.tell(m.WireShared(0.0, wire))
        for index in range(len(speeds)):
            self.tell(m.BoardStarting(0.0, index))
            self.at(restart, self.board_up, index, 0)

    def at(self, delay, action, *args):
        self._count += 1
        heapq.heappush(self._plan, (self.now + delay, self._count, action, args))

    # --- what happens ---

    def add(self, job: int, task: Task) -> None:
        self.tasks[job] = task
        self.state[job] = [OPEN] * len(task.costs)
        self.tell(
            m.JobAdded(
                self.now, job, f"f{job}", len(task.costs), task.sizes,
                1 << 20 if isinstance(task.sizes, int) else 2000,
                task.chunk, task.retries, task.timeout, task.only,
            )
        )  # fmt: skip

    def board_up(self, index: int, life: int) -> None:
        board = self.boards[index]
        if board.life == life and not board.gone and not board.up:
            board.up = True
            self.tell(m.BoardUp(self.now, index, self.heap))

    def unplug(self, index: int) -> None:
        board = self.boards[index]
        if not board.gone:
            board.gone, board.up, board.lumps = True, False, []
            board.life += 1
            self.tell(m.BoardDown(self.now, index, returns=False, blame=False))

    def reset(self, index: int, life: int) -> None:
        board = self.boards[index]
        if board.life == life and board.up:
            self._down(index)
            self.tell(m.BoardDown(self.now, index, returns=True, blame=True))

    def _down(self, index: int) -> None:
        board = self.boards[index]
        board.up, board.lumps = False, []
        board.life += 1
        self.at(self.restart, self.board_up, index, board.life)

    def begin(self, index: int) -> None:
        board = self.boards[index]
        lump = board.lumps[0]
        task = self.tasks[lump.job]
        board.begun = self.now
        spent = self.overhead
        for call in range(lump.start, lump.start + lump.count):
            if call in task.resets:
                self.at(spent, self.reset, index, board.life)
                return
            if call in task.hangs:
                return
            spent += task.costs[call] / board.speed
            self.ran[lump.job, call] = self.ran.get((lump.job, call), 0) + 1
        self.at(spent, self.done, index, board.life, lump, spent)

    def done(self, index: int, life: int, lump: m.Send, spent: float) -> None:
        board = self.boards[index]
        if board.life != life or lump not in board.lumps:
            return  # it was reset, or stopped
        assert board.lumps[0] is lump
        board.lumps.pop(0)
        if board.lumps:
            self.begin(index)
        task = self.tasks[lump.job]
        failed = tuple(call - lump.start for call in range(lump.start, lump.start + lump.count) if call in task.raises)
        answered = lump.count if len(failed) < 8 else failed[7] + 1
        answer = (lump.lump, answered, failed[:8], False, spent - self.overhead, self.overhead, 8 * answered, 0)
        if not self.wire:
            self.tell(m.LumpDone(self.now, *answer))
            return
        self._wire_free = max(self.now, self._wire_free) + 8 * answered * self.wire
        self.at(self._wire_free - self.now, self.arrived, index, life, answer)

    def arrived(self, index: int, life: int, answer: tuple) -> None:
        if self.boards[index].life == life:
            self.tell(m.LumpDone(self.now, *answer))

    def run(self, limit: float = 1000.0, quiet: float = 0.1) -> None:
        """Until every job is finished. `limit`: simulated seconds."""
        while len(self.finished) < len(self.tasks):
            assert self.now < limit, f"not finished after {limit} s: {self.left()}"
            if self._plan and self._plan[0][0] <= self.now + quiet:
                self.now, _, action, args = heapq.heappop(self._plan)
                action(*args)
            else:
                self.now += quiet
                self.tell(m.Tick(self.now))
            self._timeouts()

    def _timeouts(self) -> None:
        for index in range(len(self.boards)):
            due = self.scheduler.deadline(index)
            if due and self.now > due[1]:
                self.tell(m.LumpExpired(self.now, due[0]))

    def left(self) -> dict[int, int]:
        return {job: states.count(OPEN) for job, states in self.state.items() if OPEN in states}

    # --- what the scheduler decides ---

    def tell(self, event: m.Event) -> None:
        commands = self.scheduler.handle(event)
        self.log.append((event, commands))
        for command in commands:
            getattr(self, "do_" + type(command).__name__.lower())(command)

    def do_send(self, command: m.Send) -> None:
        board = self.boards[command.board]
        assert board.up, "a lump for a board that is not there"
        assert len(board.lumps) < 3
        task = self.tasks[command.job]
        assert task.only in (None, command.board)
        assert command.start >= 0 and command.count >= 1 and command.start + command.count <= len(task.costs)
        board.lumps.append(command)
        if len(board.lumps) == 1:
            self.begin(command.board)

    def do_withdraw(self, command: m.Withdraw) -> None:
        board = self.boards[command.board]
        board.lumps[1:] = [lump for lump in board.lumps[1:] if lump.lump != command.lump]

    def do_interrupt(self, command: m.Interrupt) -> None:
        board = self.boards[command.board]
        if command.board % 2 and board.lumps and board.lumps[0].lump == command.lump:  # every other board can
            self.at(self.overhead, self.stopped, command.board, board.life, board.lumps[0])

    def stopped(self, index: int, life: int, lump: m.Send) -> None:
        board = self.boards[index]
        if board.life == life and lump in board.lumps:
            board.lumps.pop(0)
            if board.lumps:
                self.begin(index)
            self.tell(m.LumpDone(self.now, lump.lump, 1, (0,), False, 0.0, self.overhead, 8, 0))

    def do_deliver(self, command: m.Deliver) -> None:
        for call in range(command.start, command.start + command.count):
            assert self.state[command.job][call] == OPEN, "delivered twice"
            self.state[command.job][call] = ANSWERED

    def do_fail(self, command: m.Fail) -> None:
        assert self.state[command.job][command.index] == OPEN, "answered and failed"
        self.state[command.job][command.index] = FAILED
        self.why[command.job, command.index] = command.why

    def do_restart(self, command: m.Restart) -> None:
        assert self.boards[command.board].up
        self._down(command.board)

    def do_setaside(self, command: m.SetAside) -> None:
        board = self.boards[command.board]
        board.gone = True
        board.life += 1

    def do_finished(self, command: m.Finished) -> None:
        assert OPEN not in self.state[command.job]
        assert command.job not in self.finished
        self.finished.append(command.job)

    def do_broken(self, command: m.Broken) -> None:
        assert all(board.gone for board in self.boards)
        self.broken = True
