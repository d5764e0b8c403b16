"""`breadboard:` as a cluster: nine Picos wired as PicoCray, simulated in a process of their own, with the real gateway and bus.

Virtual times only are compared: how fast this computer simulates does not matter.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bus_tasks
import pytest

from shoal import BrokenClusterError, Cluster, SpecError, TaskTimeoutError, spec, task
from shoal.doctor.examine import examine

SEED = 5


def board(**options):
    """The spec with these options."""
    words = [f"{name}={value}" for name, value in {"seed": SEED, "pace": "off", **options}.items()]
    return f"breadboard:picocray?{'&'.join(words)}"


@pytest.fixture(scope="module")
def cluster():
    with Cluster(board()) as made:
        yield made


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_every_processor_is_a_board(cluster):
    boards = cluster.boards
    assert [one.name for one in boards] == [f"p{number}" for number in range(1, 9)]
    assert {one.link for one in boards} == {"bus"} and {one.platform for one in boards} == {"rp2"}
    assert list(cluster.map(bus_tasks.square, range(300))) == [x * x for x in range(300)]
    assert all(cluster.run(bus_tasks.state, 0).values())


def test_errors_prints_and_memory(cluster, capsys):
    with pytest.raises(ValueError, match="seventeen") as caught:
        cluster.submit(bus_tasks.fails_at, 17).result(60)
    assert "bus_tasks.py" in str(caught.value.__cause__)
    with pytest.raises(MemoryError):
        cluster.submit(bus_tasks.too_much, 0).result(60)
    assert cluster.submit(bus_tasks.says, 4).result(60) == 4
    assert "said 4" in capsys.readouterr().out


def test_an_argument_and_an_answer_that_are_much_larger_than_a_mailbox(cluster):
    data = bytes(range(256)) * 256
    future = cluster.submit(bus_tasks.size, data)
    assert cluster.submit(bus_tasks.zeros, 30_000).result(60) == bytes(30_000)
    assert future.result(60) == (65536, sum(data))


def test_the_account_says_what_the_bus_did(cluster):
    before = cluster._fleet.now()
    assert list(cluster.map(bus_tasks.slow, range(48))) == list(range(48))
    passed = cluster._fleet.now() - before
    wait_for(lambda: cluster.account().bus.seconds > 0)
    account = cluster.account()
    assert account.bus.wire == "i2c 400000" and account.bus.bytes_in > 1000 < account.bus.bytes_out
    assert 0 < account.bus.busy_s <= account.bus.seconds
    assert any(note.startswith("bus (i2c 400000): ") for note in account.notes)
    assert account.to_dict()["bus"]["bytes_in"] == account.bus.bytes_in
    assert passed + 0.05 >= 48 * 0.05 / 8  # virtual seconds: eight boards are no faster than eight
    assert cluster._fleet.byte_us == 22.5


def test_a_call_past_its_timeout_leaves_the_cluster_whole(cluster):
    with pytest.raises(TaskTimeoutError):
        cluster.submit(task(timeout=0.5)(bus_tasks.slow_for), 3.0).result(60)
    assert list(cluster.map(bus_tasks.square, range(50))) == [x * x for x in range(50)]
    wait_for(lambda: all(one.state == "idle" for one in cluster.snapshot().boards))


@pytest.mark.slow
def test_boards_that_are_unplugged_and_come_back():
    """One leaves for good, one comes back, one sags: nothing is lost and nothing comes twice."""
    with Cluster(board(fault="unplug:3@2.2s+unplug:5@2.4s..3.5s+brownout:6@2.6s")) as cluster:
        assert len(cluster.boards) == 8
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(300)]
        assert [future.result(120) for future in futures] == list(range(300))
        account = cluster.account()
        assert sum(line.calls for line in account.boards) == 300
        assert [account.boards[place].resets > 0 for place in (2, 4, 5)] == [True] * 3
        assert cluster._fleet.now() > 2.6


@pytest.mark.slow
def test_noise_costs_packets_and_no_answers():
    with Cluster(board(noise=1e-4)) as cluster:
        assert list(cluster.map(bus_tasks.square, range(300))) == [x * x for x in range(300)]
        data = bytes(range(250)) * 40
        assert cluster.submit(bus_tasks.size, data).result(60) == (10_000, sum(data))
        assert cluster.submit(bus_tasks.zeros, 20_000).result(60) == bytes(20_000)
        wait_for(lambda: cluster.account().bus.retries > 0)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["unplug:controller@2.5s..4s", "brownout:controller@2.5s"])
def test_a_controller_that_loses_its_power_takes_nothing_with_it(fault):
    with Cluster(board(fault=fault)) as cluster:
        assert len(cluster.boards) == 8
        futures = [cluster.submit(bus_tasks.slow, number) for number in range(300)]
        assert [future.result(120) for future in futures] == list(range(300))
        lines = cluster.account().boards
        assert sum(line.calls for line in lines) == 300
        # Once with the controller; and once more if it had to be greeted twice, which begins all streams anew.
        assert all(1 <= line.resets <= 2 for line in lines), [line.resets for line in lines]
        assert "no power" in cluster.snapshot().boards[0].last_error


def test_what_is_wrong_with_the_bus_is_in_the_error():
    with Cluster(board(fault="stuck:sda=0@0s")) as cluster:
        with pytest.raises(BrokenClusterError, match="SDA is held low"):
            cluster.submit(bus_tasks.square, 2).result(120)
        assert any("SDA is held low" in sentence for sentence in cluster.account().bus.troubles)


@pytest.mark.slow
def test_the_doctor_names_it():
    report = examine(spec.parse(board(pullups="none")), lambda _: None)
    found = [finding for finding in report.findings if finding.code == "bus_trouble"]
    assert len(found) == 1 and "pull-up" in found[0].evidence


@task(needs=("camera",))
def where(_):
    import machine

    return bytes(machine.unique_id()).hex()


def test_tasks_go_where_their_tags_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shoal.toml").write_text('[boards.p3]\ntags = ["camera"]\n')
    with Cluster(board()) as cluster:
        boards = cluster.boards
        assert [one.tags for one in boards] == [(), (), ("camera",), (), (), (), (), ()]
        assert set(cluster.map(where, range(20))) == {boards[2].unique_id}


def test_a_breadboard_that_dies_ends_the_cluster():
    with Cluster(board()) as cluster:
        assert cluster.submit(bus_tasks.square, 3).result(60) == 9
        os.kill(cluster._fleet.pid, signal.SIGKILL)
        with pytest.raises(BrokenClusterError, match="process of the breadboard ended"):
            cluster.submit(bus_tasks.square, 2).result(60)
            cluster.submit(bus_tasks.square, 2).result(60)


HOST = """
import sys
sys.path.insert(0, {folder!r})
import bus_tasks
from shoal import Cluster
with Cluster({spec!r}) as cluster:
    print(len(cluster.boards), cluster._fleet.pid, flush=True)
    list(cluster.map(bus_tasks.slow, range(100000)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_host_that_ends_early(way):
    script = HOST.format(folder=str(Path(__file__).parent), spec=board())
    host = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    count, pid = host.stdout.readline().split()
    assert count == "8"
    host.send_signal(way)
    assert host.wait(20) != 0
    wait_for(lambda: not Path(f"/proc/{pid}").exists())
    host.stdout.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("breadboard:pickocray", ["unknown wiring 'pickocray'", "did you mean 'picocray'?", "esp32"]),
        ("breadboard:./nowhere.toml", ["no wiring file nowhere.toml", "picocray"]),
        ("breadboard:?fault=melt:3@2s", ["cannot use the fault 'melt:3@2s'", "unknown kind 'melt'", "unplug"]),
        ("breadboard:?fault=unplug:30@2s", ["unknown board '30'", "p8"]),
        ("breadboard:?fault=stuck:sdo=1", ["unknown net 'sdo'", "sda"]),
    ],
)
def test_what_is_not_known_is_told_before_anything_starts(text, words):
    with pytest.raises(SpecError) as caught:
        Cluster(text)
    assert f"cannot use the cluster spec '{text}'" in str(caught.value)
    for word in words:
        assert word in str(caught.value)
