"""What of a program boards cannot do, as far as its sample tells: the simulated clock assumes that every call ends well."""

from collections.abc import Iterator, Sequence

from shoal.predict.model import BoardModel, Job
from shoal.scheduler.sizing import OBJECT_BYTES, RESULT_COPIES


def notes(jobs: Sequence[Job], boards: Sequence[BoardModel]) -> tuple[str, ...]:
    """A sentence for each function whose calls may not fit a board's memory, or outlast their timeout."""
    tightest = min(boards, key=lambda board: board.heap)
    slowest = max(boards, key=lambda board: board.slower)
    return tuple(dict.fromkeys(note for job in jobs for note in _of(job, tightest, slowest)))


def _of(job: Job, tightest: BoardModel, slowest: BoardModel) -> Iterator[str]:
    needed = _largest(job.sizes) + RESULT_COPIES * _largest(job.results) + OBJECT_BYTES
    if needed > tightest.heap:
        yield (
            f"note: a call of {job.function} and its result take about {needed:.0f} bytes, of {tightest.heap} that are free on "
            f"{tightest.name}: it may fail there with MemoryError"
        )
    late = sum(seconds * slowest.slower > job.timeout for seconds in job.seconds) if job.timeout else 0
    if late:
        yield (
            f"note: {late} of {len(job.seconds)} calls of {job.function} take longer than their timeout of {job.timeout:g} s on "
            f"{slowest.name}: they will fail, which this prediction leaves out"
        )


def _largest(figures: float | Sequence[float]) -> float:
    return figures if isinstance(figures, int | float) else max(figures, default=0)
