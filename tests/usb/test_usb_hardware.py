"""The same on a real board (`--board /dev/ttyACM0`), or on real firmware in the emulator ($SHOAL_PICO_FIRMWARE names a .uf2).

Everything that is written to the board's flash is removed again; a main.py of the board's own skips the test that adopts.
"""

import os
import subprocess
import sys
import threading

import pytest
import terminals

from shoal import Cluster, image, task
from shoal.errors import TaskTimeoutError
from shoal.usb import install
from shoal.usb.visit import visit

pytestmark = pytest.mark.slow
EMULATED_PATIENCE = "60"


@pytest.fixture(scope="module")
def port(request, tmp_path_factory):
    """Where the board is."""
    board = request.config.getoption("--board", default=None)
    firmware = os.environ.get("SHOAL_PICO_FIRMWARE")
    if board:
        yield board
    elif firmware:
        yield from emulated(firmware, tmp_path_factory.mktemp("port") / "tty")
    else:
        pytest.skip("no --board PORT and no SHOAL_PICO_FIRMWARE")


def emulated(firmware, port):
    """A Pico in the emulator, in a process of its own. `port`: a link to its terminal, which is another one after a reset."""
    pytest.importorskip("rp2040py")
    command = [sys.executable, "-m", "shoal.emulated.process", "run", "pico", firmware, "e6614103e7452d2f", "real"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        booted = threading.Event()
        threading.Thread(target=follow, args=(process.stdout, port, booted), daemon=True).start()
        assert booted.wait(60)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOAL_PATIENCE", EMULATED_PATIENCE)
            yield str(port)
    finally:
        process.kill()
        process.communicate()


def follow(lines, port, booted):
    """Have a link point to the terminal that the emulator tells of."""
    for line in lines:
        verb, _, path = line.strip().partition(" ")
        if verb in ("booted", "plugged"):
            port.unlink(missing_ok=True)
            port.symlink_to(path)
            booted.set()


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def echo(x):
    return bytes(x)


@task(timeout=1.0)
def never(x):
    while True:
        x += 1


def test_a_hundred_tasks_run_from_ram(port):
    with Cluster(f"usb:{port}?agent=ram") as cluster:
        assert list(cluster.map(collatz, range(1, 101))) == [collatz(n) for n in range(1, 101)]
        (board,) = cluster.boards
        assert board.agent == image.release()
        data = bytes(range(256)) * 4 + b"\x03" * 40
        assert cluster.submit(echo, data).result() == data


def test_a_task_that_does_not_end_is_stopped_and_the_board_goes_on(port):
    if "SHOAL_PATIENCE" in os.environ:
        pytest.skip("a second of an emulated board is half a minute here, where the timeout is watched, too")
    with Cluster(f"usb:{port}?agent=ram") as cluster:
        with pytest.raises(TaskTimeoutError):
            cluster.submit(never, 1).result()
        assert cluster.submit(collatz, 27).result() == 111


def test_a_human_finds_the_prompt_afterwards(port):
    assert terminals.expression(port, "6 * 7", patience=float(os.environ.get("SHOAL_PATIENCE", 1))) == "42"


def test_adopted_it_runs_a_hundred_tasks_and_is_released_again(port):
    with visit((port,)) as boards:
        if boards.hosts[0].found.main == "theirs":
            pytest.skip(f"{port} has a main.py of its own")
        (done,) = boards.each(lambda host: install.adopt(host.bootstrap, host.found, None, replace_main=False))
    assert done.error is None
    try:
        with Cluster(f"usb:{port}") as cluster:
            assert list(cluster.map(collatz, range(1, 101))) == [collatz(n) for n in range(1, 101)]
    finally:
        with visit((port,)) as boards:
            (gone,) = boards.each(lambda host: install.release(host.bootstrap, host.found))
    assert gone.error is None
