"""When nothing waits, boards without work repeat the end of what others are slow with. Decides which calls; sends nothing.

A board computes a lump from its start, so an idle board is given calls from its end: both then finish about together, and the
first answer to each call counts. With several idle boards each is given its share.
"""

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shoal.scheduler.sizing import seconds_per_call
from shoal.scheduler.state import Board, Job, Lump

OVERDUE = 2.0  # a lump that takes this many times what was expected may never end: its calls are repeated from the first
SLOWEST = 4  # lumps to look at, so that a look stays short with hundreds of boards
MARGIN = 0.005  # seconds; a repetition that gains less is not worth its message


class Repetition(NamedTuple):
    """Calls to repeat on an idle board, what a call will take there in seconds, and the seconds gained."""

    board: Board
    job: Job
    start: int
    calls: int
    per_call: float
    gain: float


def repetitions(lumps: Iterable[Lump], up: list[Board], now: float) -> Iterator[Repetition]:
    """What idle boards should repeat. Each must be sent before the next is asked for: it changes what is left to repeat."""
    idle = [board for board in up if not board.lumps]
    slow = [lump for lump in lumps if _may_repeat(lump, now) and (_overdue(lump, now) or _end(lump, now) > MARGIN)]
    slow = heapq.nlargest(SLOWEST, slow, key=lambda lump: (_overdue(lump, now), _end(lump, now)))
    for place, board in enumerate(idle if slow else ()):
        offers = [_offer(lump, board, up, now, len(idle) - place) for lump in slow if _may_run(lump.job, board)]
        best = max((offer for offer in offers if offer), key=lambda offer: offer.gain, default=None)
        if best:
            yield best


def _may_repeat(lump: Lump, now: float) -> bool:
    return lump.per_call is not None and not lump.suspect and lump.sent < now and lump.job.left > 0


def _may_run(job: Job, board: Board) -> bool:
    return job.added.only is None and all(tag in board.tags for tag in job.added.needs)


def _overdue(lump: Lump, now: float) -> bool:
    owner = lump.board
    expected = (lump.per_call or 0.0) * lump.count
    return lump is owner.lumps[0] and now - owner.begun > OVERDUE * expected + MARGIN


def _end(lump: Lump, now: float) -> float:
    """Seconds until its board will have done this lump, as far as one can tell."""
    owner = lump.board
    until = owner.begun - now
    for ahead in owner.lumps:
        until += (ahead.per_call or 0.0) * ahead.count
        if ahead is lump:
            break
    return until


def _offer(lump: Lump, idle: Board, up: list[Board], now: float, sharers: int) -> Repetition | None:
    """The end of this lump for that board, if that gains anything."""
    owner, job = lump.board, lump.job
    there = lump.per_call or 0.0
    here = seconds_per_call(idle, job.added.function, up) or there
    overdue = _overdue(lump, now)
    done = 0
    if lump is owner.lumps[0] and there and not overdue:
        done = min(lump.count, int((now - owner.begun) / there))
    left = job.last_run_on_one_board(lump.start + done, lump.stop)
    if left is None:
        return None
    start, stop = left
    # Equal ends: the owner keeps as many calls as it does while the others do theirs.
    share = min(stop - start, max(1, round((stop - start) / (sharers + here / max(there, 1e-9)))))
    takes = share * here + idle.per_lump
    gain = takes if overdue else _end(lump, now) - takes - MARGIN
    return Repetition(idle, job, stop - share, share, here, gain) if gain > 0 else None
