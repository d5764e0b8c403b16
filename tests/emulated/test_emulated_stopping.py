"""Tasks that do not end, on real firmware: what a board does against them by itself. Needs $SHOAL_PICO_FIRMWARE.

A busy board is some thirty times slower than a real one, so the host is told to leave it that much more time before it steps in.
"""

import emulated_tasks as tasks
import pytest

from shoal import Cluster, defaults
from shoal.errors import TaskTimeoutError

pytestmark = pytest.mark.slow
PATIENCE = 250  # seconds here that anything may take


@pytest.fixture(scope="module")
def cluster(real_firmware):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(defaults, "STOP_WITHIN_S", float(PATIENCE))
        with Cluster(f"emulated:1xpico?firmware={real_firmware}") as made:
            yield made


def resets(cluster):
    return [board.resets for board in cluster.account().boards]


def test_an_endless_loop_is_stopped_at_its_timeout_without_a_reset(cluster):
    before = resets(cluster)
    with pytest.raises(TaskTimeoutError):
        cluster.submit(tasks.counts_too_long, 0).result(PATIENCE)
    assert cluster.submit(tasks.square, 3).result(PATIENCE) == 9
    assert resets(cluster) == before


def test_a_running_lump_is_stopped_when_nobody_waits_for_it_any_more(cluster):
    before = resets(cluster)
    with pytest.raises(TimeoutError):
        list(cluster.map(tasks.counts_for_ever, [0], timeout=10))
    assert cluster.submit(tasks.square, 4).result(PATIENCE) == 16  # the board is free again
    assert resets(cluster) == before


def test_a_board_resets_itself_when_a_task_cannot_be_stopped(cluster):
    """A loop in machine code does not see the interrupt. The emulator goes on: it was the board that started again."""
    before = resets(cluster)
    pids = [slot.pid for slot in cluster._fleet.slots]
    with pytest.raises(TaskTimeoutError):
        cluster.submit(tasks.spins_for_ever, 0).result(PATIENCE)
    assert cluster.submit(tasks.square, 5).result(PATIENCE) == 25
    assert resets(cluster) > before
    assert [slot.pid for slot in cluster._fleet.slots] == pids
