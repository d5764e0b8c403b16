"""Where the time went: the parts are the wall time, whatever happens; and what a board alone takes, estimated or measured."""

import itertools
import json
import threading
import time

import functions
import pytest

from shoal import Account, Cluster, UsageError, catalog


def parts(board):
    return board.compute_s + board.link_s + board.waiting_s + board.idle_s


def assert_whole(account):
    assert account.boards
    for board in account.boards:
        assert min(board.compute_s, board.link_s, board.waiting_s, board.idle_s) >= 0
        assert parts(board) == pytest.approx(account.wall_s, rel=0.01)
        assert board.away_s <= board.idle_s + 1e-9


def test_the_parts_are_the_wall_time():
    with Cluster("virtual:3xpico") as cluster:
        for _ in range(3):
            list(cluster.map(functions.busy, range(150)))
            time.sleep(0.05)  # nothing is open: no wall time
            assert_whole(cluster.account())
        with pytest.raises(ValueError):
            list(cluster.map(functions.raises_for, range(50), itertools.repeat((30,))))
        next(iter(cluster.map(functions.sleeps, [0.001] * 20, chunksize=1)))  # the rest is cancelled
        time.sleep(0.1)
        account = cluster.account()
    assert_whole(account)
    assert_whole(cluster.account())
    assert 0 < account.host_s < account.wall_s


def test_a_board_that_has_nothing_idles_and_one_whose_answer_is_not_there_yet_waits():
    with Cluster("virtual:2xpico") as cluster:
        assert len(cluster.boards) == 2
        future = cluster.submit(functions.sleeps, 0.3)
        time.sleep(0.15)
        during = cluster.account()
        future.result(10)
        after = cluster.account()
    asked, other = sorted(during.boards, key=lambda board: board.idle_s)
    assert asked.waiting_s > 0.8 * during.wall_s
    assert other.idle_s > 0.9 * during.wall_s
    assert max(board.compute_s for board in after.boards) > 0.29
    assert_whole(during)
    assert_whole(after)


def test_a_board_that_starts_or_restarts_is_away():
    with Cluster("virtual:2xpico", on_print=lambda board, text: None) as cluster:
        list(cluster.map(functions.reset_if, range(40), itertools.repeat(-1)))
        started = [board.away_s for board in cluster.account().boards]
        with pytest.raises(Exception, match="ended every board"):
            cluster.submit(functions.reset_if, 7, 7).result(30)
        account = cluster.account()
    assert max(started) > 0, "the first call was there before the boards were"
    assert sum(board.away_s for board in account.boards) > sum(started)
    assert_whole(account)


def test_what_boards_still_did_when_all_was_answered_is_no_wall_time():
    with Cluster("virtual:2xpico") as cluster:
        assert len(cluster.boards) == 2
        list(cluster.map(functions.busy, range(50)))
        results = cluster.map(functions.sleeps, [0.0, 0.5], chunksize=1)
        next(results)
        results.close()  # half a second of sleeping goes on without anybody
        time.sleep(0.7)
        account = cluster.account()
    assert account.wall_s < 0.3
    assert_whole(account)


def test_an_account_travels_as_plain_values(cluster):
    list(cluster.map(functions.busy, range(50)))
    account = cluster.account()
    assert Account.from_dict(json.loads(json.dumps(account.to_dict()))) == account
    assert "waiting" in str(account)


def test_joules_are_those_of_boards_that_run_as_slowly_as_real_ones(cluster):
    list(cluster.map(functions.busy, range(20)))
    assert cluster.account().joules == 0
    assert cluster.account().joules_basis == ""
    with Cluster("virtual:1xpico?pace=real&link=usb") as paced:
        list(paced.map(functions.busy, range(4)))
        account = paced.account()
    (board,) = account.boards
    facts = catalog.boards()["pico"]
    assert (board.kind, account.joules_basis) == ("pico", facts.watts_basis)
    busy = board.compute_s + board.link_s
    assert account.joules == pytest.approx(facts.idle_w * (account.wall_s - busy) + facts.load_w * busy, rel=0.02)
    assert account.calls_per_joule == pytest.approx(4 / account.joules)
    assert "per joule" in str(account)


# --- measured -----------------------------------------------------------------------------------


def test_one_board_alone_is_measured_when_asked():
    with Cluster("virtual:3xpico") as cluster:
        list(cluster.map(functions.busy, range(300)))
        list(cluster.map(functions.add, range(100), range(100)))
        time.sleep(0.3)  # what boards repeated is answered, and acknowledged
        estimated = cluster.account()
        measured = cluster.account(measure=True)
        again = cluster.account(measure=True)
        assert cluster.progress() == (400, 400)
        list(cluster.map(functions.busy, range(10)))
        later = cluster.account()
    assert (estimated.alone_how, estimated.alone_s) == ("estimated", None)
    assert measured.alone_how == "measured"
    assert measured.speed_up == measured.alone_s / measured.wall_s
    assert measured.alone_s > 0
    assert "measured on pico-1" in measured.notes[-1]
    assert again == measured, "nothing new: it is not run again"
    assert (later.alone_how, later.calls) == ("estimated", 410), "it was measured for other calls"
    # What ran for it is in no figure.
    for board, before in zip(measured.boards, estimated.boards, strict=True):
        assert (board.calls, board.lumps, board.bytes_out, board.bytes_in) == (
            before.calls, before.lumps, before.bytes_out, before.bytes_in,
        )  # fmt: skip
        assert parts(board) == pytest.approx(parts(before))


def test_what_calls_print_is_not_printed_again_for_the_measurement():
    heard = []
    with Cluster("virtual:2xpico", on_print=lambda board, text: heard.append(text)) as cluster:
        list(cluster.map(functions.says, range(6)))
        time.sleep(0.1)
        before = len(heard)
        assert cluster.account(measure=True).alone_how == "measured"
        time.sleep(0.1)
        assert len(heard) == before


def test_calls_with_values_that_were_put_are_measured_as_long_as_the_values_are_there():
    with Cluster("virtual:2xpico") as cluster:
        value = cluster.put(bytes(2000))
        list(cluster.map(functions.first_byte, [value] * 40))
        assert cluster.account(measure=True).alone_how == "measured"
        list(cluster.map(functions.first_byte, [value] * 40))
        del value
        account = cluster.account(measure=True)
        assert account.alone_how == "estimated"
        assert any("could not be measured" in note for note in account.notes)
        assert list(cluster.map(functions.square, range(5))) == [0, 1, 4, 9, 16]


def test_a_measured_account_is_refused_while_calls_are_open_and_after_the_end():
    with Cluster("virtual:2xpico") as cluster:
        waiting = cluster.submit(functions.sleeps, 0.5)
        with pytest.raises(UsageError, match="still open"):
            cluster.account(measure=True)
        waiting.result(10)
        never = cluster.account()
    assert never.alone_how == "estimated"
    with pytest.raises(UsageError, match="shut down"):
        cluster.account(measure=True)


def test_nothing_to_measure_is_told_and_harms_nothing():
    with Cluster("virtual:2xpico") as cluster:
        account = cluster.account(measure=True)
        assert account.calls == 0 and account.alone_how == "estimated"
        with pytest.raises(ValueError):
            list(cluster.map(functions.raises_for, range(3), itertools.repeat((0, 1, 2))))
        assert cluster.account(measure=True).alone_how == "estimated"
        assert list(cluster.map(functions.square, range(5))) == [0, 1, 4, 9, 16]


def test_calls_that_come_in_between_are_put_off():
    with Cluster("virtual:2xpico") as cluster:
        list(cluster.map(functions.sleeps, [0.05] * 20, chunksize=1))
        found = []
        asking = threading.Thread(target=lambda: found.append(cluster.account(measure=True)))
        asking.start()
        time.sleep(0.2)
        began = time.monotonic()
        assert cluster.submit(functions.square, 3).result(30) == 9
        took = time.monotonic() - began
        asking.join(30)
    assert found[0].alone_how == "measured"
    assert 0.98 < found[0].alone_s < 3, "twenty naps of 50 ms"
    assert took > 0.2, "it waited for the end of the measurement"


def test_a_board_that_ends_in_between_ends_the_measurement():
    with Cluster("virtual:2xpico") as cluster:
        list(cluster.map(functions.sleeps, [0.1] * 20, chunksize=1))
        found = []
        asking = threading.Thread(target=lambda: found.append(cluster.account(measure=True)))
        asking.start()
        time.sleep(0.3)
        cluster._fleet.kill(0, "the test ended it")
        asking.join(30)
        assert found[0].alone_how == "estimated"
        assert any("could not be measured" in note for note in found[0].notes)
        assert list(cluster.map(functions.square, range(50))) == [n * n for n in range(50)]
        assert_whole(cluster.account())


def test_it_can_be_measured_at_the_end_and_not_when_the_cluster_is_aborted():
    with Cluster("virtual:2xpico") as cluster:
        cluster.measure_at_end()
        list(cluster.map(functions.busy, range(100)))
    assert cluster.account().alone_how == "measured"
    assert cluster.account(measure=True).alone_how == "measured"
    aborted = Cluster("virtual:2xpico")
    aborted.measure_at_end()
    list(aborted.map(functions.sleeps, [0.2] * 10))
    began = time.monotonic()
    aborted.abort()
    assert time.monotonic() - began < 1.5
    assert aborted.account().alone_how == "estimated"


def test_the_measured_time_is_that_of_one_board():
    """Sleeping takes what it takes on any machine: the answer is known."""
    waits = [0.002 * (1 + n % 10) for n in range(300)]
    with Cluster("virtual:4xpico") as cluster:
        list(cluster.map(functions.sleeps, waits))
        account = cluster.account(measure=True)
    assert 0.98 * sum(waits) < account.alone_s < 1.5 * sum(waits)
    assert 2.5 < account.speed_up < 4.5
