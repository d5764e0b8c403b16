"""What the driver does with boards of any fleet: links that come later, boards that return unasked, tags, refused functions.

The fleet is a real one, virtual boards, behind a wrapper that gives out their links late, and again unasked.
"""

import os
import signal
import time

import functions
import pytest

from shoal import BrokenClusterError, Cluster, FunctionError, TaskTimeoutError, UsageError, fleets, micropython, spec, task
from shoal.fleet import Opened
from shoal.virtual.fleet import VirtualBoards


class Later(VirtualBoards):
    """Gives links through `poll`."""

    def __init__(self, chosen: spec.Spec) -> None:
        super().__init__(chosen)
        self._ready = []
        self._wake_in, self._wake_out = os.pipe()
        self._selector.register(self._wake_in, 1, "wake")

    def open(self, index):
        self._wake(Opened(index, super().open(index)))

    def back(self, index):
        """From any thread: a board is there again, unasked."""
        self._wake(index)

    def _wake(self, item):
        self._ready.append(item)
        os.write(self._wake_out, b"!")

    def poll(self):
        events = []
        for key, _ in self._selector.select(0):
            if key.data is None:
                events += self._read_control()
            elif key.data != "wake":
                events += self._read_console(key.data)
        while self._ready:
            os.read(self._wake_in, 1)
            item = self._ready.pop(0)
            events.append(Opened(item, super().open(item)) if isinstance(item, int) else item)
        return events


@pytest.fixture
def later(monkeypatch):
    """`Cluster("virtual:...")` with such boards; a function that gives the fleet of a cluster."""
    monkeypatch.setattr(fleets, "fleet", Later)
    return lambda cluster: cluster._fleet


def unplug(cluster, index):
    """Kill a board's process; return when the driver knows."""
    os.kill(cluster.boards[index].pid, signal.SIGKILL)
    end = time.monotonic() + 5
    while cluster.snapshot().boards[index].state != "gone":
        assert time.monotonic() < end


def test_links_may_come_later(later):
    with Cluster("virtual:3xpico") as cluster:
        assert list(cluster.map(functions.same, range(500))) == list(range(500))
        assert len(cluster.boards) == 3


def test_a_board_that_was_given_up_is_taken_back_in_the_same_run(later):
    with Cluster("virtual:2xpico") as cluster:
        assert len(cluster.boards) == 2
        futures = [cluster.submit(functions.sleeps, 0.02) for _ in range(100)]
        unplug(cluster, 1)
        later(cluster).back(1)
        assert [future.result(20) for future in futures] == [0.02] * 100
        lines = cluster.account().boards
        assert sum(line.calls for line in lines) == 100 and lines[1].calls > 5 and lines[1].resets == 1


def test_all_boards_gone_breaks_what_is_asked(later):
    with Cluster("virtual:1xpico") as cluster:
        assert cluster.submit(functions.same, 1).result(10) == 1
        waiting = cluster.submit(functions.sleeps, 30)
        unplug(cluster, 0)
        with pytest.raises(BrokenClusterError, match=r"pico-1: .*unplugged"):
            waiting.result(10)


def test_the_snapshot_tells_what_boards_do(later):
    with Cluster("virtual:2xpico") as cluster:
        assert cluster.boards
        future = cluster.submit(functions.sleeps, 1)
        end = time.monotonic() + 5
        while not any(board.state == "busy" for board in cluster.snapshot().boards):
            assert time.monotonic() < end
        busy = next(board for board in cluster.snapshot().boards if board.state == "busy")
        assert (busy.function, busy.lumps) == ("sleeps", 1)
        future.result(10)
        unplug(cluster, 1)
        now = cluster.snapshot()
        assert (now.asked, now.done, "unplugged" in now.boards[1].last_error) == (1, 1, True)


# --- tags ---------------------------------------------------------------------------------------


@task(needs=("camera",))
def where(_):
    import machine

    return bytes(machine.unique_id()).hex()


def test_tasks_go_where_their_tags_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shoal.toml").write_text('[boards.pico-2]\ntags = ["camera", "sht31"]\n')
    with Cluster("virtual:3xpico") as cluster:
        boards = cluster.boards
        assert [board.tags for board in boards] == [(), ("camera", "sht31"), ()]
        assert set(cluster.map(where, range(50))) == {boards[1].unique_id}
        lidar = task(needs=("lidar",))(lambda x: x)
        with pytest.raises(UsageError, match=r"needs lidar, which no board of .*pico-2: camera, sht31.*shoal.toml"):
            cluster.submit(lidar, 1)


# --- what a board refuses -----------------------------------------------------------------------


@micropython.asm_thumb
def thumb(r0):
    add(r0, r0, r0)  # noqa: F821


def test_a_function_that_no_board_can_run_fails_alone(cluster):
    """It is found out when it is compiled for the board, in the driver; other calls do not notice."""
    before = [cluster.submit(functions.same, number) for number in range(20)]
    refused = [cluster.submit(thumb, number) for number in range(5)]
    after = [cluster.submit(functions.same, number) for number in range(20)]
    for future in refused:
        with pytest.raises(FunctionError, match="thumb"):
            future.result(10)
    assert [future.result(10) for future in (*before, *after)] == [*range(20), *range(20)]
    with pytest.raises(FunctionError, match="thumb"):
        cluster.submit(thumb, 1).result(10)
    done, asked = cluster.progress()
    assert done == asked


# --- timeouts -----------------------------------------------------------------------------------


@task(timeout=0.2)
def resets_late(_):
    import time

    import machine

    time.sleep(1.2)
    machine.reset()


def test_a_board_that_resets_itself_past_the_timeout_was_late_and_not_killed_by_the_call():
    with Cluster("virtual:2xpico") as cluster:
        assert len(cluster.boards) == 2
        for connection in cluster._driver._switchboard.connections.values():
            connection.grace = 60.0  # as for boards with a timer, which need no host for it
        with pytest.raises(TaskTimeoutError, match="resets_late"):
            cluster.submit(resets_late, 1).result(20)
        assert sum(board.resets for board in cluster.account().boards) == 1
        assert list(cluster.map(functions.same, range(100))) == list(range(100))
