"""What the scheduler knows of jobs, lumps and boards. Data with the few operations that keep it consistent."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from shoal.scheduler.messages import JobAdded

OPEN, DONE = 0, 1


class Status(Enum):
    """The life of a board: UP <-> RESTARTING, and from either to GONE (unplugged) or ASIDE (kept resetting)."""

    UP = "up"
    RESTARTING = "restarting"
    GONE = "gone"
    ASIDE = "aside"


@dataclass(slots=True)
class Lump:
    """Calls start .. start + count of a job, in flight on one board."""

    id: int
    job: "Job"
    start: int
    count: int
    board: "Board"
    sent: float
    seconds: float | None  # expected on that board
    twin: "Lump | None" = None  # the same calls on another board
    suspect: bool = False  # it may take its board down: it is not repeated on another

    @property
    def stop(self) -> int:
        return self.start + self.count


class Job:
    """The calls of one JobAdded: which are open, which wait to be sent."""

    def __init__(self, added: JobAdded) -> None:
        self.id = added.job
        self.added = added
        self.left = added.count  # calls not answered
        self.flags = bytearray(added.count)
        # (start, stop, alone): `alone` calls travel one in a lump, because a lump with them in it went wrong.
        self.waiting: deque[tuple[int, int, bool]] = deque([(0, added.count, False)])
        self.waiting_count = added.count
        self.deaths: dict[int, int] = {}  # boards that ended while running this call alone
        self.tries: dict[int, int] = {}  # failures of this call so far

    def again(self, start: int, stop: int, *, alone: bool) -> None:
        """Put what is open of a range back in front of the queue."""
        for first, last in reversed(list(self.open_ranges(start, stop))):
            self.waiting.appendleft((first, last, alone))
            self.waiting_count += last - first

    def open_ranges(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The maximal runs of open calls in a range."""
        at = self.flags.find(OPEN, start, stop)
        while at >= 0:
            end = self.flags.find(DONE, at, stop)
            end = stop if end < 0 else end
            yield at, end
            at = self.flags.find(OPEN, end, stop)

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

    def close(self, start: int, stop: int) -> None:
        """Mark open calls as answered."""
        self.left -= stop - start
        self.flags[start:stop] = b"\1" * (stop - start)


@dataclass(slots=True)
class Board:
    """A board, what it is running (first) and what waits on it."""

    id: int
    heap: int = 0
    tags: tuple[str, ...] = ()
    status: Status = Status.UP
    lumps: list[Lump] = field(default_factory=list)
    falls: int = 0  # resets since it last finished anything
    begun: float = 0.0  # when it began its first lump, as far as one can tell
    per_call: dict[str, float] = field(default_factory=dict)  # function -> seconds a call, smoothed
    per_lump: float = 0.0  # seconds the agent spends on a lump, smoothed
