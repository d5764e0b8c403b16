"""A board's answer as the scheduler hears of it: counts, sizes and times; no values."""

from shoal.protocol import TIMED_OUT, Result
from shoal.scheduler.messages import LumpDone


def done(now: float, result: Result) -> LumpDone:
    """The event of a lump that was answered at `now`."""
    return LumpDone(  # by position: twice as fast
        now,
        result.lump,
        len(result.results),
        tuple([failure.index for failure in result.failures]),
        any([failure.type == "MemoryError" for failure in result.failures]),
        result.compute,
        result.agent,
        result.size,
        result.heap,
        any([failure.type == TIMED_OUT for failure in result.failures]),
    )
