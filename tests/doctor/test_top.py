"""Running clusters seen from outside: the beacon, and `shoal top` as a command on a terminal and without one."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time

import pytest

from shoal import Cluster, beacon
from shoal.snapshot import from_dict

SCRIPT = """
import sys, time
from shoal import Cluster
def work(n):
    total = 0
    for i in range(n):
        total = (total * 3 + i) & 0xFFFF
    return total
with Cluster("virtual:2xpico") as cluster:
    print("first", next(iter(cluster.map(work, [10]))), flush=True)
    for _ in cluster.map(work, [3000] * int(sys.argv[1])):
        pass
print("finished", flush=True)
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory, monkeypatch):
    """A folder of this test's own, short enough for a socket's path."""
    folder = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    return file


def start(*words, **settings):
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings}
    return subprocess.Popen([sys.executable, "-m", "shoal.cli", *map(str, words)], **settings)


def test_a_running_cluster_is_seen_and_a_finished_one_is_not(runtime):
    with Cluster("virtual:2xpico") as cluster:
        assert len(cluster.boards) == 2
        assert list(cluster.map(abs_plus, range(20))) == list(range(1, 21))
        (values,) = beacon.running().values()
        seen = from_dict(values)
        assert (seen.spec, seen.pid, seen.done, seen.asked) == ("virtual:2xpico", os.getpid(), 20, 20)
        assert sum(board.calls for board in seen.boards) == 20
        # One may still be in a call that the other one has answered first.
        assert {board.state for board in seen.boards} <= {"idle", "busy"}
        assert all(board.heap_free > 100_000 for board in seen.boards)
    assert beacon.running() == {}
    assert list((runtime / "shoal").iterdir()) == []


def abs_plus(number):
    return abs(number) + 1


def test_only_the_user_may_enter_the_folder(runtime):
    with Cluster("virtual:1xpico"):
        assert (runtime / "shoal").stat().st_mode & 0o777 == 0o700


def test_a_cluster_without_a_beacon_works(runtime):
    (runtime / "shoal").mkdir(mode=0o755)  # somebody else could have made it
    (runtime / "shoal").chmod(0o755)
    with Cluster("virtual:1xpico") as cluster:
        assert cluster.submit(abs_plus, -3).result() == 4
        assert beacon.running() == {}


def test_whoever_connects_and_does_not_read_holds_nothing_up():
    lamp = beacon.start()
    assert lamp is not None
    (file,) = beacon.folder().iterdir()
    try:
        sleepers = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for sleeper in sleepers:
            sleeper.connect(str(file))
        began = time.monotonic()
        lamp.answer({"text": "x" * 3_000_000})
        assert time.monotonic() - began < 5
        for sleeper in sleepers:
            sleeper.close()
    finally:
        lamp.close()


def test_what_a_killed_process_leaves_behind_is_removed(runtime, script):
    process = start("run", script, 100_000)
    assert process.stdout.readline().startswith("first")
    assert len(beacon.running()) == 1
    process.kill()
    process.communicate()
    assert len(list((runtime / "shoal").iterdir())) == 1
    assert beacon.running() == {}
    assert list((runtime / "shoal").iterdir()) == []


def test_one_look_without_a_terminal(script):
    process = start("run", script, 100_000)
    try:
        assert process.stdout.readline().startswith("first")
        table = start("top").communicate(timeout=20)[0]
        assert "virtual:2xpico  2 of 2 boards" in table and "pico-1" in table and "script.py" in table
        looks = start("top", "--json", "--every", "0.1")
        first, second = (json.loads(looks.stdout.readline()) for _ in range(2))
        looks.send_signal(signal.SIGINT)
        assert looks.wait(timeout=20) == 130
        looks.communicate()
        assert second["clusters"][0]["at"] > first["clusters"][0]["at"]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_nothing_to_see():
    process = start("top", "--once")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "no cluster of yours runs" in out + err


def test_a_script_of_its_own_without_a_terminal(script):
    process = start("top", "--on", "virtual:2xpico", script, 5)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [line.split()[0] for line in out.splitlines()] == ["first", "finished"]
    assert "virtual:2xpico" in err and "6 of 6 calls" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--on", "usb:"], "--on is for a script"),
        (["--every", "0"], "makes no sense"),
        (["nowhere.py"], "there is no script nowhere.py"),
    ],
)
def test_wrong_use(words, told):
    process = start("top", *words)
    assert told in process.communicate(timeout=20)[1]
    assert process.returncode == 2


def test_on_a_terminal_it_redraws_and_ctrl_c_leaves_the_terminal_as_it_was(script):
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "30"}
    process = start("top", script, 100_000, stdin=theirs, stdout=theirs, stderr=theirs, text=False, env=environ)
    os.close(theirs)
    seen = read_until(ours, "of 100001 calls")
    assert "first" in seen and "\x1b[?25l" in seen  # the script's own output; the cursor is hidden
    process.send_signal(signal.SIGINT)
    seen = read_until(ours, "stopped by Ctrl-C")
    assert "\x1b[?25h" in seen
    assert process.wait(timeout=20) == 130
    os.close(ours)


def read_until(handle, text, seconds=30):
    seen = ""
    end = time.monotonic() + seconds
    while text not in seen and time.monotonic() < end:
        if select.select([handle], [], [], 0.5)[0]:
            seen += os.read(handle, 65536).decode(errors="replace")
    assert text in seen, seen[-2000:]
    return seen
