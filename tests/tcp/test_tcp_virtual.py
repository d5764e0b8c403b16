"""Virtual boards with `link=tcp`: processes that listen on loopback, with the port and the handshake of real boards."""

import os
import signal
import socket
import time

import pytest

from shoal import BrokenBoardError, Cluster
from shoal.links.tcp import TcpLink

SPEC = "virtual:2xpicow?link=tcp"


def square(x):
    return x * x


def echo(data):
    return data


def slow(x):
    import time

    time.sleep(0.004)
    return x


def reset():
    import machine

    machine.reset()


def test_a_program_does_not_notice_the_network():
    with Cluster(SPEC) as cluster:
        assert list(cluster.map(square, range(2000))) == [x * x for x in range(2000)]
        assert {board.link for board in cluster.boards} == {"tcp"}
        data = bytes(range(256)) * 80
        assert cluster.submit(echo, data).result() == data


def test_a_killed_process_costs_nothing_but_its_speed():
    with Cluster(SPEC) as cluster:
        results = cluster.map(slow, range(400))
        got = [next(results) for _ in range(20)]
        os.kill(cluster.boards[0].pid, signal.SIGTERM)
        got += results
        assert got == list(range(400))


def test_a_cut_link_ends_the_process_and_starts_another(monkeypatch):
    cut = []
    receive = TcpLink.receive_into

    def receive_until_cut(link, buffer):
        if len(cut) == 1:
            cut.append(link)
            link._socket.shutdown(socket.SHUT_RDWR)
        return receive(link, buffer)

    with Cluster(SPEC) as cluster:
        pids = {board.pid for board in cluster.boards}
        results = cluster.map(slow, range(600))
        got = [next(results) for _ in range(20)]
        monkeypatch.setattr(TcpLink, "receive_into", receive_until_cut)
        cut.append("now")
        got += results
        assert got == list(range(600))
        assert len(cut) == 2
        end = time.monotonic() + 10
        while not {board.pid for board in cluster.boards} - pids - {None} and time.monotonic() < end:
            time.sleep(0.05)
        assert {board.pid for board in cluster.boards} - pids - {None}, "no process was started in its place"


def test_a_task_that_resets_its_board():
    with Cluster(SPEC) as cluster:
        with pytest.raises(BrokenBoardError):
            cluster.submit(reset).result()
        assert list(cluster.map(square, range(20))) == [x * x for x in range(20)]


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="this system has no /proc")
def test_keys_are_on_no_command_line():
    """Every process may read every command line."""
    with Cluster(SPEC) as cluster:
        cluster.submit(square, 1).result()
        for board in cluster.boards:
            with open(f"/proc/{board.pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            assert not [word for word in words if len(word) >= 32 and set(word) <= set(b"0123456789abcdef")]


def test_paced_as_the_wifi_of_the_board():
    """30 KB at the catalogue's 150 kB/s each way take 0.4 s; a pipe takes no time."""
    with Cluster("virtual:1xpicow?link=tcp&pace=real") as cluster:
        data = bytes(10_000)
        cluster.submit(echo, data).result()
        begin = time.monotonic()
        for _ in range(3):
            assert cluster.submit(echo, data).result() == data
        assert time.monotonic() - begin > 0.35
