"""The calls of a job, as their sums: what any run of them computes and how many bytes it is, without a look at each."""

import math
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from shoal import defaults
from shoal.errors import UsageError
from shoal.predict.model import Job
from shoal.scheduler.sizing import RESULT_HEAD

LUMP_HEAD = 16  # bytes of a lump's message beside its calls: as `protocol.fits` counts them
AHEAD = 512  # what is larger travels ahead of its lump (docs/protocol.md):
AHEAD_HEAD = 9  # in a message of so many bytes, and those with the value itself; the lump
AHEAD_NAME = 5  # names it in so many
CODE_FRAMES = 3  # that code takes beside those with the code itself
FRAME_HEAD = 16  # bytes of a frame beside its payload: 12 before it, 4 behind (docs/protocol.md)


def framed(size: int, frame: int) -> int:
    """Bytes on the wire of a message of `size` bytes in frames that hold `frame` each."""
    return size + FRAME_HEAD if size <= frame else size + FRAME_HEAD * -(-size // frame)


class Sums:
    """Sums over any part of a row of figures: one figure each, or one for all."""

    def __init__(self, figures: float | Sequence[float]) -> None:
        self._each = figures if isinstance(figures, int | float) else 0.0
        self._upto = None if isinstance(figures, int | float) else array("d", accumulate(figures, initial=0.0))

    def of(self, start: int, stop: int) -> float:
        """The sum of the figures from `start` to before `stop`."""
        upto = self._upto
        return upto[stop] - upto[start] if upto is not None else self._each * (stop - start)


class Part(NamedTuple):
    """A run of calls: seconds on the sampled board; bytes on the wire to a board and in how many frames; bytes of the answer."""

    seconds: float
    out: int
    frames: int
    back: int


class Calls:
    """Calls `base` .. `base + count` of a job. Parts of it count from its own first call."""

    def __init__(self, job: Job) -> None:
        """Raises UsageError for a job whose figures do not belong together."""
        self.job = job
        self.base = 0
        self.count = len(job.seconds)
        for name, figures in (("seconds", job.seconds), ("sizes", job.sizes), ("results", job.results)):
            each = (figures,) if isinstance(figures, int | float) else figures
            if each is figures and len(figures) != self.count:
                raise UsageError(f"the job of {job.function} has {self.count} calls, but {len(figures)} {name}")
            if not all(0 <= figure < math.inf for figure in each):
                raise UsageError(f"{name} of the job of {job.function} must be figures from 0 on")
        self._seconds = Sums(job.seconds)
        self._sizes = Sums(job.sizes if isinstance(job.sizes, int) else [_in_lump(size) for size in job.sizes])
        self._ahead = self._ahead_frames = Sums(0)
        if not isinstance(job.sizes, int) and max(job.sizes, default=0) > AHEAD:
            self._ahead = Sums([_ahead(size) for size in job.sizes])
            self._ahead_frames = Sums([_ahead_frames(size) for size in job.sizes])
        self._results = Sums(job.results)

    def slice(self, start: int, count: int) -> "Calls":
        """Some of these calls, as calls of their own."""
        part = object.__new__(Calls)
        part.__dict__.update(self.__dict__)
        part.base, part.count = self.base + start, count
        return part

    def part(self, start: int, count: int) -> Part:
        """What is sent, done and answered for some of these calls."""
        first = self.base + start
        stop = first + count
        out, ahead = int(self._sizes.of(first, stop)), int(self._ahead.of(first, stop))
        frames = int(self._ahead_frames.of(first, stop))
        if isinstance(self.job.sizes, int) and out > AHEAD:  # numbers: all of them are one value
            out, ahead, frames = AHEAD_NAME, _ahead(out), _ahead_frames(out)
        out += LUMP_HEAD
        frames += -(-out // defaults.BOARD_FRAME)
        back = int(self._results.of(first, stop)) + RESULT_HEAD
        return Part(self._seconds.of(first, stop), out + ahead + FRAME_HEAD * frames, frames, back)

    @property
    def sizes(self) -> int | tuple[int, ...]:
        """As `scheduler.JobAdded` wants them."""
        sizes = self.job.sizes
        whole = isinstance(sizes, int) or self.count == len(sizes)
        return sizes if whole else sizes[self.base : self.base + self.count]  # type: ignore[index]


def _in_lump(size: int) -> int:
    """Bytes of a call in its lump's message."""
    return size if size <= AHEAD else AHEAD_NAME


def _ahead(size: int) -> int:
    """Bytes of a value that go before the lump."""
    return size + AHEAD_HEAD if size > AHEAD else 0


def _ahead_frames(size: int) -> int:
    """And in how many frames."""
    return 1 + -(-size // defaults.BOARD_FRAME) if size > AHEAD else 0
