"""What a prediction says of more and more boards, on work whose costs are known: no board is needed, and no clock."""

import json
import math

import pytest

from shoal.errors import SpecError, UsageError
from shoal.model import Account
from shoal.predict.model import Job, Sample
from shoal.predict.sweep import lump, sweep
from shoal.spec import parse

USB = parse("virtual:8xpico?pace=real&link=usb")


def work(calls=200, seconds=0.1, sizes=13, results=50.0, **more):
    job = Job("work", [seconds] * calls, sizes, results, code=300, **more)
    return Sample((job,), "pico", agent_lump_s=0.01, agent_call_s=0.0005, compute_lump_s=0.002)


def test_computing_is_shared_among_boards():
    prediction = sweep(work(), USB, (8, 1, 4, 4))
    assert [len(row.boards) for row in prediction.rows] == [1, 4, 8]
    assert prediction.itself_s == pytest.approx(20)
    assert prediction.row(1).speed_up == pytest.approx(1.0)
    assert 3.5 < prediction.row(4).speed_up <= 4.0
    assert 6.5 < prediction.row(8).speed_up <= 8.0
    assert prediction.best == 8
    assert all(row.alone_how == "predicted" for row in prediction.rows)
    assert "8 boards take" in prediction.verdict
    assert "compute" in prediction.verdict


def test_the_parts_of_each_board_are_the_wall_time():
    for row in sweep(work(), USB, (1, 3, 16)).rows:
        for board in row.boards:
            parts = board.compute_s + board.link_s + board.waiting_s + board.idle_s
            assert parts == pytest.approx(row.wall_s, rel=0.01), board


def test_fewer_boards_are_the_better_choice_where_more_gain_little():
    prediction = sweep(work(calls=4), USB, (1, 2, 4, 8, 16))
    assert prediction.best <= 4
    assert prediction.rows[-1].wall_s >= prediction.row(4).wall_s * 0.95


def test_a_call_is_not_divided():
    sample = work(calls=50)
    long = Job("long", [0.1] * 49 + [10.0], 13, 50.0, code=300)
    prediction = sweep(Sample((long,), "pico", sample.agent_lump_s, sample.agent_call_s), USB, (1, 8))
    assert prediction.limit_s == pytest.approx(10.0)
    assert "a call is not divided" in prediction.limit
    assert prediction.row(8).wall_s > 10


def test_traffic_without_computing_is_better_done_by_one_board_itself():
    sample = work(calls=400, seconds=2e-4, results=1500.0)
    prediction = sweep(sample, USB, (1, 2))
    assert prediction.rows[-1].wall_s > prediction.itself_s
    assert "a single Raspberry Pi Pico that runs it by itself" in prediction.verdict
    assert "travels" in prediction.verdict


def test_a_bus_that_is_full_gains_nothing_from_more_boards():
    prediction = sweep(work(calls=300, seconds=0.002, results=1000.0), parse("virtual:8xpico?link=i2c@400k"), (1, 4, 8, 16))
    assert prediction.row(16).wall_s > 0.8 * prediction.row(4).wall_s
    assert "on this bus, i2c 400000" in prediction.verdict
    assert "a single Raspberry Pi Pico that runs it by itself (600 ms) is faster than 16" in prediction.verdict
    assert "the bus (i2c 400000) carries these bytes" in prediction.limit
    assert prediction.limit_s <= min(row.wall_s for row in prediction.rows)
    assert prediction.limit_s > 300 * 1000 * 9 / 400_000  # clocks of the bytes alone


def test_another_lump_is_named_only_where_it_gains():
    slow = sweep(work(calls=2000, seconds=0.001, chunk=1), USB, (1, 4))
    assert slow.chunk > 1
    assert slow.chunk_s < slow.row(slow.best).wall_s
    own = sweep(work(), USB, (1, 4))
    assert own.chunk_s <= own.row(own.best).wall_s


def test_the_same_sample_gives_the_same_prediction_to_the_last_digit():
    assert sweep(work(), USB, (1, 5)).to_dict() == sweep(work(), USB, (1, 5)).to_dict()


def test_figures_are_plain_values():
    told = json.loads(json.dumps(sweep(work(), USB, (1, 2)).to_dict(), allow_nan=False))
    assert [row["count"] for row in told["rows"]] == [1, 2]
    assert {"verdict", "best", "limit_s", "chunk", "spread", "error", "basis", "notes", "itself_s"} <= told.keys()
    assert all(math.isfinite(row["wall_s"]) for row in told["rows"])
    assert told["rows"][1]["bound"]["what"] == "compute"


def test_the_basis_is_the_worst_of_what_went_in():
    assert sweep(work(), USB, (1,)).basis == "estimated"  # of the latency of USB
    assert sweep(work(), parse("virtual:2xpico?pace=real&link=pipe"), (1,)).basis in ("measured", "derived", "documented")


@pytest.mark.parametrize(("counts", "words"), [((), "no number"), ((0,), "0 boards"), ((4, -2), "-2 boards")])
def test_numbers_that_cannot_be(counts, words):
    with pytest.raises(UsageError, match=words):
        sweep(work(), USB, counts)


def test_a_bus_has_an_end():
    with pytest.raises(SpecError):
        sweep(work(), parse("virtual:8xpico?link=i2c@400k"), (1, 64))


def test_a_lump_on_average():
    account = sweep(work(chunk=10), USB, (2,)).rows[0]
    one = lump(account)
    assert isinstance(account, Account)
    assert one.calls == pytest.approx(10, rel=0.1)
    assert one.compute_s == pytest.approx(1.0, rel=0.1)
    assert 0 < one.travel_s < 0.1
