"""A paced board takes what it would take: its computing by the ratio, a sleep as it is, and nothing of what else goes on here."""

import subprocess
import sys
import time

import pytest

from shoal import Cluster

CALLS = 20


def nap(milliseconds: int) -> int:
    import time

    time.sleep(milliseconds / 1000)
    return milliseconds


def spin(count: int) -> float:
    total = 0.0
    for _ in range(count):
        total = total * 0.5 + 1.0
    return total


def computed(cluster, function, argument):
    """Seconds that the boards computed for some calls in one lump, by their own clock, and by ours for all of it."""
    before = sum(board.compute_s for board in cluster.account().boards)
    began = time.perf_counter()
    assert list(cluster.map(function, [argument] * CALLS, chunksize=CALLS)) == [function(argument)] * CALLS
    took = time.perf_counter() - began
    return sum(board.compute_s for board in cluster.account().boards) - before, took


@pytest.fixture
def board():
    with Cluster("virtual:1xpico?pace=real") as cluster:
        cluster.run(spin, 1)
        cluster.run(nap, 0)
        yield cluster


def test_a_sleep_takes_what_it_takes_at_once(board):
    """And not less: it is not lent to be made up for later."""
    compute, took = computed(board, nap, 10)
    assert compute >= CALLS * 0.01
    assert took >= compute


def test_computing_takes_its_time_on_the_wall_too(board):
    compute, took = computed(board, spin, 500)
    assert took >= compute
    assert compute > 0.05  # here it is some 1 ms


def test_what_else_this_computer_does_costs_a_board_nothing(board):
    """Beside busy programs a board's computing is the same work. A factor of two is left for what caches and neighbours do."""
    quiet = min(computed(board, spin, 1000)[0] for _ in range(3))
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        beside = min(computed(board, spin, 1000)[0] for _ in range(3))
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert beside < 2 * quiet


@pytest.mark.slow
def test_pacing_leaves_a_boards_heap_whole(board):
    """30,000 numbers need 32 KB in one piece, with what a lump of them leaves behind."""
    assert list(board.map(spin, [0] * 30_000, timeout=40)) == [0.0] * 30_000
    assert board.account().boards[0].resets == 0
