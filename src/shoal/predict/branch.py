"""A computer with boards as a board of another, on the simulated clock: simulated in full, or taken to do as one that is.

What such a computer tells of a lump: it computed for as long as its boards would have if all had been busy all the time, and the
rest of the time until its last answer is its agent's. So the scheduler above makes lumps that are long beside that rest.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from shoal.model import BoardAccount
from shoal.predict.board import Answer, Lump, Taken, size_of
from shoal.predict.books import Book
from shoal.predict.carrier import Agenda, Carrier
from shoal.predict.host import Computer
from shoal.predict.model import BoardModel
from shoal.scheduler.sizing import RESULT_HEAD


class Past(NamedTuple):
    """A lump that a computer has answered: seconds of its calls on the sampled board, and what it took beside computing them."""

    seconds: float
    rest_s: float


ALIKE = 1.5  # lumps whose sizes differ by less than this factor are as good as each other


def _apart(past: Past, lump: Lump) -> float:
    """By what factor their sizes differ."""
    one, other = past.seconds + 1e-9, lump.part.seconds + 1e-9
    return max(one / other, other / one)


class Link:
    """A computer's end of the link to the one above it."""

    def __init__(self, agenda: Agenda, carrier: Carrier, index: int, like: Computer, answered: Callable[[Answer], None]) -> None:
        """`like`: the computer itself, or one that has the same boards."""
        self.index = index
        self.computer = like
        self.book = Book()
        self.board = BoardModel(f"computer-{index + 1}", "", heap=sum(board.board.heap for board in like.boards))
        self.agenda = agenda
        self._carrier = carrier
        self._answered = answered
        self._speed = sum(1 / board.board.slower for board in like.boards)

    def come(self, message: Lump | Taken) -> None:
        """A message is there."""
        self._carrier.read(self.index, size_of(message)[0], True, lambda worked: self.has_read(message))

    def has_read(self, message: Lump | Taken) -> None:
        """Do as the message says."""
        raise NotImplementedError

    def part_s(self, lump: Lump) -> float:
        """Seconds in which its boards compute a lump, if all are busy all the time."""
        return lump.part.seconds / self._speed

    def done(self, lump: Lump, took_s: float) -> None:
        """Answer a lump."""
        computed = min(took_s, self.part_s(lump))
        self._say(Answer(self.index, lump.id, lump.count, computed, took_s - computed, lump.part.back))

    def stopped(self, lump: int) -> None:
        """Answer a lump that nobody wants any more."""
        self._say(Answer(self.index, lump, 0, 0.0, 0.0, RESULT_HEAD))

    def _say(self, answer: Answer) -> None:
        self._carrier.write(self.index, answer.size, lambda worked: None, lambda: self._answered(answer))

    def accounts(self, wall_s: float) -> list[BoardAccount]:
        """Those of its boards. Calls that another computer answered first count as repeated."""
        lines = [
            board.book.account(replace(board.board, name=f"c{self.index + 1}-{board.board.name}"), wall_s)
            for board in self.computer.boards
        ]
        ran = sum(line.calls for line in lines)
        told = kept = 0
        for place, line in enumerate(lines):
            told += line.calls
            first = round(told * self.book.calls / ran) - kept if ran else 0
            kept += first
            lines[place] = replace(line, calls=first, repeated=max(0, line.repeated + line.calls - first))
        return lines


class Branch(Link):
    """A computer that is simulated in full: a lump is a job there, which begins when it has come."""

    def __init__(
        self, agenda: Agenda, carrier: Carrier, index: int, computer: Computer, answered: Callable[[Answer], None]
    ) -> None:
        super().__init__(agenda, carrier, index, computer, answered)
        self.past: list[Past] = []
        self.twins: list[Twin] = []
        self._jobs: dict[int, int] = {}  # lump -> job
        self._idle_since = 0.0

    @property
    def busy(self) -> bool:
        """Whether there will be one more in `past`, as far as it knows."""
        return bool(self._jobs)

    def has_read(self, message: Lump | Taken) -> None:
        if isinstance(message, Lump):
            began = self.agenda.now
            part = message.work.slice(message.start, message.count)
            self._jobs[message.id] = self.computer.add(part, lambda now: self.agenda.at(now, lambda: self._ended(message, began)))
            return
        job = self._jobs.pop(message.id, None)
        if job is not None:
            self.computer.cancel(job)
            if message.answer:
                self.stopped(message.id)
            self._tell_twins()

    def _ended(self, lump: Lump, came: float) -> None:
        if self._jobs.pop(lump.id, None) is None:
            return  # it was cancelled meanwhile
        now = self.agenda.now
        took_s = now - max(came, self._idle_since)
        self._idle_since = now
        self.past.append(Past(lump.part.seconds, max(0.0, took_s - self.part_s(lump))))
        self.done(lump, took_s)
        self._tell_twins()

    def _tell_twins(self) -> None:
        for twin in self.twins:
            twin.look()


class Twin(Link):
    """A computer that is taken to do as another of the same kind: what its lumps take beside their computing is what the other's
    take. It does one after the other; its boards are as busy as the other's."""

    def __init__(
        self, agenda: Agenda, carrier: Carrier, index: int, like: Branch, answered: Callable[[Answer], None]
    ) -> None:
        super().__init__(agenda, carrier, index, like.computer, answered)
        like.twins.append(self)
        self._like = like
        self._todo: deque[Lump] = deque()
        self._number = 0  # of lumps answered
        self._began: float | None = None  # the first of `_todo`, whose end is not known yet
        self._ends: Lump | None = None  # the first of `_todo`, if its end is known

    def has_read(self, message: Lump | Taken) -> None:
        if isinstance(message, Lump):
            self._todo.append(message)
            if len(self._todo) == 1:
                self._begin()
            return
        for lump in self._todo:
            if lump.id == message.id:
                first = lump is self._todo[0]
                self._todo.remove(lump)
                if message.answer:
                    self.stopped(lump.id)
                if first:
                    self._begin()
                return

    def look(self) -> None:
        """The other has ended something: perhaps it is known now how long the first lump takes."""
        if self._began is None or not self._todo:
            return
        lump = self._todo[0]
        rest_s = self._rest_s(lump)
        if rest_s is None:
            return
        took_s = self.part_s(lump) + rest_s
        began, self._began = self._began, None
        self._ends = lump
        self.agenda.at(began + took_s, lambda: self._ended(lump, took_s))

    def _rest_s(self, lump: Lump) -> float | None:
        """What a lump takes beside its computing: as one of the other's of about the same size, a different one for each twin, so
        that they do not all end at once; or as the nearest in size. None: it is not known yet."""
        past = self._like.past
        if not past:
            return None if self._like.busy else 0.0
        alike = [known for known in past if _apart(known, lump) <= ALIKE]
        if alike:
            return alike[(self._number + self.index) % len(alike)].rest_s
        return min(past, key=lambda known: _apart(known, lump)).rest_s

    def _begin(self) -> None:
        self._ends = None
        self._began = self.agenda.now if self._todo else None
        self.look()

    def _ended(self, lump: Lump, took_s: float) -> None:
        if self._ends is lump:
            self._todo.popleft()
            self._number += 1
            self.done(lump, took_s)
            self._begin()
