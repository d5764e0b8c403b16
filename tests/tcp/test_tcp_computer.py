"""A computer as a board: `python -m shoal.tcp.board`, used by another user of the same computer."""

import os
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
from tcp_boards import free_port

from shoal import Cluster
from shoal.errors import UsageError
from shoal.tcp import board, discovery

FIND = discovery.announced


@pytest.fixture(scope="module")
def computer(tmp_path_factory):
    """It runs and listens; its user's key has been copied to ours. Gives its address and its process."""
    tmp_path = tmp_path_factory.mktemp("computer")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(discovery, "announced", list)
    monkeypatch.chdir(tmp_path)
    port = free_port()
    theirs = dict(os.environ, XDG_CONFIG_HOME=str(tmp_path / "theirs"), PYTHONPATH=os.pathsep.join(sys.path))
    command = [sys.executable, "-m", "shoal.tcp.board", "--address", "127.0.0.1", "--port", str(port)]
    shown = subprocess.run([*command, "--show"], env=theirs, capture_output=True, text=True, check=True).stdout
    ours = tmp_path / "ours" / "shoal"
    ours.mkdir(parents=True)
    (ours / "keys.toml").write_text(shown)
    (ours / "keys.toml").chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(ours.parent))
    process = subprocess.Popen(command, env=theirs, stdout=subprocess.PIPE, text=True)
    assert re.fullmatch(rf"shoal-\w{{4}}, id \w{{16}}, listens at 127.0.0.1 port {port}\n", process.stdout.readline())
    yield f"127.0.0.1:{port}", process
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    process.stdout.close()
    monkeypatch.undo()


def square(x):
    return x * x


def test_it_runs_tasks_of_whoever_has_its_key(computer):
    address, _ = computer
    for _ in range(2):
        with Cluster(f"tcp:{address}") as cluster:
            assert list(cluster.map(square, range(300))) == [x * x for x in range(300)]
            assert cluster.submit(lambda data: data[::-1], bytes(200_000) + b"x").result() == b"x" + bytes(200_000)


def test_an_agent_that_was_killed_is_started_again(computer):
    address, process = computer
    with Cluster(f"tcp:{address}") as cluster:

        def pid():
            import os

            return os.getpid()

        first = cluster.submit(pid).result()
        os.kill(first, signal.SIGKILL)
        assert cluster.submit(pid).result(timeout=20) != first
    assert "ended with status -9" in process.stdout.readline()


@pytest.mark.skipif(not discovery.AVAILABLE, reason="zeroconf is not installed")
def test_it_announces_itself(computer):
    host, _, port = computer[0].partition(":")
    end = time.monotonic() + 15
    while (host, int(port)) not in FIND(1.5, ["127.0.0.1"]):
        assert time.monotonic() < end, "it was not found"


def test_its_key_is_made_once_and_is_for_its_owner_only(tmp_path):
    file = tmp_path / "new" / "board.toml"
    unique_id, key = board.identity(file)
    assert len(key) == 32 and len(unique_id) == 16
    assert board.identity(file) == (unique_id, key)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("id = 7")
    with pytest.raises(UsageError, match="does not hold an id and a key; remove it"):
        board.identity(file)


def test_a_port_that_is_taken_is_said(computer, tmp_path):
    address, _ = computer
    environment = dict(os.environ, XDG_CONFIG_HOME=str(tmp_path / "other"), PYTHONPATH=os.pathsep.join(sys.path))
    command = [sys.executable, "-m", "shoal.tcp.board", "--address", "127.0.0.1", "--port", address.split(":")[1]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "cannot listen at 127.0.0.1 port" in done.stderr
