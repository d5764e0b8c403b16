"""Which calls run on the board of a sample, in which lumps.

Calls that are dear run alone; cheap ones in lumps of neighbours, so that what a lump costs by itself does not drown them. What
that is, is seen on a function that does nothing.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shoal.predict import fit
from shoal.predict.calls import Calls
from shoal.predict.fit import Seen
from shoal.predict.model import Job
from shoal.sampling.noting import Items, Noted
from shoal.sampling.trial import Trial
from shoal.scheduler.sizing import LONGEST
from shoal.source import pack

ENOUGH = 0.01  # standard error of a function's seconds at which more calls are not worth their time
LUMP_S = 0.12  # cheap calls run in lumps that compute for at least so long
MOST = 4096  # calls in such a lump
BLOCKS = 24  # lumps over which a sample is spread at least, if there are so many calls and so much time
FIRST = 6  # of these are run first, to see what they take
ALONE = 8  # calls that are run alone, whatever they cost
TIMES = 8  # lumps of one call, and of FEW, of the function that does nothing
FEW = 16
FEW_LUMPS = 3  # of each length are run while lumps get longer,
GROWTH = 8  # by at most this factor
CLEAR = 3  # times what a lump computes beside its calls: a lump that computes less says little of its calls
LONG_PART = 0.3  # of a function's time, that these lumps may take
AGAIN_PART = 0.2  # of a function's time, for running again what took far longer than most
LEAST_S = 1e-6  # no call takes less

LinkSeconds = Callable[[int, int], float]  # of a board's time for a message of so many bytes, and an answer


def nothing(item: int) -> int:
    """What every lump is compared with."""
    return item


@dataclass
class Pool:
    """All calls of one function, from all its jobs. Places count through all of them."""

    jobs: list[Noted]
    items: Items = field(init=False)
    seen: list[Seen] = field(default_factory=list)  # lumps of neighbours, by place
    points: list[tuple[int, float]] = field(default_factory=list)  # calls in a lump, seconds of the agent without its link
    first_s: float = 0.0  # what the first lump took more than the second

    def __post_init__(self) -> None:
        items = self.jobs[0].items
        for noted in self.jobs[1:]:
            items = items + noted.items  # type: ignore[operator]
        self.items = items
        results, self.took = array("d"), array("d")
        for noted in self.jobs:
            results += noted.results
            self.took += noted.took
        first = self.jobs[0]
        sizes = tuple([call.size for call in items]) if isinstance(items, list) else first.sizes
        self._bytes = Calls(Job(first.title, results, sizes, results))

    @property
    def cost(self) -> float:
        """Seconds of computing that a call took so far, all in all."""
        ran = sum(lump.count for lump in self.seen)
        return max(LEAST_S, sum(lump.compute_s for lump in self.seen) / ran) if ran else LEAST_S

    def bytes(self, start: int, count: int) -> tuple[int, int]:
        """Bytes of a lump and of its answer."""
        part = self._bytes.part(start, count)
        return part.out, part.back


class Observer:
    """Runs calls of pools on one board, and notes what they took. `link_s`: what of the agent's time is the link's."""

    def __init__(self, trial: Trial, link_s: LinkSeconds) -> None:
        self._trial = trial
        self._link_s = link_s

    def first(self, pool: Pool, code_s: float) -> None:
        """The first call of a function on this board, twice: the first time its code travels (`code_s`) and is loaded.

        What that takes more is seen from here, because some of what a board's agent tells was done before there were calls;
        unless the board has a clock of its own, which only its agent's figures tell of.
        """
        item = pool.items[:1]
        before = self._trial.busy_s
        first = self._trial.run(pool.jobs[0], item, 1)
        once = self._trial.busy_s
        again = self._trial.run(pool.jobs[0], item, 1)
        more_s = (once - before) - (self._trial.busy_s - once) - code_s
        if not self._trial.here:
            more_s = sum(lump.agent_s for lump in first) - sum(lump.agent_s for lump in again) - code_s
        pool.first_s = max(0.0, more_s)
        pool.seen += [Seen(0, lump.count, lump.compute_s, lump.agent_s) for lump in again]

    def compare(self) -> tuple[float, list[tuple[int, float]]]:
        """Of the function that does nothing: seconds of a lump's computing beside its calls; calls in a lump, agent's seconds."""
        pool = Pool([Noted.of(pack(nothing), nothing.__globals__, array("i", bytes(4 * FEW * TIMES)))])
        for count in (1, FEW):
            self._run(pool, [range(at, at + count) for at in range(0, TIMES * count, count)], count)
        lump_s, _ = fit.line((lump.count, lump.compute_s) for lump in pool.seen)
        return lump_s, pool.points

    def spread(self, pool: Pool, seconds: float, lump_s: float) -> None:
        """Run calls that are spread evenly over all, until their sum is known well enough or the seconds are over."""
        count = len(pool.items)
        until = self._trial.busy_s + seconds
        self._run(pool, _evenly(count, 1, min(ALONE, max(1, int(seconds / pool.cost)))), 1)
        cost = self._longer(pool, seconds, lump_s)
        width = max(1, min(MOST, count // BLOCKS, int(LUMP_S / cost)))
        clear = [lump for lump in pool.seen if lump.count >= width or lump.count * cost > CLEAR * lump_s]
        pool.seen = clear or pool.seen
        blocks = [range(at * width, min(count, (at + 1) * width)) for at in fit.spread_out(-(-count // width))]
        ran = 0
        while ran < len(blocks):
            fits = int((until - self._trial.busy_s) / (width * max(cost, pool.cost) + lump_s + self._beside_s(pool, width)))
            some = blocks[ran : ran + min(max(FIRST, ran), fits)]  # twice as many each time
            if not some:
                break
            self._run(pool, sorted(some, key=lambda block: block.start), width)
            ran += len(some)
            if ran >= BLOCKS and fit.error_of(count, pool.seen, lump_s, pool.took) <= ENOUGH:
                break
        until = self._trial.busy_s + AGAIN_PART * seconds
        for lump in fit.doubtful(pool.seen, lump_s):  # it is that dear, or something came between
            if self._trial.busy_s < until:
                self._run(pool, [range(lump.start, lump.start + lump.count)], lump.count)

    def _longer(self, pool: Pool, seconds: float, lump_s: float) -> float:
        """A few lumps, longer and longer until they are as long as the scheduler makes them: seconds that a call takes in these.

        What their agent takes tells what a call costs it; what a call computes is only seen when it is much beside the lump's.
        """
        count = len(pool.items)
        until = self._trial.busy_s + LONG_PART * seconds
        cost, width = max(LEAST_S, pool.cost - lump_s), 1
        while width * cost < LONGEST / 2:
            wider = min(MOST, count // (2 * FEW_LUMPS), GROWTH * width, int(LONGEST / cost))
            takes = FEW_LUMPS * (wider * cost + lump_s + self._beside_s(pool, wider))
            if wider <= width or self._trial.busy_s + takes > until:
                break
            before = len(pool.seen)
            self._run(pool, _evenly(count, wider, FEW_LUMPS), wider)
            lumps = pool.seen[before:]
            took = sum(max(0.0, lump.compute_s - lump_s) for lump in lumps)
            cost, width = max(LEAST_S, took / max(1, sum(lump.count for lump in lumps))), wider
        return cost

    def _beside_s(self, pool: Pool, width: int) -> float:
        """About what a lump of so many calls takes beside its computing."""
        lump_s, call_s = fit.line(pool.points)
        return lump_s + call_s * width + self._link_s(*pool.bytes(0, min(width, len(pool.items))))

    def _run(self, pool: Pool, blocks: Sequence[range], width: int) -> None:
        """Run neighbours, `width` to a lump; the first lump's agent had to be woken, so it does not count for the agent."""
        if not blocks:
            return
        items = pool.items[:0]
        places: list[int] = []
        for block in blocks:
            items = items + pool.items[block.start : block.stop]  # type: ignore[operator]
            places += block
        for number, lump in enumerate(self._trial.run(pool.jobs[0], items, width)):
            here = places[lump.start : lump.start + lump.count]
            pool.seen += _neighbours(here, lump)
            if number and here[-1] - here[0] + 1 == len(here):
                agent_s = self._agent_s(lump) - self._link_s(*pool.bytes(here[0], len(here)))
                pool.points.append((lump.count, max(0.0, agent_s)))

    def _agent_s(self, lump: Seen) -> float:
        """What a lump took beside its computing: with the next one there already, all time between two answers is the board's.

        So the little that its agent's clock misses is in it. A board with a clock of its own tells only what that says.
        """
        return max(lump.agent_s, lump.cycle_s - lump.compute_s) if self._trial.here else lump.agent_s


def _evenly(count: int, width: int, lumps: int) -> list[range]:
    """So many lumps, or as many as there are calls for, in equal distances from the first call to the last."""
    lumps = min(lumps, count // width)
    starts = [at * (count - width) // max(1, lumps - 1) for at in range(lumps)]
    return [range(start, start + width) for start in starts]


def _neighbours(places: Sequence[int], lump: Seen) -> list[Seen]:
    """A lump as lumps of neighbours: it is one, unless the board's memory cut lumps elsewhere than between blocks."""
    parts: list[Seen] = []
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1:
            share = (at - start) / len(places)
            parts.append(Seen(places[start], at - start, lump.compute_s * share, lump.agent_s * share))
            start = at
    return parts
