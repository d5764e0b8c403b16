"""What the scheduler knows of jobs, lumps and boards. Data, with the few operations that keep it consistent."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from shoal.scheduler.messages import JobAdded

# One byte a call: how many boards have it (0: none, it waits), or DONE when it is answered or failed.
DONE = 255
_MORE = bytes([*range(1, DONE), DONE - 1, DONE])
_FEWER = bytes([0, *range(DONE - 1), DONE])
_IDLE = re.compile(rb"\x00+")
_ONCE = re.compile(rb"\x01+")
_OPEN = re.compile(rb"[^\xff]+", re.DOTALL)


class Status(Enum):
    """The life of a board: UP <-> RESTARTING, and from either to GONE (unplugged) or ASIDE (kept resetting)."""

    UP = "up"
    RESTARTING = "restarting"
    GONE = "gone"
    ASIDE = "aside"


class Job:
    """The calls of one JobAdded: which are open, which wait to be sent, which are on how many boards."""

    def __init__(self, added: JobAdded) -> None:
        self.id = added.job
        self.added = added
        self.left = added.count  # calls not answered
        self.calls = bytearray(added.count)
        # (start, stop, alone): `alone` calls travel one in a lump, because a lump with them in it went wrong.
        self.waiting: deque[tuple[int, int, bool]] = deque([(0, added.count, False)])
        self.waiting_count = added.count
        self.repeated = False  # some calls are, or were, on two boards
        self.deaths: dict[int, int] = {}  # boards that ended while running this call alone
        self.starved: dict[int, bool] = {}  # calls that had too little memory even alone
        self.tries: dict[int, int] = {}  # failures of this call so far

    def is_open(self, call: int) -> bool:
        return self.calls[call] != DONE

    def open_runs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The maximal runs of open calls in a range."""
        for run in _OPEN.finditer(self.calls, start, stop):
            yield run.span()

    def last_run_on_one_board(self, start: int, stop: int) -> tuple[int, int] | None:
        """The last run of calls in a range that exactly one board has."""
        last = None
        for run in _ONCE.finditer(self.calls, start, stop):
            last = run.span()
        return last

    def again(self, start: int, stop: int, *, alone: bool) -> None:
        """Put what is open of a range, and on no board, back in front of the queue."""
        for run in reversed(list(_IDLE.finditer(self.calls, start, stop))):
            first, last = run.span()
            self.waiting.appendleft((first, last, alone))
            self.waiting_count += last - first

    def take(self, count: int) -> tuple[int, int, bool]:
        """The next calls to send, at most `count`: (start, how many, alone). Something must be waiting."""
        start, stop, alone = self.waiting[0]
        count = 1 if alone else min(count, stop - start)
        if start + count == stop:
            self.waiting.popleft()
        else:
            self.waiting[0] = (start + count, stop, alone)
        self.waiting_count -= count
        return start, count, alone

    def sent(self, start: int, stop: int) -> None:
        """One more board has these calls."""
        self.calls[start:stop] = self.calls[start:stop].translate(_MORE)

    def returned(self, start: int, stop: int) -> None:
        """One board fewer has them."""
        self.calls[start:stop] = self.calls[start:stop].translate(_FEWER)

    def close(self, start: int, stop: int) -> None:
        """These open calls are answered or failed."""
        self.left -= stop - start
        self.calls[start:stop] = b"\xff" * (stop - start)

    def abandon(self) -> None:
        """Nobody waits for any of them."""
        self.left = 0
        self.calls[:] = b"\xff" * len(self.calls)


@dataclass(slots=True)
class Lump:
    """Calls start .. start + count of a job, in flight on one board."""

    id: int
    job: Job
    start: int
    count: int
    board: "Board"
    sent: float
    per_call: float | None  # seconds expected on that board
    first: bool = False  # of its function on this board: the code travels ahead of it
    interrupted: bool = False  # its board was told to stop it
    suspect: bool = False  # it may take its board down: it is not repeated on another

    @property
    def stop(self) -> int:
        return self.start + self.count


@dataclass(slots=True)
class Board:
    """A board, what it is running (first) and what waits on it."""

    id: int
    heap: int = 0
    tags: tuple[str, ...] = ()
    status: Status = Status.RESTARTING
    place: int = 0  # among the boards that are up
    lumps: list[Lump] = field(default_factory=list)
    falls: int = 0  # resets since it last finished anything
    begun: float = 0.0  # when it began its first lump, as far as one can tell
    per_call: dict[str, float] = field(default_factory=dict)  # function -> seconds a call, smoothed
    taught: dict[str, bool] = field(default_factory=dict)  # functions sent since it came up
    per_lump: float = 0.0  # seconds the agent spends on a lump, smoothed
