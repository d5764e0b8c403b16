"""What is kept of a cluster's calls to run once more: a bounded, even choice; and what is made of the times."""

import dataclasses

import functions
import pytest

from shoal import Cluster, alone
from shoal.bench import accounting
from shoal.protocol import Result
from shoal.tap import Tap


class Takes(Tap):
    def __init__(self):
        self.works = []

    def added(self, now, work):
        self.works.append(work)


@pytest.fixture(scope="module")
def works():
    """Real jobs: numbers, and calls encoded one by one."""
    taken = Takes()
    with Cluster("virtual:1xpico") as cluster:
        cluster.listen(taken)
        list(cluster.map(functions.square, range(1000)))
        list(cluster.map(functions.add, range(1000), range(1000)))
        list(cluster.map(functions.first_byte, [bytes(30_000)] * 4, chunksize=1))
    return taken.works


def answer(count, compute, agent=0.001):
    return Result(1, compute, agent, 0, None, [None] * count, [], 20)


@pytest.mark.parametrize("place", [0, 1])
def test_what_is_kept_is_bounded_and_spread_evenly(works, place):
    kept = alone.Alone()
    for number in range(1000):
        kept.answered(0.0, number % 3, works[place], number, 1, answer(1, 0.01))
    (function,) = kept._functions.values()
    assert 32 <= len(function.kept) <= alone.LUMPS
    assert (function.lumps, function.calls) == (1000, 1000)
    assert function.compute == pytest.approx(10)
    assert function.stride == 16
    if place == 0:
        assert [lump.calls[0] for lump in function.kept] == list(range(0, 1000, 16))


def test_large_arguments_are_kept_up_to_a_limit(works, monkeypatch):
    monkeypatch.setattr(alone, "MOST", 300_000)
    kept = alone.Alone()
    for number in range(1000):
        kept.answered(0.0, 0, works[2], number % 4, 1, answer(1, 0.01))
    (function,) = kept._functions.values()
    assert 4 * 30_000 < sum(lump.size for lump in function.kept) == function.size <= alone.MOST


def test_many_functions_are_not_all_kept(works):
    kept = alone.Alone()
    for number in range(alone.FUNCTIONS + 4):
        work = works[0]
        shipment = dataclasses.replace(work.shipment, key=f"k{number}")
        kept.answered(0.0, 0, type(work)(shipment, work.names, work.calls, work.sink), 0, 1, answer(1, 1.0, 1.0))
    assert len(kept._functions) == alone.FUNCTIONS
    assert kept._beside == 8.0


def test_times_follow_from_what_ran_alone(works):
    """Two boards computed 10 ms a call while they shared a core; alone it is 5 ms, and 1 ms beside it."""
    kept = alone.Alone()
    for number in range(100):
        kept.answered(0.0, number % 2, works[0], number, 1, answer(1, 0.010, 0.5 if number < 2 else 0.002))
    (work,) = kept.begin(0)
    assert work.only == 0 and work.chunk >= 1
    now, start = 100.0, 0
    while start < len(work.calls):
        count = min(work.chunk, len(work.calls) - start)
        kept.sent(now, 0, 1, work, start, count)
        now += 0.006 * count
        kept.answered(now, 0, work, start, count, answer(count, 0.005 * count))
        start += count
    kept.finished(now, work)
    outcome = kept.outcome()
    assert outcome.calls == 100
    assert outcome.seconds == pytest.approx(100 * 0.006 + 0.5 - 0.002, rel=0.01), "the first lump's code, once"
    assert kept.outcome() is None, "it is told once"


def test_a_failure_on_the_way_finds_nothing_out(works):
    kept = alone.Alone()
    kept.answered(0.0, 0, works[0], 0, 4, answer(4, 0.1))
    (work,) = kept.begin(0)
    kept.finished(1.0, work)
    assert kept.outcome() is None


def test_what_the_books_cost_can_be_measured():
    found = accounting.measure(accounting.Case("nothing", "virtual:1xpico", 30, 1), 2, lambda text: None)
    assert found.pairs == 2 and found.with_s > 0 and found.without_s > 0
    assert found.added[0] <= found.added[1] <= found.added[2]
