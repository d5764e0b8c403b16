"""How many calls to put into one lump.

Long enough that what a lump costs beside its calls is small; short enough that the boards end together, that the loss of one
is cheap, and that it fits in the board. All figures are measured while running; before the first answer a lump is one call.
"""

from collections.abc import Iterable

from shoal.scheduler.state import Board, Job

OVERHEAD = 20  # a lump computes at least this many times what the agent spends on it: 5% at most
HOST_SECONDS = 4e-4  # per board: a lump costs the host about 0.1 ms, of which all boards together may take a quarter
WIRE_SECONDS = 0.036  # or, on a wire that they share: a lump takes its controller about 9 ms, of which all may take a quarter
LONGEST = 0.5  # seconds a lump should last at most, where its calls allow
SHARE = 3  # the first lumps take 1/SHARE of a fair share; the rest follows in ever smaller ones
HEAP_PART = 3  # a lump's arguments and results may take this part of the heap that was free
OBJECT_BYTES = 8  # what a call takes on a board beside its bytes on the wire
RESULT_COPIES = 3  # a result is an object, then its encoding, and then waits to be acknowledged
RESULT_HEAD = 20  # bytes of an answer beside its results
SMOOTH = 0.3  # weight of a new measurement


def smooth(old: float | None, new: float) -> float:
    """Exponentially smoothed measurement."""
    return new if old is None else old + SMOOTH * (new - old)


def seconds_per_call(board: Board, function: str, boards: Iterable[Board]) -> float | None:
    """Measured on this board, else the mean of the boards that know, else None."""
    known = board.per_call.get(function)
    if known is not None:
        return known
    others = [other.per_call[function] for other in boards if function in other.per_call]
    return sum(others) / len(others) if others else None


def speed(per_call: float) -> float:
    """Calls a second of a board that takes so many seconds for one."""
    return 1 / max(per_call, 1e-9)


def lump_size(
    job: Job, board: Board, speeds: list[float], per_call: float | None, result_bytes: float, beside: float = HOST_SECONDS
) -> int:
    """Calls to send to `board` next, 1 or more.

    `speeds`: calls a second of each board that shares the job; `per_call`: seconds, if known; `result_bytes`: of one call;
    `beside`: HOST_SECONDS or WIRE_SECONDS.
    """
    added = job.added
    if job.waiting_count == 1:
        return 1
    if added.chunk:
        count = added.chunk
    elif per_call is None:
        return 1
    else:
        count = _balanced(job, board, speeds, per_call, beside)
    if not isinstance(added.sizes, int):
        return _fitting(job, board, count, result_bytes)
    call_bytes = added.sizes + RESULT_COPIES * result_bytes + OBJECT_BYTES
    return max(1, min(count, int(board.heap / HEAP_PART / call_bytes), added.largest // max(1, added.sizes)))


def _balanced(job: Job, board: Board, speeds: list[float], per_call: float, beside: float) -> int:
    """The number of calls that keeps overhead small and still lets all boards end together."""
    wanted = min(LONGEST, max(OVERHEAD * board.per_lump, beside * len(speeds)))
    if job.added.timeout is not None:
        wanted = min(wanted, job.added.timeout / 2)  # so that a lump that takes longer than one call may has a call that does
    per_call = max(per_call, 1e-9)
    fair = job.waiting_count / per_call / sum(speeds)
    least = max(board.per_lump, beside) / per_call  # a lump shorter than what it costs beside its calls gains nothing
    return max(1, min(int(wanted / per_call), max(int(fair / SHARE) + 1, int(least))))


def _fitting(job: Job, board: Board, count: int, result_bytes: float) -> int:
    """At most `count` of the next waiting calls that fit the message and the heap, each with its own size."""
    sizes = job.added.sizes
    assert not isinstance(sizes, int)
    start, stop, _ = job.waiting[0]
    room = board.heap / HEAP_PART
    message = job.added.largest
    for index in range(start, min(stop, start + count)):
        message -= min(sizes[index], job.added.largest)
        room -= sizes[index] + RESULT_COPIES * result_bytes + OBJECT_BYTES
        if (message < 0 or room < 0) and index > start:
            return index - start
    return count
