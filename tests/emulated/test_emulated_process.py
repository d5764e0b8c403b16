"""The process of a board: it ends with whoever started it, says why it ended, and keeps to the wall clock. Needs no firmware."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rp2040py", reason="the emulator is not installed: pip install 'shoal[emulator]'")

from rp2040py.peripherals.uart import UARTCR, UARTDR, UARTICR, UARTIMSC, UARTTXINTR
from uf2_images import BROKEN, SLEEPER, uf2

from shoal import Cluster, spec
from shoal.emulated import starting
from shoal.emulated.fleet import EmulatedBoards
from shoal.emulated.machine import Machine
from shoal.errors import BrokenClusterError

SOURCES = Path(starting.__file__).parents[2]
linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture
def sleeper(tmp_path):
    """An image that only sleeps: it never gets as far as USB."""
    file = tmp_path / "sleeper.uf2"
    file.write_bytes(uf2(SLEEPER))
    return file


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended(pid):
    end = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


# --- ends ------------------------------------------------------------------------------------

HOST = """
import sys
from shoal import Cluster, spec
cluster = Cluster("emulated:2xpico?firmware=" + sys.argv[1])
while not all(slot.pid for slot in cluster._fleet.slots):
    pass
print(*(slot.pid for slot in cluster._fleet.slots), flush=True)
with cluster:
    sys.stdin.read()
"""


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["SIGKILL", "SIGINT", "SIGTERM"])
def test_no_board_outlives_its_host(sleeper, number):
    environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    host = subprocess.Popen([sys.executable, "-c", HOST, str(sleeper)], env=environ, text=True, **pipes)
    try:
        pids = [int(word) for word in host.stdout.readline().split()]
        assert len(pids) == 2 and all(map(alive, pids))
        host.send_signal(number)
        assert all(map(ended, pids))
        _, errors = host.communicate(timeout=20)
    finally:
        host.kill()
    if number == signal.SIGINT:  # the program's own end, and nothing of ours beside it
        assert errors.rstrip().endswith("KeyboardInterrupt") and "Exception ignored" not in errors


@linux
def test_closing_a_cluster_leaves_no_process(sleeper):
    cluster = Cluster(f"emulated:2xpico?firmware={sleeper}")
    end = time.monotonic() + 10
    while not all(slot.pid for slot in cluster._fleet.slots) and time.monotonic() < end:
        time.sleep(0.01)
    pids = [slot.pid for slot in cluster._fleet.slots]
    cluster.abort()
    assert len(pids) == 2 and not any(map(alive, pids))


def test_more_boards_than_cores_are_warned_of(sleeper):
    for count, warned in ((1, False), (900, True)):
        fleet = EmulatedBoards(spec.parse(f"emulated:{count}xpico?firmware={sleeper}"))
        assert len(fleet.slots) == len({slot.unique_id for slot in fleet.slots}) == count
        assert (f"{count} emulated boards share" in fleet.warning) == warned
        fleet.close()


@linux
def test_a_board_that_is_killed_before_it_is_up_ends_the_cluster(sleeper):
    with (
        pytest.raises(BrokenClusterError, match=r"pico-1: its emulator was killed \(SIGKILL\), as if it had been unplugged"),
        Cluster(f"emulated:1xpico?firmware={sleeper}") as cluster,
    ):
        end = time.monotonic() + 10
        while not cluster._fleet.slots[0].pid and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(cluster._fleet.slots[0].pid, signal.SIGKILL)
        cluster.submit(abs_of, -1).result(30)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(SLEEPER, "did not come up on USB; is it MicroPython"), (BROKEN, "the processor stopped")],
    ids=["sleeper", "broken"],
)
def test_a_board_that_cannot_start_ends_the_cluster_with_its_last_words(tmp_path, code, reason):
    file = tmp_path / "image.uf2"
    file.write_bytes(uf2(code))
    with (
        pytest.raises(BrokenClusterError, match=rf"pico-1: its emulator ended with status 1; its last words: \w+: .*{reason}"),
        Cluster(f"emulated:1xpico?firmware={file}") as cluster,
    ):
        cluster.submit(abs_of, -1).result(30)


def abs_of(number):
    return abs(number)


def test_an_input_that_cannot_end_is_refused(sleeper):
    command, environ = starting.program("run", "pico", str(sleeper), "00" * 8, "real")
    done = subprocess.run(command, env=environ, stdin=sleeper.open(), capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (1, "standard input has to be a pipe or a terminal: its end ends the board\n")


def test_orders_are_obeyed_one_after_another(sleeper):
    emulator = starting.Emulator("pico", sleeper, "00" * 8, "real")
    try:
        emulator.order("unplug")
        emulator.order("plug")
        heard = []
        while len(heard) < 2 and select.select([emulator], [], [], 10)[0]:
            heard += emulator.news()
        gone, appeared = heard
        assert gone == starting.Gone(reset=False)
        assert not appeared.fresh and os.path.exists(appeared.path)
    finally:
        emulator.kill()
        assert emulator.wait().by_kill


# --- the corrections -------------------------------------------------------------------------


async def run_for(machine, seconds):
    running = asyncio.ensure_future(machine.run())
    await asyncio.sleep(seconds)
    machine.stop()
    await running


def test_a_sleeping_board_keeps_to_the_wall_clock(sleeper):
    machine = Machine("pico", sleeper, bytes(8), paced=True)
    begin = time.monotonic()
    asyncio.run(run_for(machine, 0.5))
    board, wall = machine.simulator.clock.nanos * 1e-9, time.monotonic() - begin
    assert 0 < board < wall + 0.01


def test_without_pace_it_runs_ahead(sleeper):
    """What pacing is good for: a timer in the future passes at once."""
    machine = Machine("pico", sleeper, bytes(8), paced=False)
    clock = machine.simulator.clock
    clock.create_alarm(machine.stop).schedule(3600e9)
    begin = time.monotonic()
    asyncio.run(machine.run())
    assert clock.nanos == 3600e9 and time.monotonic() - begin < 60


def test_a_busy_board_is_measured(tmp_path):
    file = tmp_path / "busy.uf2"
    file.write_bytes(uf2(b"\xfe\xe7"))  # again: b again
    machine = Machine("pico", file, bytes(8), paced=True)
    asyncio.run(run_for(machine, 0.3))
    simulator = machine.simulator
    assert simulator.busy_s == pytest.approx(simulator.clock.nanos * 1e-9, rel=0.01)
    assert 0 < simulator.busy_wall_s < 30


def test_boards_have_the_unique_id_that_they_were_given(sleeper):
    chip = Machine("pico", sleeper, bytes(range(10, 18)), paced=True).mcu.ssi
    answers = [chip._shift_byte(byte) for byte in bytes([0x4B]) + bytes(12)]
    assert bytes(answers[5:]) == bytes(range(10, 18))


def test_a_uart_asks_for_more_only_after_a_byte(sleeper):
    uart = Machine("pico", sleeper, bytes(8), paced=True).mcu.uart[0]
    uart.write_uint32(UARTCR, 0x301)
    uart.write_uint32(UARTIMSC, UARTTXINTR)
    assert not uart._interrupt_status & UARTTXINTR
    uart.write_uint32(UARTDR, 65)
    assert uart._interrupt_status & UARTTXINTR
    uart.write_uint32_atomic(UARTICR, UARTTXINTR, 0)
    assert not uart._interrupt_status & UARTTXINTR
