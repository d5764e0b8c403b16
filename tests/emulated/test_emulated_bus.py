"""A board of a bus on real firmware: adopted, it says what it is; and what a controller with sixteen processors takes of its heap
and time (`bus_probe`). Needs $SHOAL_PICO_FIRMWARE."""

import re
import select
import shutil
from pathlib import Path

import pytest

from shoal import image
from shoal.emulated.starting import Appeared, Emulator
from shoal.usb import bootstrap, install, jobs
from shoal.usb.visit import visit

pytestmark = pytest.mark.slow
SETTINGS = jobs.settings("i2c", 400_000, {"sda": 10, "scl": 11, "attention": 13, "role": 22, "led": 25})
JOB = b"def task(n):\n    return n\n\n\ndef main():\n    pass\n"
SILENCE_S = 120
MOST_KEPT = 52_000  # bytes of some 233,000 with 16 boards; the goal was 40,000: docs/standalone.md


def port(emulator):
    while True:
        assert select.select([emulator], [], [], 60)[0], "the board did not come up"
        for news in emulator.news():
            if isinstance(news, Appeared):
                return news.path


@pytest.fixture
def probed(tmp_path, monkeypatch):
    """The agent's source with the probe in it: their private names are shortened together."""
    copy = tmp_path / "src"
    shutil.copytree(image.SOURCES, copy / "shoal_board", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).with_name("bus_probe.py"), copy / "shoal_board")
    for folder in (image.SOURCES.parent / "shoal").glob("*/onboard"):
        shutil.copytree(folder, copy / "shoal" / folder.parent.name / "onboard")
    monkeypatch.setattr(image, "SOURCES", copy / "shoal_board")
    monkeypatch.setitem(image._NEEDED_BY, "bus_probe.py", image.BUS)
    bootstrap._agent_files.cache_clear()
    yield
    bootstrap._agent_files.cache_clear()


def test_memory_and_time_of_a_controller(real_firmware, probed, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SHOAL_PATIENCE", "60")
    emulator = Emulator("pico", Path(real_firmware).absolute(), "5ba2000000000001", "real")
    bus = jobs.OnBus("i2c", SETTINGS, {"probe_job.py": JOB})
    try:
        with visit((port(emulator),)) as visited:
            (done,) = visited.each(lambda host: install.adopt(host.bootstrap, host.found, None, replace_main=True, bus=bus))
            assert done.error is None and done.told.role in ("controller", "processor")
            board = visited.hosts[0].bootstrap
            board.identify(disturb=True)
            code = "import sys\nsys.path.append('/lib/shoal_board/jobs')\nfrom shoal_board import bus_probe\n"
            said = board.repl.run(code, "measuring", silence=SILENCE_S).decode()
    finally:
        emulator.kill()
        emulator.wait()
    figures = {name: int(number) for name, number in re.findall(r"FIGURE (\w+) (\d+)", said)}
    print(figures)
    assert figures["answers"] == 600
    assert figures["controller_with_16_boards"] < MOST_KEPT
