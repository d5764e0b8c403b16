"""What is made of observed lumps: the line through noise, and costs of calls that were not run, against costs that are known."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.predict import fit
from shoal.predict.fit import Seen

COUNT = 2000


def run(costs, blocks, lump_s=0.002, noise=0.0, seed=1):
    """Lumps as a board would have answered them."""
    chance = random.Random(seed)
    return [
        Seen(block.start, len(block), lump_s + sum(costs[place] for place in block) * (1 + chance.uniform(-noise, noise)), 0.0)
        for block in blocks
    ]


def spread(count, width, lumps):
    """The first blocks of a sample."""
    places = list(fit.spread_out(-(-count // width)))[:lumps]
    return [range(place * width, min(count, (place + 1) * width)) for place in places]


def test_a_line_through_noise_that_is_sometimes_far_off():
    chance = random.Random(5)
    points = []
    for count in (1, 8, 64):
        for turn in range(20):
            seconds = (0.02 + 0.001 * count) * chance.uniform(0.9, 1.1)
            points.append((count, seconds * (5 if turn % 10 == 0 else 1)))
    lump_s, call_s = fit.line(points)
    assert lump_s == pytest.approx(0.02, rel=0.06)
    assert call_s == pytest.approx(0.001, rel=0.06)


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ([], (0.0, 0.0)),
        ([(4, 0.3)], (0.3, 0.0)),
        ([(1, 0.5), (10, 0.4)], None),
        ([(1, 0.001), (10, 0.02)], None),
    ],
)
def test_a_line_is_never_below_nothing(points, wanted):
    lump_s, call_s = fit.line(points)
    assert lump_s >= 0
    assert call_s >= 0
    if wanted is not None:
        assert (lump_s, call_s) == pytest.approx(wanted)


def test_costs_that_change_slowly_lie_on_the_line_between_neighbours():
    true = [0.01 + 0.00002 * place for place in range(COUNT)]
    found = fit.costs(COUNT, run(true, spread(COUNT, 1, 24)), 0.002, seed=0)
    assert found.how == "neighbours"
    assert sum(found.seconds) == pytest.approx(sum(true), rel=0.01)
    assert max(abs(cost - wanted) for cost, wanted in zip(found.seconds, true, strict=True)) < 0.003


def test_costs_in_no_order_are_drawn_and_keep_their_spread():
    chance = random.Random(3)
    true = [chance.choice((0.01, 0.01, 0.01, 1.0)) for _ in range(COUNT)]
    seen = run(true, spread(COUNT, 1, 200))
    found = fit.costs(COUNT, seen, 0.002, seed=7)
    assert found.how == "drawn"
    assert found.spread == pytest.approx(100)
    dear = sum(cost > 0.5 for cost in found.seconds)
    assert dear == pytest.approx(sum(cost > 0.5 for cost in true), rel=0.25)
    assert abs(sum(found.seconds) / sum(true) - 1) < 3 * found.error
    assert fit.costs(COUNT, seen, 0.002, seed=7) == found
    assert fit.costs(COUNT, seen, 0.002, seed=8) != found


def test_costs_that_grow_in_no_order_are_drawn_from_those_near_by():
    chance = random.Random(9)
    true = [0.0001 * place * chance.choice((0.2, 1.0, 3.0)) for place in range(COUNT)]
    found = fit.costs(COUNT, run(true, spread(COUNT, 1, 250)), 0.002, seed=7)
    assert found.how == "drawn"
    quarter = COUNT // 4
    for start in range(0, COUNT, quarter):
        assert sum(found.seconds[start : start + quarter]) == pytest.approx(sum(true[start : start + quarter]), rel=0.3)


def test_hints_tell_of_calls_that_were_not_run():
    chance = random.Random(4)
    true = [chance.choice((0.01, 1.0)) for _ in range(COUNT)]
    hints = [cost / 150 * chance.uniform(0.8, 1.2) for cost in true]
    seen = run(true, spread(COUNT, 1, 30))
    found = fit.costs(COUNT, seen, 0.002, 0, hints)
    assert found.how == "hints"
    assert sum(found.seconds) == pytest.approx(sum(true), rel=0.1)
    assert found.error < fit.error_of(COUNT, seen, 0.002) / 3
    assert sum((cost > 0.5) == (wanted > 0.5) for cost, wanted in zip(found.seconds, true, strict=True)) == COUNT


def test_hints_that_tell_nothing_are_not_used():
    chance = random.Random(6)
    true = [0.01 + 0.00002 * place for place in range(COUNT)]
    hints = [chance.uniform(0.001, 0.1) for _ in true]
    assert fit.costs(COUNT, run(true, spread(COUNT, 1, 30)), 0.002, 0, hints).how == "neighbours"


def test_the_standard_error_is_what_it_says():
    """Of many samples of known costs, most are as near as they say."""
    near = 0
    for seed in range(40):
        chance = random.Random(seed)
        true = [chance.lognormvariate(-3, 0.5) for _ in range(COUNT)]
        found = fit.costs(COUNT, run(true, spread(COUNT, 1, 64)), 0.002, seed)
        near += abs(sum(found.seconds) / sum(true) - 1) < 2 * found.error
    assert near >= 34, near


def test_all_calls_run_leave_no_error():
    true = [0.5, 1.0, 0.25]
    found = fit.costs(3, run(true, [range(1), range(1, 3)]), 0.002, 0)
    assert (found.error, found.how) == (0.0, "")
    assert sum(found.seconds) == pytest.approx(sum(true))


def test_one_lump_of_many_calls_says_that_it_knows_little():
    found = fit.costs(100, run([0.1] * 100, [range(1)]), 0.002, 0)
    assert found.error == 1.0
    assert sum(found.seconds) == pytest.approx(10)


def test_a_call_that_was_run_alone_counts_alone():
    seen = [Seen(0, 4, 0.402, 0.0), Seen(2, 1, 0.302, 0.0), Seen(2, 1, 0.302, 0.0), Seen(8, 1, 0.102, 0.0)]
    found = fit.costs(10, seen, 0.002, 0)
    assert found.seconds[2] == pytest.approx(0.3)
    assert found.seconds[8] == pytest.approx(0.1)


def test_calls_that_are_not_told_from_their_lumps_cost_something():
    found = fit.costs(1000, [Seen(0, 1, 0.002), Seen(500, 1, 0.0015)], 0.003, 0)
    assert sum(found.seconds) == pytest.approx(1000 * 0.00175, rel=0.2)
    assert found.error == 1.0


def test_what_took_far_longer_than_most_is_doubted_once():
    seen = [Seen(place, 1, 0.102) for place in range(20)] + [Seen(20, 1, 8.0), Seen(21, 1, 0.9), Seen(22, 1, 0.3)]
    assert [lump.start for lump in fit.doubtful(seen, 0.002)] == [20, 21]
    again = [*seen, Seen(20, 1, 0.103), Seen(21, 1, 0.95)]
    assert fit.doubtful(again, 0.002) == []
    found = fit.costs(23, again, 0.002, 0)
    assert found.seconds[20] == pytest.approx(0.101)
    assert found.seconds[21] == pytest.approx(0.898)


def test_nothing_was_run():
    with pytest.raises(ValueError, match="no call was run"):
        fit.costs(10, [], 0.0, 0)


@settings(deadline=None)
@given(st.integers(1, 3000))
def test_every_place_comes_once(count):
    assert sorted(fit.spread_out(count)) == list(range(count))


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=60),
    st.integers(1, 9),
    st.integers(1, 40),
    st.floats(0, 1),
    st.booleans(),
)
def test_costs_are_never_below_nothing(true, width, lumps, lump_s, hinted):
    hints = [cost / 100 + 1e-6 for cost in true] if hinted else None
    found = fit.costs(len(true), run(true, spread(len(true), width, lumps), lump_s), lump_s, 0, hints)
    assert len(found.seconds) == len(true)
    assert min(found.seconds) >= 0
    assert found.spread >= 1
    assert 0 <= found.error < float("inf")
