"""The gateway and the host's end of it, with a bus of pipes between real MicroPython boards: see `pipe_bus`."""

import time

import bus_tasks
import pipe_bus
import pytest
from pipe_bus import Joint

from shoal import BrokenClusterError, Cluster, TaskTimeoutError, fleets, task
from shoal.links.noisy import NoisyLink
from shoal.links.pipe import PipeLink


@pytest.fixture
def joint(monkeypatch):
    made = []

    def make(count, **options):
        made.append(Joint(count, **options))
        monkeypatch.setattr(fleets, "fleet", lambda spec: made[-1].fleet())
        return made[-1]

    yield make
    for one in made:
        one.end()


def test_every_board_of_the_bus_is_a_board_of_the_cluster(joint):
    joint(3)
    with Cluster("bus:") as cluster:
        assert [board.link for board in cluster.boards] == ["bus"] * 3
        assert list(cluster.map(bus_tasks.square, range(500))) == [x * x for x in range(500)]
        assert sorted(cluster.run(bus_tasks.state, 0)) == ["pico-1", "pico-2", "pico-3"]
        time.sleep(0.6)
        account = cluster.account()
        assert all(board.calls for board in account.boards)
        assert any(note.startswith("bus (i2c 400000): ") and "payload" in note for note in account.notes)
    carried = cluster._fleet.pump.use.total
    assert carried.bytes_out > 500 and carried.bytes_in > 500


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def states(cluster):
    return [board.state for board in cluster.snapshot().boards]


def test_an_error_comes_with_its_place_in_the_function(joint):
    joint(2)
    with Cluster("bus:") as cluster:
        with pytest.raises(ValueError, match="seventeen") as caught:
            list(cluster.map(bus_tasks.fails_at, range(50)))
        assert "bus_tasks.py" in str(caught.value.__cause__) and "fails_at" in str(caught.value.__cause__)
        with pytest.raises(MemoryError):
            cluster.submit(bus_tasks.too_much, 0).result(10)
        assert list(cluster.map(bus_tasks.square, range(20))) == [x * x for x in range(20)]


def test_what_is_larger_than_a_packet_streams(joint):
    joint(2)
    data = bytes(range(256)) * 256
    with Cluster("bus:") as cluster:
        sizes = [cluster.submit(bus_tasks.size, data) for _ in range(4)]
        back = [cluster.submit(bus_tasks.zeros, 40_000) for _ in range(4)]
        assert [future.result(20) for future in sizes] == [(65536, sum(data))] * 4
        assert [future.result(20) for future in back] == [bytes(40_000)] * 4


def test_prints_arrive_as_prints(joint):
    joint(1)
    heard = []
    with Cluster("bus:", on_print=lambda board, text: heard.append((board, text))) as cluster:
        cluster.submit(bus_tasks.says, 5).result(10)
    assert "".join(text for _, text in heard) == "said 5\n" and heard[0][0] == "pico-1"


def test_what_a_lost_board_held_goes_elsewhere(joint):
    bus = joint(3).bus
    with Cluster("bus:") as cluster:
        assert len(cluster.boards) == 3
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(40)]
        futures[3].result(10)
        bus.ask(lambda: bus.unplug(1))
        assert [future.result(20) for future in futures] == list(range(40))
        assert states(cluster)[1] in ("down", "starting") and cluster.account().boards[1].resets == 1
        assert cluster.snapshot().boards[1].last_error


def test_a_board_that_comes_back_works_again(joint):
    bus = joint(2).bus
    with Cluster("bus:") as cluster:
        assert len(cluster.boards) == 2
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(60)]
        futures[2].result(10)
        before = cluster.account().boards[0].calls
        bus.ask(lambda: bus.unplug(0, again=True))
        assert [future.result(20) for future in futures] == list(range(60))
        assert cluster.account().boards[0].calls > before + 3


def test_a_board_that_joins_late_takes_part(joint):
    one = joint(2)
    one.end()
    one._start([0])
    with Cluster("bus:") as cluster:
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(60)]
        futures[2].result(10)
        one.bus.ask(lambda: one.bus.plug(1))
        assert [future.result(20) for future in futures] == list(range(60))
        assert cluster.account().boards[1].calls > 5


def test_a_call_past_its_timeout_ends_the_stream_and_not_the_cluster(joint):
    joint(2)
    with Cluster("bus:") as cluster:
        with pytest.raises(TaskTimeoutError):
            cluster.submit(task(timeout=0.3)(bus_tasks.hangs), 1).result(20)
        assert list(cluster.map(bus_tasks.square, range(50))) == [x * x for x in range(50)]
        wait_for(lambda: states(cluster) == ["idle", "idle"])


def test_one_host_after_another(joint):
    joint(2)
    for _ in range(3):
        with Cluster("bus:") as cluster:
            assert list(cluster.map(bus_tasks.square, range(30))) == [x * x for x in range(30)]


def test_a_host_that_vanishes_leaves_nothing_to_the_next(joint):
    """In the middle of frames, with calls running and waiting."""
    one = joint(2)
    lost = one.fleet()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleets, "fleet", lambda spec: lost)
        cluster = Cluster("bus:")
        futures = [cluster.submit(bus_tasks.size, bytes(100_000)) for _ in range(8)]
        futures[0].result(20)
        lost.pump._farewell = lambda: None  # as if it had been killed
        cluster.abort()
    assert not all(future.done() and not future.cancelled() for future in futures)
    with Cluster("bus:") as cluster:
        assert list(cluster.map(bus_tasks.square, range(300))) == [x * x for x in range(300)]


def test_a_controller_that_was_pulled_out_is_found_again(joint):
    one = joint(2)
    with Cluster("bus:") as cluster:
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(40)]
        futures[2].result(10)
        one.reset()
        assert [future.result(20) for future in futures] == list(range(40))
        assert [board.resets for board in cluster.account().boards] == [1, 1]


def test_a_controller_that_stays_away_ends_the_cluster(joint):
    one = joint(2)
    with Cluster("bus:") as cluster:
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(400)]
        futures[2].result(10)
        one.end()
        with pytest.raises(BrokenClusterError, match="controller of its bus was unplugged"):
            futures[-1].result(30)


def test_the_least_credit_is_enough(joint):
    """As for a controller behind a UART: one frame at a time."""
    joint(3, credit=1)
    with Cluster("bus:") as cluster:
        sizes = [cluster.submit(bus_tasks.size, bytes(20_000)) for _ in range(6)]
        assert [future.result(20) for future in sizes] == [(20_000, 0)] * 6


def test_a_controller_behind_a_line_that_damages_bytes(joint, monkeypatch):
    """A UART bridge: frames to and from the controller are lost, and sent again; nothing is lost to the boards."""
    one = joint(3, credit=1)
    lines = []

    def noisy(caller, stop):
        lines.append(NoisyLink(PipeLink(one._ours.dup()), 0.001, seed=11))
        return lines[-1]

    monkeypatch.setattr(pipe_bus.Caller, "connect", noisy)
    with Cluster("bus:") as cluster:
        assert list(cluster.map(bus_tasks.square, range(300))) == [x * x for x in range(300)]
        data = bytes(range(256)) * 40
        assert [cluster.submit(bus_tasks.size, data).result(20) for _ in range(3)] == [(10_240, sum(data))] * 3
        assert cluster.submit(bus_tasks.zeros, 10_000).result(20) == bytes(10_000)
    assert lines[0].flipped > 20
