"""Real firmware on emulated Picos, through their pseudo-terminals. Needs $SHOAL_PICO_FIRMWARE.

A busy board is some thirty times slower than a real one, so tasks are few and small.
"""

import os
import random
import signal
import time

import emulated_tasks as tasks
import pytest

from shoal import Cluster
from shoal.errors import TaskTimeoutError

pytestmark = pytest.mark.slow
PATIENCE = 120  # seconds here that anything may take


@pytest.fixture(scope="module")
def cluster(real_firmware):
    said = []
    with Cluster(f"emulated:2xpico?firmware={real_firmware}", on_print=lambda board, text: said.append((board, text))) as made:
        made.said = said
        assert len(made.boards) == 2
        yield made


def results(futures):
    return [future.result(PATIENCE) for future in futures]


def test_boards_are_what_the_firmware_says(cluster):
    assert [board.name for board in cluster.boards] == ["pico-1", "pico-2"]
    for board in cluster.boards:
        assert (board.kind, board.arch, board.cores, board.platform) == ("pico", "armv6m", 1, "rp2")
        assert board.firmware.startswith("micropython 1.")
        assert board.temperature == pytest.approx(27, abs=1)
    assert len({board.unique_id for board in cluster.boards}) == 2


def test_a_hundred_tasks_on_two_boards(cluster):
    assert results([cluster.submit(tasks.square, number) for number in range(100)]) == [number**2 for number in range(100)]
    calls = {board.name: board.calls for board in cluster.account().boards}
    assert min(calls.values()) > 0, calls


def test_map_keeps_its_order(cluster):
    assert list(cluster.map(tasks.square, range(50), timeout=PATIENCE)) == [number**2 for number in range(50)]


@pytest.mark.parametrize("block", [bytes(range(256)), b"\x03" * 500, b"\x04\x01\x02\x05" * 50, b"\r\n" * 100, b""], ids=len)
def test_every_byte_passes_both_ways(cluster, block):
    """Among them those that a prompt obeys: 3 interrupts, 4 resets."""
    expected = block + bytes(range(255, -1, -1))
    assert results(cluster.each(tasks.every_byte, block).values()) == [expected] * 2


def test_values_of_many_frames(cluster):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    block = random.Random(seed).randbytes(9000)
    reference = cluster.put(block)
    assert results(cluster.each(tasks.total, reference).values()) == [(9000, sum(block))] * 2
    assert cluster.submit(tasks.every_byte, block).result(PATIENCE)[:-256] == block


def test_prints_arrive_with_the_name_of_the_board(cluster):
    names = {name: future.result(PATIENCE) for name, future in cluster.each(tasks.hello, "there").items()}
    assert set(names) == {"pico-1", "pico-2"}
    assert sorted(cluster.said)[-2:] == [("pico-1", "hello there\n"), ("pico-2", "hello there\n")]


def test_an_exception_has_the_lines_of_this_computer(cluster):
    with pytest.raises(ZeroDivisionError) as caught:
        cluster.submit(tasks.fails, 7).result(PATIENCE)
    told = str(caught.value.__cause__)
    assert "tasks.py" in told and "return number // divisor" in told


def test_a_running_task_is_stopped_at_its_timeout_and_its_board_is_not_restarted(cluster):
    before = [board.resets for board in cluster.account().boards]
    begin = time.monotonic()
    with pytest.raises(TaskTimeoutError):
        cluster.submit(tasks.sleeps_too_long, 600).result(PATIENCE)
    assert time.monotonic() - begin < 60
    assert results(cluster.each(tasks.square, 3).values()) == [9, 9]
    assert [board.resets for board in cluster.account().boards] == before


def test_a_uart_can_be_made(cluster):
    """With the stock emulator its constructor never returns."""
    assert cluster.submit(tasks.uart, 0).result(PATIENCE) == 1


def test_the_account_says_whose_seconds_these_are(cluster):
    cluster.submit(tasks.square, 1).result(PATIENCE)
    notes = "\n".join(cluster.account().notes)
    assert "seconds of the boards' own clocks; while they were busy, one second here was 0." in notes


def test_a_pulled_cable_costs_nothing_but_time(cluster):
    """The board runs on; its agent is greeted again and not loaded anew."""
    fleet = cluster._fleet
    pids = [slot.pid for slot in fleet.slots]
    futures = [cluster.submit(tasks.sleeps, 0.05) for _ in range(20)]
    fleet.unplug(0)
    time.sleep(0.5)
    fleet.plug(0)
    assert results(futures) == ["slept"] * 20
    wait_for(cluster, 2)
    assert results(cluster.each(tasks.square, 5).values()) == [25, 25]
    assert [slot.pid for slot in fleet.slots] == pids


def test_a_board_that_resets_itself_comes_back(cluster):
    """It falls off the USB bus, boots, and is given the agent again; its call is made again."""
    pids = [slot.pid for slot in cluster._fleet.slots]
    assert cluster.submit(tasks.resets_once, 0).result(PATIENCE) == 3
    wait_for(cluster, 2)
    assert results(cluster.each(tasks.square, 6).values()) == [36, 36]
    assert [slot.pid for slot in cluster._fleet.slots] == pids
    assert sum(board.resets for board in cluster.account().boards) > 0


def test_a_killed_board_costs_no_result(cluster):
    futures = [cluster.submit(tasks.sleeps, 0.05) for _ in range(20)]
    os.kill(cluster._fleet.slots[1].pid, signal.SIGKILL)
    assert results(futures) == ["slept"] * 20


def wait_for(cluster, count):
    """Until so many boards answer."""
    end = time.monotonic() + PATIENCE
    while sum(board.state in ("idle", "busy") for board in cluster.snapshot().boards) < count:
        assert time.monotonic() < end, cluster.snapshot()
        time.sleep(0.1)
