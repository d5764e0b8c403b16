"""Real firmware adopted as a board on USB is: by its (pseudo-)terminal, with the command. Needs $SHOAL_PICO_FIRMWARE."""

import os
import select
import subprocess
import sys
from pathlib import Path

import emulated_tasks as tasks
import pytest

from shoal import Cluster, catalog
from shoal.emulated.starting import Appeared, Emulator

pytestmark = pytest.mark.slow
PATIENCE = 300


def port(emulator):
    """Where a board can be reached."""
    while True:
        assert select.select([emulator], [], [], 60)[0], "the board did not come up"
        for news in emulator.news():
            if isinstance(news, Appeared):
                return news.path


def test_adopt_and_a_hundred_tasks_on_two_boards(real_firmware, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SHOAL_PATIENCE", "60")
    emulators = [Emulator("pico", Path(real_firmware).absolute(), f"5ba2{number:012x}", "real") for number in range(2)]
    try:
        ports = [port(emulator) for emulator in emulators]
        command = [sys.executable, "-m", "shoal.cli", "adopt", *ports]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=os.environ)
        assert not done.returncode, done.stdout + done.stderr
        assert (done.stdout + done.stderr).count("adopted: ") == 2
        with Cluster(f"usb:{','.join(ports)}") as cluster:
            assert [board.kind for board in cluster.boards] == ["pico", "pico"]
            heaps = [board.heap_free for board in cluster.boards]
            futures = [cluster.submit(tasks.square, number) for number in range(100)]
            assert [future.result(PATIENCE) for future in futures] == [number**2 for number in range(100)]
        assert min(heaps) > 0.8 * catalog.boards()["pico"].heap_bytes
    finally:
        for emulator in emulators:
            emulator.kill()
        for emulator in emulators:
            emulator.wait()
