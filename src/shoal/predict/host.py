"""A computer with the real scheduler, on the simulated clock: what `driver.Driver` does, without links, threads and values.

Its one thread takes turns, as the driver's does: everything that has come is handled, one after the other, each taking its part
of the computer's time; then all that is to be sent leaves. While boards are busy the scheduler hears of the time.
"""

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from shoal import defaults
from shoal.predict.board import Answer, Lump, Taken, size_of
from shoal.predict.books import Book
from shoal.predict.calls import Calls, framed
from shoal.predict.carrier import Agenda, Carrier
from shoal.predict.model import BoardModel, HostModel
from shoal.scheduler import Scheduler
from shoal.scheduler import messages as m

Finished = Callable[[float], None]  # is told the time


class Board(Protocol):
    """What hangs on a computer: a board, or another computer."""

    board: BoardModel
    book: Book

    def come(self, message: Lump | Taken) -> None:
        """A message is there."""


class Computer:
    """A host, its scheduler and its boards."""

    def __init__(self, agenda: Agenda, carrier: Carrier, host: HostModel) -> None:
        self.carrier = carrier
        self.boards: list[Board] = []
        self.busy_s = 0.0  # of its thread
        self._agenda = agenda
        self._host = host
        self._scheduler = Scheduler()
        self._jobs: dict[int, tuple[Calls, Finished]] = {}
        self._numbers = itertools.count(1)
        self._taught: dict[tuple[int, str], bool] = {}  # boards that have the code of a function
        self._under_way: dict[int, Book] = {}  # lumps that are wanted, and whose
        self._inbox: deque[Answer | m.JobAdded | m.JobCancelled] = deque()
        self._in_turn = False
        self._now = 0.0  # within a turn
        self._heard = 0.0  # when the scheduler last heard of the time
        self._ticking = False
        self._out: list[tuple[int, Lump | Taken]] = []
        self._answer: Answer | None = None
        if carrier.byte_s:
            self._tell(m.WireShared(0.0, carrier.byte_s))

    def attach(self, boards: Sequence[Board]) -> None:
        """These boards are up, before the clock runs."""
        for board in boards:
            self._tell(m.BoardStarting(0.0, len(self.boards)))
            self.boards.append(board)
        for index in range(len(self.boards) - len(boards), len(self.boards)):
            self._tell(m.BoardUp(0.0, index, self.boards[index].board.heap))

    def add(self, calls: Calls, finished: Finished) -> int:
        """A job begins now. Gives its number."""
        job = calls.job
        number = next(self._numbers)
        self._jobs[number] = (calls, finished)
        now = self._agenda.now
        added = m.JobAdded(
            now, number, job.function, calls.count, calls.sizes, job.largest, chunk=job.chunk, timeout=job.timeout
        )
        self.take(added)
        return number

    def cancel(self, number: int) -> None:
        """Nobody waits for what is left of a job."""
        self.take(m.JobCancelled(self._agenda.now, number))

    def take(self, item: Answer | m.JobAdded | m.JobCancelled) -> None:
        """Something has come; it is this computer's thread's turn, unless it is at work."""
        self._inbox.append(item)
        if not self._in_turn:
            self._turn()

    # --- turns ---

    def _turn(self) -> None:
        """Handle what has come; what is to be sent leaves at the end."""
        self._in_turn = True
        began = self._now = self._agenda.now
        while self._inbox:
            item = self._inbox.popleft()
            if isinstance(item, Answer):
                self._now += (self._host.lump_s + self._host.call_s * item.calls) / 2
                self._hear(item)
            else:
                self._tell(item._replace(at=self._now))
                if isinstance(item, m.JobCancelled):
                    self._jobs.pop(item.job, None)
        self.busy_s += self._now - began
        if self._now > began:
            self._agenda.at(self._now, self._flush)
        else:
            self._flush()

    def _flush(self) -> None:
        out, self._out = self._out, []
        for index, message in out:
            board = self.boards[index]
            size, frames = size_of(message)
            board.book.bytes_out += size
            self.carrier.send(index, size, partial(board.come, message), frames)
        self._in_turn = False
        if self._inbox:
            self._turn()
        elif not self._ticking and not self._scheduler.idle():
            self._ticking = True
            self._agenda.at(self._heard + defaults.TICK_S, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        if self._in_turn or self._scheduler.idle():
            return
        if self._agenda.now - self._heard >= defaults.TICK_S * 0.999:
            self._in_turn = True
            self._now = self._agenda.now
            self._tell(m.Tick(self._now))
        self._flush()

    # --- the scheduler's side ---

    def _hear(self, answer: Answer) -> None:
        board = self.boards[answer.board]
        book = board.book
        book.lumps += 1
        book.ran += answer.calls
        book.bytes_in += framed(answer.size, defaults.RECEIVE_LIMIT)
        self._answer = answer
        self._tell(
            m.LumpDone(
                self._now, answer.lump, answer.calls, (), False, answer.compute_s, answer.agent_s, answer.size, board.board.heap
            )
        )
        self._settle(answer.lump)

    def _tell(self, event: m.Event) -> None:
        self._heard = event.at
        for command in self._scheduler.handle(event):
            if isinstance(command, m.Send):
                self._send(command)
            elif isinstance(command, m.Deliver):
                assert self._answer is not None
                self.boards[self._answer.board].book.calls += command.count
            elif isinstance(command, m.Finished):
                self._jobs.pop(command.job)[1](self._now)
            elif isinstance(command, m.Withdraw):
                self._out.append((command.board, Taken(command.lump, answer=False)))
                self._settle(command.lump)
            elif isinstance(command, m.Interrupt):
                self._out.append((command.board, Taken(command.lump, answer=True)))

    def _send(self, command: m.Send) -> None:
        calls = self._jobs[command.job][0]
        job = calls.job
        known = (command.board, job.function)
        code, learn_s = (0, 0.0) if known in self._taught else (job.code, job.first_s)
        self._taught[known] = True
        self._now += (self._host.lump_s + self._host.call_s * command.count) / 2
        part = calls.part(command.start, command.count)
        self._out.append((command.board, Lump(command.lump, calls, command.start, command.count, part, code, learn_s)))
        book = self._under_way[command.lump] = self.boards[command.board].book
        book.asked(self._now)

    def _settle(self, lump: int) -> None:
        """A lump was answered or taken back, whichever came first."""
        book = self._under_way.pop(lump, None)
        if book:
            book.settled(self._now)
