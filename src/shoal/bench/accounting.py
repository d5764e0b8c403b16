"""What keeping the account adds to a run: the same jobs with it and without, in turn, on one cluster.

    python -m shoal.bench.accounting [--pairs N] [--json]

Three jobs: the worst case, calls that do nothing and travel one by one through pipes, where this computer is all that takes time;
the same as the scheduler sends them; and a job as people run it, on boards as slow as real ones. Two figures each, from pairs of
runs, one with the books and one without, of which now the one and now the other goes first: how much longer the runs with books
took, and how many more processor seconds this program used, for a second of the run. The first is what matters, and drowns in the
noise of a computer that does other things; the second does not.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter, process_time

from shoal import Cluster
from shoal.ledger import Ledger
from shoal.page import Sent
from shoal.protocol import Result
from shoal.tap import Taps
from shoal.work import Work

TARGET = 0.02  # of the wall time
PAIRS = 30


@dataclass(frozen=True)
class Case:
    """A job. `chunk`: calls in a lump, 0: as the scheduler likes."""

    name: str
    spec: str
    calls: int
    chunk: int


CASES = (
    Case("nothing, one call a lump, pipes", "virtual:2xpico", 3000, 1),
    Case("nothing, lumps as the scheduler likes, pipes", "virtual:2xpico", 50_000, 0),
    Case("2000 steps a call, boards at a Pico's speed on USB", "virtual:8xpico?pace=real&link=usb", 160, 0),
)


@dataclass(frozen=True)
class Found:
    """Medians over the pairs. `added`: (with - without) / without, of the wall time, and its quartiles; seconds of a run.

    `processor`: processor seconds that the books took, for a second of the run without them, and its quartiles.
    """

    name: str
    pairs: int
    with_s: float
    without_s: float
    added: tuple[float, float, float]
    processor: tuple[float, float, float]


class NoBooks(Ledger):
    """A ledger that writes nothing down."""

    def sent(self, now: float, index: int, lump: int, work: Work, start: int, count: int) -> None:
        pass

    def withdrawn(self, now: float, index: int, lump: int) -> None:
        pass

    def answered(self, now: float, index: int, result: Result) -> Sent | None:
        return None

    def delivered(self, index: int, count: int) -> None:
        pass


def nothing(x: int) -> int:
    """A call that costs only its way."""
    return x


def steps(x: int) -> int:
    """A call that computes."""
    total = 0
    for step in range(2000):
        total += step * x & 7
    return total


def measure(case: Case, pairs: int, tell: Callable[[str], None]) -> Found:
    """Run a case so many times with the books, and as often without."""
    function = steps if "steps" in case.name else nothing
    with Cluster(case.spec) as cluster:
        driver = cluster._driver
        books, taps = driver.ledger, driver.taps
        assert cluster.boards

        def took(kept: bool) -> tuple[float, float]:
            """Wall and processor seconds of one job. Nothing is open while the books are changed."""
            books.__class__ = Ledger if kept else NoBooks
            driver.taps = taps if kept else Taps()
            began, used = perf_counter(), process_time()
            for _ in cluster.map(function, range(case.calls), chunksize=case.chunk or None):
                pass
            return perf_counter() - began, process_time() - used

        took(True)  # warms up
        pairs_of = []
        for number in range(pairs):
            first = bool(number % 2)
            one, other = took(first), took(not first)
            pairs_of.append((one, other) if first else (other, one))
            tell(f"{case.name}: {number + 1} of {pairs} pairs")
        books.__class__, driver.taps = Ledger, taps
    return Found(
        case.name,
        pairs,
        statistics.median(kept for (kept, _), _ in pairs_of),
        statistics.median(bare for _, (bare, _) in pairs_of),
        _quartiles([(kept - bare) / bare for (kept, _), (bare, _) in pairs_of]),
        _quartiles([(used - used_bare) / bare for (_, used), (bare, used_bare) in pairs_of]),
    )


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    low, middle, high = statistics.quantiles(values, n=4)
    return low, middle, high


def main() -> int:
    """Measure, print; 1 if the account adds more than it should to any job."""
    about = "what keeping the account adds to a run"
    parser = argparse.ArgumentParser(prog="python -m shoal.bench.accounting", description=about)
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"runs with and without the books; default {PAIRS}")
    parser.add_argument("--json", action="store_true", help="print only the figures, as JSON, on standard output")
    args = parser.parse_args()
    if args.pairs < 2:
        parser.error("--pairs: 2 or more")
    found = [measure(case, args.pairs, lambda text: print(text, file=sys.stderr, end="\r")) for case in CASES]
    print(file=sys.stderr)
    if args.json:
        print(json.dumps({"target": TARGET, "cases": [asdict(each) for each in found]}, indent=2))
    else:
        for each in found:
            times = f"{each.with_s * 1000:.1f} ms with, {each.without_s * 1000:.1f} ms without"
            print(f"{each.name}: wall {_told(each.added)}, processor {_told(each.processor)}; {times}")
    return int(any(min(each.added[1], each.processor[1]) > TARGET for each in found))


def _told(quartiles: tuple[float, float, float]) -> str:
    low, middle, high = quartiles
    return f"{middle:+.1%} ({low:+.1%} .. {high:+.1%})"


if __name__ == "__main__":
    sys.exit(main())
