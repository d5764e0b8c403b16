"""What binds, read from accounts whose figures are known."""

import pytest

from shoal.binding import Binding, binding, expected_s, next_board, slower_than_one
from shoal.model import Account, BoardAccount, BusAccount


def account(boards=4, wall=10.0, calls=100, lumps=10, compute=0.0, link=0.0, waiting=0.0, away=0.0, resets=0, **more):
    """Equal boards; the parts are shares of the wall time, what is left is idle."""
    idle = 1.0 - compute - link - waiting
    seconds = [share * wall for share in (compute, link, waiting, idle, compute + link)]
    each = [
        BoardAccount(f"pico-{n}", calls // boards, 0, lumps, *seconds, 1000, 5000, resets, away_s=away * wall)
        for n in range(boards)
    ]
    return Account(wall, tuple(each), 2, True, **more)


BUSY_BUS = BusAccount("i2c 400000", 10.0, 9.6, 100_000, 5_000)


@pytest.mark.parametrize(
    ("what", "share", "of"),
    [
        ("compute", 0.9, account(compute=0.9, link=0.05)),
        ("compute", 0.5, account(compute=0.5, link=0.2)),
        ("link", 0.7, account(compute=0.2, link=0.7)),
        ("bus", 0.96, account(compute=0.3, waiting=0.6, bus=BUSY_BUS)),
        ("bus", 0.96, account(compute=0.6, waiting=0.3, bus=BUSY_BUS)),
        ("host", 0.9, account(compute=0.1, waiting=0.6, host_s=9.0)),
        ("host", 0.5, account(compute=0.1, waiting=0.6, host_s=5.0)),
        ("waiting", 0.7, account(compute=0.2, waiting=0.7)),
        ("start", 0.6, account(compute=0.3, away=0.6)),
        ("tail", 0.7, account(compute=0.3)),
        ("few calls", 0.7, account(calls=4, compute=0.3)),
        ("few calls", 1.0, account(calls=0)),
    ],
)
def test_what_binds(what, share, of):
    found = binding(of)
    assert (found.what, found.share) == (what, pytest.approx(share))
    assert found.sentence and "\n" not in found.sentence
    assert found.helps or not of.calls


def test_the_sentence_has_the_figures():
    told = binding(account(compute=0.3, waiting=0.6, bus=BUSY_BUS))
    assert "the bus (i2c at 400 kHz) is busy 96% of the time" in told.sentence
    assert "one board more would gain nothing" in told.sentence
    assert "packed answers" in told.helps[0], "more comes back than goes there"
    assert "one board more would gain about" in binding(account(compute=0.95)).sentence
    assert "2 times" in binding(account(boards=2, compute=0.1, away=0.8, resets=1)).helps[0]


def test_one_board_more():
    assert next_board(account(compute=1.0)) == pytest.approx(5 / 4)
    assert next_board(account(compute=0.5, link=0.5)) == pytest.approx(5 / 4)
    assert next_board(account(compute=0.1, waiting=0.9, host_s=10.0)) == 1.0
    assert next_board(account(boards=4, calls=4, compute=1.0)) == 1.0, "a call is not divided"
    assert next_board(Account(0.0, (), 2, True)) == 1.0
    assert expected_s(account(compute=0.8), 4) == pytest.approx(10.0), "the run itself"


def test_a_cluster_that_was_slower_than_one_board():
    assert slower_than_one(account(compute=0.1))
    assert not slower_than_one(account(compute=0.9))
    assert not slower_than_one(account(boards=1, compute=0.1))
    assert not slower_than_one(account(calls=0))


def test_nothing_to_say_of_nothing():
    assert binding(Account(0.0, (), 2, False)) == Binding("few calls", 1.0, "no call was answered", ())
