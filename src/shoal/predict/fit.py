"""From observed lumps to what a lump and a call cost, and from sampled calls to the costs of all calls.

Times of a loaded computer are skewed: a few are far too long. So of several observations of one kind the middle half counts.
"""

import itertools
import math
import random
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pvariance

NEAREST = 24  # calls that were run, among whose costs one is drawn
SMALL = {2: 6.5, 3: 2.2, 4: 1.6, 5: 1.4}  # Student's t against the normal distribution, at 95 %: so few values say less
FAR = 4  # times the median
LEAST = 0.01  # of the mean: no call is taken for cheaper than that where the spread is told
SMOOTH_BELOW = 0.5  # of the von Neumann ratio / 2: 1 for costs in any order, 0 for costs that change slowly
# What lies between two neighbours that err is off by 2/3 of their variance, on average; a cost differs from the mean of its two
# neighbours by 3/2 of it. So much of such differences makes costs that lie between neighbours as uneven as these.
UNEVEN = math.sqrt((1 - 2 / 3) / (3 / 2))
ALIKE = 0.02  # costs that differ less than this, relative, are one cost and noise


@dataclass(frozen=True)
class Seen:
    """A lump that was answered: calls `start` .. `start + count`; seconds of computing and of the agent, by the board's clock.

    `cycle_s`: from the answer before to this one, as seen from here; 0 if there was none.
    """

    start: int
    count: int
    compute_s: float
    agent_s: float = 0.0
    cycle_s: float = 0.0


@dataclass(frozen=True)
class Costs:
    """What every call of a function computes, seconds.

    `spread`: dearest sampled call over cheapest, as far as that stands out from what a lump takes anyway; `error`: standard error
    of the sum, relative; `how`: how the costs of calls that were not run were found: "hints", "neighbours", "drawn", or "" if all
    were run.
    """

    seconds: "array[float]"
    spread: float
    error: float
    how: str


def middle(values: Iterable[float]) -> float:
    """Mean of the middle half: near the mean where all is well, and deaf to what a busy computer adds now and then."""
    ordered = sorted(values)
    cut = len(ordered) // 4
    return fmean(ordered[cut : len(ordered) - cut])


def line(points: Iterable[tuple[int, float]]) -> tuple[float, float]:
    """What a lump takes, and each call in it: seconds of lumps of so many calls. Neither is below 0.

    Least squares through the middle of each size's observations, relative, because what varies grows with what is measured. Of
    one size only, all of it is the lump's.
    """
    by_size: dict[int, list[float]] = {}
    for count, seconds in points:
        by_size.setdefault(count, []).append(seconds)
    middles = [(count, max(middle(seen), 1e-9), len(seen)) for count, seen in by_size.items()]
    weights = [many / seconds**2 for _, seconds, many in middles]
    total = sum(weights)
    if not total:
        return 0.0, 0.0
    mean_n = sum(weight * count for weight, (count, _, _) in zip(weights, middles, strict=True)) / total
    mean_s = sum(weight * seconds for weight, (_, seconds, _) in zip(weights, middles, strict=True)) / total
    along = sum(w * (count - mean_n) ** 2 for w, (count, _, _) in zip(weights, middles, strict=True))
    both = sum(w * (count - mean_n) * (seconds - mean_s) for w, (count, seconds, _) in zip(weights, middles, strict=True))
    slope = max(0.0, both / along) if along > 1e-9 * total else 0.0
    if slope * mean_n > mean_s:
        return 0.0, mean_s / mean_n
    return mean_s - slope * mean_n, slope


def costs(
    count: int, seen: Sequence[Seen], lump_s: float, seed: int, hints: Sequence[float] | None = None
) -> Costs:
    """The costs of `count` calls, of which some were run in lumps. `lump_s`: seconds of computing of a lump beside its calls.

    Calls that were run cost what they did (each of a lump the same). The others: in proportion to `hints`, what each call took
    elsewhere, where that tells more than their neighbours do; on the line between their neighbours where costs change slowly from
    call to call; else drawn from those that were run near them, by chance that `seed` decides. Raises ValueError if none was.
    """
    sampled = _Sampled.of(count, seen, lump_s, hints)
    if not sampled.blocks:
        raise ValueError("no call was run")
    told_apart = any(sampled.each)
    if not told_apart:  # from what the lump takes: at most all of it is theirs
        sampled = _Sampled.of(count, seen, 0.0, hints)
    blocks, each = sampled.blocks, sampled.each
    seconds = array("d", bytes(8 * count))
    known = bytearray(count)
    for block, cost in zip(blocks, each, strict=True):
        for place in range(block.start, block.start + block.count):
            seconds[place] = cost
            known[place] = 1
    how = ""
    if 0 in known:
        how = "hints" if sampled.ratio else "neighbours" if _smooth(each) else "drawn"
    if how == "hints" and hints is not None:
        for place in range(count):
            if not known[place]:
                seconds[place] = sampled.ratio * hints[place]
    elif how == "neighbours":
        _interpolate(seconds, known, blocks, each, random.Random(seed))
    elif how == "drawn":
        _draw(seconds, known, blocks, each, random.Random(seed))
    told = [max(cost, lump_s / block.count, LEAST * fmean(each)) for block, cost in zip(blocks, each, strict=True)]
    return Costs(seconds, max(told) / min(told) if min(told) else 1.0, sampled.error() if told_apart else 1.0, how)


def error_of(count: int, seen: Sequence[Seen], lump_s: float, hints: Sequence[float] | None = None) -> float:
    """Standard error of the sum of the costs of `count` calls, relative, after these were run; 1 if it is unknown."""
    return _Sampled.of(count, seen, lump_s, hints).error()


@dataclass(frozen=True)
class _Sampled:
    """Lumps that do not overlap, in the order of their calls; `each`: what a call of each costs; `variance`: of these, about what
    their neighbours or the hints say; `ratio`: seconds for one of the hints', 0 if neighbours say more."""

    count: int
    blocks: list[Seen]
    each: list[float]
    variance: float
    ratio: float

    @staticmethod
    def of(count: int, seen: Sequence[Seen], lump_s: float, hints: Sequence[float] | None) -> "_Sampled":
        blocks, each = _by_call(seen, lump_s)
        if len(blocks) < 2:
            return _Sampled(count, blocks, each, 0.0, 0.0)
        variance = fmean((after - before) ** 2 for before, after in itertools.pairwise(each)) / 2
        if hints is None or min(hints) <= 0:
            return _Sampled(count, blocks, each, variance, 0.0)
        hinted = [fmean(hints[block.start : block.start + block.count]) for block in blocks]
        ratio = sum(each) / sum(hinted)
        about = fmean((cost - ratio * hint) ** 2 for cost, hint in zip(each, hinted, strict=True)) * len(each) / (len(each) - 1)
        return _Sampled(count, blocks, each, min(about, variance), ratio if about < variance else 0.0)

    def error(self) -> float:
        """Standard error of the sum of all costs, relative; with the correction for what is left of a finite number.

        By successive differences, which suits evenly spread samples, or of a ratio (W. G. Cochran, "Sampling Techniques").
        """
        ran = sum(block.count for block in self.blocks)
        if ran >= self.count:
            return 0.0
        mean = fmean(self.each) if self.each else 0.0
        if len(self.each) < 2 or mean <= 0:
            return 1.0
        error = math.sqrt((1 - ran / self.count) * self.variance / len(self.each)) / mean
        return min(1.0, error * SMALL.get(len(self.each), 1.0))


def doubtful(seen: Sequence[Seen], lump_s: float) -> list[Seen]:
    """Lumps whose calls cost so much more than most that they should be run again, the worst first."""
    times: dict[tuple[int, int], int] = {}
    for lump in seen:
        times[lump.start, lump.count] = times.get((lump.start, lump.count), 0) + 1
    cost = {id(lump): (lump.compute_s - lump_s) / lump.count for lump in seen}
    usual = median(cost.values()) if cost else 0.0
    far = [lump for lump in seen if cost[id(lump)] > FAR * usual and times[lump.start, lump.count] == 1]
    return sorted(far, key=lambda lump: -cost[id(lump)])


def spread_out(count: int) -> Iterable[int]:
    """0 .. count - 1, so ordered that those taken so far are always spread evenly (van der Corput's sequence in base 2)."""
    bits = max(1, (count - 1).bit_length())
    for index in range(1 << bits):
        place = int(f"{index:0{bits}b}"[::-1], 2)
        if place < count:
            yield place


def _by_call(seen: Sequence[Seen], lump_s: float) -> tuple[list[Seen], list[float]]:
    """Runs of neighbours that do not overlap, in the order of their calls, and what a call of each costs.

    Of calls that were run in several lumps, the shortest lump counts; of a lump that was run several times, the least time: what
    a busy computer does to a board only ever adds.
    """
    same: dict[tuple[int, int], list[float]] = {}
    for lump in seen:
        same.setdefault((lump.count, lump.start), []).append(lump.compute_s)
    costs: dict[int, tuple[float, tuple[int, int]]] = {}  # place -> cost, and the lump that told it
    for count, start in sorted(same):
        cost = max(0.0, min(same[count, start]) - lump_s) / count
        for place in range(start, start + count):
            costs.setdefault(place, (cost, (count, start)))
    blocks: list[Seen] = []
    each: list[float] = []
    last: tuple[int, int] | None = None
    for place in sorted(costs):
        cost, told = costs[place]
        if told == last and blocks[-1].start + blocks[-1].count == place:
            blocks[-1] = Seen(blocks[-1].start, blocks[-1].count + 1, 0.0)
        else:
            blocks.append(Seen(place, 1, 0.0))
            each.append(cost)
        last = told
    return blocks, each


def _smooth(each: Sequence[float]) -> bool:
    mean, variance = fmean(each), pvariance(each)
    if len(each) < 3 or variance <= (ALIKE * mean) ** 2:
        return True
    steps = fmean((after - before) ** 2 for before, after in itertools.pairwise(each))
    return steps / (2 * variance) < SMOOTH_BELOW


def _interpolate(
    seconds: "array[float]", known: bytearray, blocks: Sequence[Seen], each: Sequence[float], chance: random.Random
) -> None:
    """On the line between neighbours, and as uneven as these are: who ends last decides when a job ends."""
    centres = [block.start + (block.count - 1) / 2 for block in blocks]
    uneven = [
        1 + UNEVEN * (2 * here / (before + after) - 1)
        for before, here, after in zip(each, each[1:], each[2:], strict=False)
        if before + after > 0
    ] or [1.0]
    mean = fmean(uneven)
    right = 0
    left: list[float] = []
    for place in range(len(seconds)):
        if known[place]:
            continue
        while right < len(centres) and centres[right] <= place:
            right += 1
        if right in (0, len(centres)):
            cost = each[min(right, len(centres) - 1)]
        else:
            part = (place - centres[right - 1]) / (centres[right] - centres[right - 1])
            cost = each[right - 1] + part * (each[right] - each[right - 1])
        if not left:
            left = chance.sample(uneven, len(uneven))
        seconds[place] = max(0.0, cost * left.pop() / mean)


def _draw(
    seconds: "array[float]", known: bytearray, blocks: Sequence[Seen], each: Sequence[float], chance: random.Random
) -> None:
    """One of the costs of the nearest `NEAREST` calls that were run; all of them so scaled that their sum is what these say."""
    ran = [(block.start + at, cost) for block, cost in zip(blocks, each, strict=True) for at in range(block.count)]
    upto = [0.0, *itertools.accumulate(cost for _, cost in ran)]
    width = min(NEAREST, len(ran))
    expected = drawn = 0.0
    first = 0
    for place in range(len(seconds)):
        if known[place]:
            continue
        while first + width < len(ran) and ran[first + width][0] - place < place - ran[first][0]:
            first += 1
        expected += (upto[first + width] - upto[first]) / width
        seconds[place] = ran[first + chance.randrange(width)][1]
        drawn += seconds[place]
    scale = expected / drawn if drawn else 1.0
    for place in range(len(seconds)):
        if not known[place]:
            seconds[place] *= scale
