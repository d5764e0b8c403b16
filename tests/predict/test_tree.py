"""Computers with boards behind them: what a tree says beside one computer with the same boards, and that it stays small."""

import pytest

from shoal.errors import UsageError
from shoal.predict import tree as trees
from shoal.predict.layout import expected
from shoal.predict.model import Job, Sample
from shoal.predict.tree import tree
from shoal.spec import parse

USB, BUS = parse("virtual:16xpico?link=usb"), parse("virtual:16xpico?link=i2c@400k")


def work(calls, seconds=0.2, **more):
    return Sample((Job("work", [seconds] * calls, 8, 10.0, code=500, first_s=0.1, **more),), "pico", 0.01, 0.0005)


def parts(board):
    return board.compute_s + board.link_s + board.waiting_s + board.idle_s


@pytest.mark.parametrize("spec", [USB, BUS], ids=["usb", "i2c"])
def test_every_call_is_answered_once_and_parts_are_the_wall_time(spec):
    account = tree(work(1500), spec, 3, 2)
    assert len(account.boards) == 3 * 2 * 16
    assert account.calls == 1500
    assert len({board.name for board in account.boards}) == 96
    assert account.boards[0].name == "c1-g1-pico-1"
    for board in account.boards:
        assert parts(board) == pytest.approx(account.wall_s)
        assert board.repeated >= 0
    assert account == tree(work(1500), spec, 3, 2)
    assert any("Raspberry Pi 4" in note for note in account.notes)


def test_a_tree_of_one_computer_takes_a_little_longer_than_the_computer():
    flat = expected(work(600), USB, 16).wall_s
    assert flat < tree(work(600), USB, 1).wall_s < 1.4 * flat


def test_two_computers_are_nearly_twice_as_fast_as_one():
    one, two = (tree(work(4000), USB, computers).wall_s for computers in (1, 2))
    assert 1.7 < one / two <= 2.0


def test_boards_behind_many_controllers_share_less():
    cheap = Sample((Job("work", [0.002] * 4000, 8, 400.0),), "pico", 0.002, 0.0001)
    bus = parse("virtual:4xpico?link=i2c@100k")
    assert tree(cheap, bus, 1, 4).wall_s < 0.5 * tree(cheap, bus, 1, 1, 16).wall_s
    assert tree(cheap, bus, 1, 4).bus.wire == "4 x i2c 100000"


@pytest.mark.parametrize("seconds", [0.02, 0.3])
@pytest.mark.parametrize("spec", [USB, BUS], ids=["usb", "i2c"])
def test_computers_that_do_as_others_take_about_as_long_as_in_full(spec, seconds, monkeypatch):
    sample = work(4000, seconds)
    full = tree(sample, spec, 4, 2)
    for limit in ("CALLS_IN_FULL", "CALLS_ON_BUSES"):
        monkeypatch.setattr(trees, limit, 1000)
    short = tree(sample, spec, 4, 2)
    assert short.wall_s == pytest.approx(full.wall_s, rel=0.12)
    assert short.calls == full.calls == 4000
    assert len(short.boards) == len(full.boards)
    assert any("1 of the 4 computers were simulated in full" in note for note in short.notes)
    assert not any("in full" in note for note in full.notes)


def test_costs_that_vary_a_hundredfold():
    costs = [2.0 if number % 97 == 0 else 0.02 for number in range(4000)]
    sample = Sample((Job("work", costs, 8, 10.0),), "pico", 0.01, 0.0005, spread=100.0)
    account = tree(sample, USB, 3, 2)
    assert account.calls == 4000
    assert account.wall_s >= sum(costs) / 96


def test_jobs_follow_each_other_and_boards_that_are_found_are_counted():
    sample = Sample((*work(200).jobs, *work(100, after=5.0).jobs), "pico", 0.01, 0.0005)
    account = tree(sample, parse("usb:"), 2, 1, 8)
    assert account.calls == 300
    assert len(account.boards) == 16
    assert account.wall_s < 5


@pytest.mark.slow
def test_ten_thousand_boards_and_a_million_calls():
    account = tree(work(1_000_000), BUS, 25, 25)
    assert len(account.boards) == 10_000
    assert account.calls == 1_000_000
    ideal = 1_000_000 * 0.2 / 10_000
    assert ideal < account.wall_s < 2 * ideal


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 1), "cannot predict for 0 computers"),
        ((1, -2), "cannot predict for -2 gateways"),
        ((1, 1, -1), "cannot predict for -1 boards"),
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers, message):
    with pytest.raises(UsageError, match=message):
        tree(work(10), USB, *numbers)


def test_what_is_not_said_or_not_known_is_refused():
    with pytest.raises(UsageError, match="0 boards"):
        tree(work(10), parse("usb:"), 2)
    with pytest.raises(UsageError, match="pi_4b"):
        tree(work(10), USB, 2, kind="pi_4")
