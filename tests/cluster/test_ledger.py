"""The ledger by itself, with a clock of its own: what is hard to time with real boards."""

import pytest

from shoal import Cluster
from shoal.ledger import Ledger, Outcome
from shoal.protocol import Result
from shoal.tap import Tap


def same(x):
    return x


class Takes(Tap):
    """Keeps the jobs that it hears of."""

    def __init__(self):
        self.works = []

    def added(self, now, work):
        self.works.append(work)


@pytest.fixture(scope="module")
def work():
    """A real job."""
    taken = Takes()
    with Cluster("virtual:1xpico") as cluster:
        cluster.listen(taken)
        list(cluster.map(same, range(3)))
    return taken.works[0]


@pytest.fixture
def ledger():
    made = Ledger(["a", "b"], lambda: 0.0)
    made.begin(100.0)
    return made


def answer(lump, compute, agent=0.0, count=1):
    return Result(lump, compute, agent, 0, None, [None] * count, [], 20)


def parts(ledger, now, board=0):
    line = ledger.account(now, paced=False).boards[board]
    found = (line.compute_s, line.link_s, line.waiting_s, line.idle_s)
    assert sum(found) == pytest.approx(ledger.account(now, paced=False).wall_s)
    assert min(found) >= 0
    return pytest.approx(found)


def test_the_parts_of_one_lump(ledger, work):
    ledger.sent(101.0, 0, 7, work, 0, 1)
    assert parts(ledger, 102.0) == (0, 0, 1, 1), "nobody knows yet what it did"
    assert ledger.answered(104.0, 0, answer(7, 1.5, 0.5)) == (work, 0, 1, 101.0, 1.0)
    assert parts(ledger, 106.0) == (1.5, 0.5, 1, 3)
    assert parts(ledger, 106.0, board=1) == (0, 0, 0, 6)


def test_lumps_that_overlap_wait_once(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.sent(100.0, 0, 2, work, 1, 1)
    ledger.answered(102.0, 0, answer(1, 1.0))
    ledger.answered(104.0, 0, answer(2, 1.0))
    assert parts(ledger, 105.0) == (2, 0, 2, 1)


def test_a_lump_taken_back_and_answered_all_the_same(ledger, work):
    """The board had begun it when it was taken back: it was busy all the time."""
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.withdrawn(101.0, 0, 1)
    assert ledger.answered(104.0, 0, answer(1, 3.5)) is None
    assert parts(ledger, 105.0) == (3.5, 0, 0.5, 1)


def test_a_lump_taken_back_at_the_end_is_no_part(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.withdrawn(103.0, 0, 1)
    ledger.settle(103.0)
    assert ledger.answered(105.0, 0, answer(1, 2.0)) is None
    assert parts(ledger, 106.0) == (0, 0, 3, 0)


def test_what_is_done_when_no_job_is_open_is_no_part(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.settle(103.0)
    ledger.answered(110.0, 0, answer(1, 9.0, 1.0))
    assert parts(ledger, 120.0) == (2, 1, 0, 0)
    ledger.begin(200.0)
    assert parts(ledger, 201.0) == (2, 1, 0, 1)


def test_a_board_is_never_busy_for_longer_than_there_was_wall_time(ledger, work):
    """Boards have clocks of their own, and may have read what was put before any job was open."""
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.answered(102.0, 0, answer(1, 1.0, 50.0))
    assert parts(ledger, 102.0) == (1, 1, 0, 0)
    ledger.sent(102.0, 0, 2, work, 0, 1)
    ledger.answered(103.0, 0, answer(2, 7.0, 1.0))
    assert parts(ledger, 103.0) == (2, 1, 0, 0)


def test_nothing_is_booked_while_it_is_suspended(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.answered(101.0, 0, answer(1, 1.0))
    ledger.delivered(0, 1)
    ledger.settle(101.0)
    before = ledger.account(101.0, paced=False)
    ledger.suspend()
    ledger.begin(102.0)
    ledger.sent(102.0, 0, 2, work, 0, 1)
    assert ledger.answered(103.0, 0, answer(2, 1.0)) is not None
    ledger.delivered(0, 1)
    ledger.settle(103.0)
    ledger.resume(0, Outcome(2.5, 1, 1))
    after = ledger.account(104.0, paced=False)
    assert after.boards == before.boards and after.wall_s == before.wall_s
    assert (after.alone_s, after.alone_how) == (2.5, "measured")
    assert len(ledger.spans()) == 1


def test_a_lump_that_was_left_is_answered_while_it_is_suspended(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 1)
    ledger.settle(101.0)
    ledger.suspend()
    ledger.answered(102.0, 0, answer(1, 1.0))
    ledger.resume(0, None)
    ledger.begin(103.0)
    assert parts(ledger, 113.0) == (0, 0, 1, 10)
    assert "could not be measured" in ledger.account(113.0, paced=False).notes[-1]


def test_repeated_calls_are_taken_off_what_was_measured(ledger, work):
    ledger.sent(100.0, 0, 1, work, 0, 2)
    ledger.answered(101.0, 0, answer(1, 1.0, count=2))
    ledger.delivered(0, 1)  # another board was first with the other
    ledger.settle(101.0)
    ledger.suspend()
    ledger.resume(0, Outcome(2.0, 2, 2))
    assert ledger.account(101.0, paced=False).alone_s == 1.0


def test_spans_are_numbered_as_the_boards_of_the_account_and_begin_with_the_first_job(work):
    ledger = Ledger(["", "b"], lambda: 0.0)  # nobody has come to the first place yet
    ledger.begin(50.0)
    ledger.sent(51.0, 1, 1, work, 0, 1)
    ledger.answered(53.0, 1, answer(1, 1.0, 0.5))
    (span,) = ledger.spans()
    assert (span.board, span.function, span.sent, span.begun, span.ended, span.calls) == (0, "same", 1.0, 1.0, 3.0, 1)
    assert [board.name for board in ledger.account(53.0, paced=False).boards] == ["b"]
