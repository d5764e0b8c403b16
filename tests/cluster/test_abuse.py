"""What a task may do to a board: a clear error, and the cluster goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import functions
import pytest

from shoal import (
    BrokenBoardError,
    BrokenClusterError,
    Cluster,
    RemoteTraceback,
    TaskTimeoutError,
    ValueTravelError,
    task,
)

ERRORS = [
    (functions.exhaust, MemoryError, "on pico-"),
    (functions.leave, SystemExit, "1"),
    (functions.ten_megabytes, MemoryError, "on pico-"),
    (functions.recurse, RecursionError, "recursion"),
    (functions.returns_an_object, ValueTravelError, "object of type object, which cannot travel back"),
    (functions.stops, StopIteration, "^$"),
    (functions.raises_own, functions.Refused, "not today"),
]


@pytest.mark.parametrize(("function", "kind", "text"), ERRORS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_error_is_clear_and_the_board_lives(cluster, function, kind, text):
    pids = {board.pid for board in cluster.boards}
    with pytest.raises(kind, match=text):
        cluster.submit(function, 1).result(20)
    assert cluster.submit(functions.square, 7).result(10) == 49
    assert {board.pid for board in cluster.boards} == pids


def test_a_traceback_names_the_line_on_this_computer(cluster):
    with pytest.raises(ZeroDivisionError) as caught:
        cluster.submit(functions.divide, 1, 0).result(10)
    cause = caught.value.__cause__
    assert isinstance(cause, RemoteTraceback)
    line = functions.divide.__code__.co_firstlineno + 1
    assert f'functions.py", line {line}, in divide' in str(cause)
    assert "return a / b" in str(cause)
    assert "agent.py" not in str(cause)


def test_what_a_task_prints_appears_with_the_boards_name():
    heard = []
    with Cluster("virtual:1xpico", on_print=lambda board, text: heard.append((board, text))) as cluster:
        cluster.submit(functions.says, 3).result(10)
    assert heard == [("pico-1", "hello 3 and-goodbye\n")]


def test_a_flood_of_prints_is_cut_and_counted():
    heard = []
    with Cluster("virtual:1xpico", on_print=lambda board, text: heard.append(text)) as cluster:
        assert cluster.submit(functions.flood, 3).result(30) == 3
    text = "".join(heard)
    whole = sum(len(f"line {number}\n") for number in range(100_000))
    shown = text[: text.rindex("... ")]
    assert shown.startswith("line 0\nline 1\n") and 10_000 < len(shown) < 20_000
    assert text.endswith(f"... {whole - len(shown)} more characters not shown\n")


def test_a_call_that_never_returns_is_ended_by_its_timeout(fresh):
    endless = task(timeout=0.3)(functions.forever)
    with pytest.raises(TaskTimeoutError, match=r"forever\(\) took longer than its timeout of 0.3 s"):
        fresh.submit(endless, 1).result(20)
    assert sorted(fresh.run(functions.whoami)) == ["pico-1", "pico-2", "pico-3"]


def test_a_timeout_takes_only_the_call_that_hangs(fresh):
    sometimes = task(timeout=0.4)(functions.forever_if)
    pending = [fresh.submit(sometimes, number, 7) for number in range(30)]
    for number, future in enumerate(pending):
        if number == 7:
            with pytest.raises(TaskTimeoutError):
                future.result(20)
        else:
            assert future.result(20) == number


def test_a_call_that_resets_boards_is_failed_and_the_others_are_not(fresh):
    pending = [fresh.submit(functions.reset_if, number, 7) for number in range(30)]
    for number, future in enumerate(pending):
        if number == 7:
            with pytest.raises(BrokenBoardError, match="SIGTERM"):
                future.result(20)
        else:
            assert future.result(20) == number
    assert len(fresh.run(functions.whoami)) == 3
    # alone three times, and before that in a lump with others that may have been repeated
    assert 3 <= sum(board.resets for board in fresh.account().boards) <= 5


def test_retries_try_again():
    with Cluster("virtual:1xpico") as cluster:
        flaky = task(retries=2)(fails_twice)
        assert cluster.submit(flaky, 5).result(10) == 5
    with Cluster("virtual:1xpico") as cluster, pytest.raises(ValueError, match="attempt 2"):
        cluster.submit(task(retries=1)(fails_twice), 5).result(10)


attempts = 0


def fails_twice(x):
    global attempts
    attempts += 1
    if attempts < 3:
        raise ValueError("attempt %d" % attempts)
    return x


def test_kill_all_breaks_every_pending_future_and_says_how_each_board_ended(fresh):
    pending = [fresh.submit(functions.sleeps, 30) for _ in range(10)]
    for board in fresh.boards:
        os.kill(board.pid, signal.SIGKILL)
    for future in pending:
        with pytest.raises(BrokenClusterError) as caught:
            future.result(20)
        for name in ("pico-1", "pico-2", "pico-3", "SIGKILL"):
            assert name in str(caught.value)
    with pytest.raises(BrokenClusterError, match="has ended"):
        fresh.submit(functions.same, 1)


def chaos(seed: int, tasks: int = 500) -> None:
    """Kill all boards but one, at random moments; every answer must be right."""
    dice = random.Random(seed)
    boards = dice.choice([2, 4, 8])
    with Cluster(f"virtual:{boards}xpico") as cluster:
        victims = dice.sample(cluster.boards, boards - 1)
        seen = {}
        pending = {cluster.submit(functions.busy, n, 200): n for n in range(tasks)}
        for future, n in pending.items():
            future.add_done_callback(lambda done, n=n: seen.setdefault(n, []).append(done.result()))
        for victim in victims:
            time.sleep(dice.random() * 0.02)
            os.kill(victim.pid, signal.SIGKILL)
        for future, n in pending.items():
            assert future.result(30) == functions.busy(n, 200), f"seed {seed}, call {n}"
    assert {n: len(times) for n, times in seen.items()} == dict.fromkeys(range(tasks), 1), f"seed {seed}"


def test_boards_killed_at_random():
    for seed in range(5):
        chaos(seed)


@pytest.mark.slow
def test_boards_killed_at_random_200_times():
    for seed in range(5, 205):
        chaos(seed)


@pytest.mark.parametrize("noise", [1e-4, 1e-3])
def test_all_results_are_right_on_a_link_that_damages_bytes(noise):
    with Cluster(f"virtual:4xpico?noise={noise}&seed=7") as cluster:
        assert list(cluster.map(functions.square, range(3000))) == [n * n for n in range(3000)]
        texts = ["x" * n for n in range(300)]
        assert [f.result(30) for f in [cluster.submit(functions.same, text) for text in texts]] == texts
        big = os.urandom(30_000)
        assert cluster.submit(functions.same, big).result(60) == big
        flipped = sum(c.link.flipped for c in cluster._driver._switchboard.connections.values())
    assert flipped > 0, "the noise did nothing, so this proved nothing"


def test_large_values_are_held_once(cluster):
    """Well over half of a board's free heap: it fits only if no copy is made."""
    for value in (bytes(range(256)) * 450, "é" * 55_000, bytearray(115_000)):
        assert cluster.submit(functions.length_and_type, value).result(20) == (len(value), type(value).__name__)


def test_what_does_not_fit_says_so(cluster):
    with pytest.raises(MemoryError, match="300000 bytes does not fit"):
        cluster.submit(functions.length_and_type, bytes(300_000)).result(20)


def test_no_board_outlives_a_host_that_was_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from shoal import Cluster\nimport time\n"
        "def forever(x):\n    while True: pass\n"
        "cluster = Cluster('virtual:3xpico')\n"
        "pending = [cluster.submit(forever, n) for n in range(3)]\n"
        "print(*[board.pid for board in cluster.boards], cluster._fleet._warden.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as host:
        pids = [int(pid) for pid in host.stdout.readline().split()]
        assert len(pids) == 4 and all(map(alive, pids))
        host.kill()
    end = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_any_number_of_functions_can_be_shipped():
    """Each is a module of its own on the board; were they kept, 600 would fill its heap. (MicroPython keeps their names.)"""
    with Cluster("virtual:1xpico") as cluster:
        free = cluster.boards[0].heap_free
        for number in range(600):
            assert cluster.submit(adder(number), 1).result(10) == number + 1
        assert cluster.submit(functions.free_heap, 0).result(10) > free - 90_000


def adder(number):
    def add(x):
        return x + number

    return add


def test_a_forgotten_reference_frees_the_boards():
    with Cluster("virtual:2xpico") as cluster:
        for number in range(12):
            reference = cluster.put(bytes([number]) * 100_000)
            assert [cluster.submit(functions.first_byte, reference).result(10) for _ in range(4)] == [number] * 4
            del reference


@pytest.mark.parametrize("spec", ["virtual:3xpico", "virtual:3xpico?noise=0.001"])
def test_a_function_may_reuse_its_buffer(spec):
    """Each result is what the function returned then, not what its buffer holds now."""
    with Cluster(spec) as cluster:
        assert [result[0] for result in cluster.map(functions.reuses_its_buffer, range(200))] == list(range(200))
        some = cluster.map(functions.sometimes_reuses_its_buffer, range(200))
        assert [result and result[0] for result in some] == [None] * 3 + list(range(3, 200))
        pending = [cluster.submit(functions.reuses_its_buffer, number) for number in range(200)]
        assert [future.result(20)[0] for future in pending] == list(range(200))


def test_depth_has_a_limit_that_is_told(cluster):
    assert cluster.submit(functions.nested, 24).result(10) == functions.nested(24)
    assert cluster.submit(functions.same, functions.nested(24)).result(10) == functions.nested(24)
    with pytest.raises(ValueTravelError, match="nested deeper than 24"):
        cluster.submit(functions.nested, 25).result(10)
    with pytest.raises(ValueTravelError, match="nested too deeply"):
        cluster.submit(functions.same, functions.nested(30))


def test_results_of_several_types_cost_no_second_call():
    heard = []
    with Cluster("virtual:1xpico", on_print=lambda board, text: heard.append(text)) as cluster:
        results = list(cluster.map(functions.one_in_two, range(300), chunksize=100))
    assert results == [[n] if n % 2 else None for n in range(300)]
    assert "".join(heard).count("call") < 450, "only the lump that found it out is run again"


def test_an_argument_is_what_it_was_when_it_was_given(cluster):
    """Large buffers are sent later, perhaps twice; changing or growing them meanwhile changes nothing and is allowed."""
    busy = [cluster.submit(functions.sleeps, 0.2) for _ in range(9)]
    given = bytearray(b"a" * 5000)
    future = cluster.submit(functions.same, given)
    given[:] = b"b" * 5000
    given.append(0)
    assert future.result(10) == b"a" * 5000
    assert [waited.result(10) for waited in busy] == [0.2] * 9


def test_a_call_that_comes_as_the_cluster_ends_fails_and_does_not_wait():
    cluster = Cluster("virtual:1xpico")
    cluster.shutdown()
    cluster._closed = False  # as in a thread that had looked just before
    with pytest.raises(BrokenClusterError, match="shut down before"):
        cluster.submit(functions.same, 1).result(5)
    with pytest.raises(BrokenClusterError, match="shut down before"):
        list(cluster.map(functions.same, [1], timeout=5))
