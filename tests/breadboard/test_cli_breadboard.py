"""`shoal breadboard`, and the wrong use of `shoal demo` with and without a breadboard."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from shoal.cli import main
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.simulation import Simulation


class Done(NamedTuple):
    """What a command line gave."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def shoal(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`shoal` with these words, in this process."""

    def run(*words: str) -> Done:
        try:
            code = main(words)
        except SystemExit as end:  # argparse's own
            code = int(str(end.code))
        return Done(code, *capsys.readouterr())

    return run


def test_show_as_text_svg_and_json(shoal: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "cray.svg"
    done = shoal("breadboard", "show", "picocray", "--svg", str(file))
    assert done.returncode == 0, done.stderr
    assert "sda       ●10─────────●10───●10" in done.stdout
    assert done.stdout.endswith(f"wrote {file}\n")
    assert ElementTree.parse(file).getroot().tag.endswith("svg")
    told = json.loads(shoal("breadboard", "show", "esp32", "--json").stdout)
    assert [board["name"] for board in told["boards"]] == ["e1", "e2", "e3", "e4"]
    assert told["bus"]["pins"]["dav"] == 23


def test_show_without_a_name_lists_the_wirings(shoal: Callable[..., Done]) -> None:
    done = shoal("breadboard", "show")
    assert all(name in done.stdout for name in wiring.built_in())
    assert [one["name"] for one in json.loads(shoal("breadboard", "show", "--json").stdout)["wirings"]] == list(wiring.built_in())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["breadboard", "draw"], "invalid choice: 'draw'"),
        (["breadboard", "show", "picoray"], "did you mean 'picocray'?"),
        (["breadboard", "show", "./none.toml"], "no wiring file none.toml"),
        (["breadboard", "show", "--svg", "x.svg"], "--svg draws one wiring"),
        (["breadboard", "replay"], "which run?"),
        (["breadboard", "replay", "/dev/null"], "is not the log of a breadboard"),
        (["breadboard", "replay", "none.log"], "cannot read none.log"),
        (["demo", "picoray"], "invalid choice"),
        (["demo", "picocray", "--on", "virtual:"], "--on is not for `shoal demo picocray`"),
        (["demo", "picocray", "--fault", "unplug:77"], "unknown board '77'"),
        (["demo", "picocray", "--save", "no/such/run.log"], "--save no/such/run.log: give a file in a folder that exists"),
        (["demo", "picocray", "--seconds", "nan"], "'nan' is not a number of seconds"),
        (["demo", "esp32", "--out", "x.png"], "its boards have no display"),
        (["demo", "esp32", "--limit", "5"], "--limit is for `shoal demo picocray`"),
        (["demo", "esp32", "--freq", "1M"], "a bus of GPIO lines has no frequency"),
        (["demo", "picocray", "--fault", "boom"], "unknown kind 'boom'"),
        (["demo", "picocray", "--freq", "fast"], "'fast' is not a frequency"),
        (["demo", "picocray", "--freq", "1"], "'1' is not a frequency"),
        (["demo", "picocray", "--pullups", "0"], "'0' is not a resistor"),
        (["demo", "picocray", "--noise", "1"], "'1' is not a probability"),
        (["demo", "picocray", "--out", "no/such/file.png"], "folder that exists"),
        (["demo", "--fault", "unplug:3"], "--fault is for breadboards"),
        (["demo", "--freq", "100k"], "--freq is for breadboards"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_2_and_one_message(words: list[str], told: str, shoal: Callable[..., Done]) -> None:
    done = shoal(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_file_that_cannot_be_written_is_exit_1(shoal: Callable[..., Done]) -> None:
    done = shoal("breadboard", "show", "picocray", "--svg", "/dev/full")
    assert (done.returncode, done.stderr) == (1, "shoal: cannot write /dev/full: No space left on device\n")


PROGRAM = b"""
import machine, time
led = machine.Pin(25, machine.Pin.OUT)
while True:
    led.toggle()
    print(machine.unique_id()[0], time.ticks_ms())
    time.sleep_ms(40)
"""


def test_a_recorded_run_is_run_again(shoal: Callable[..., Done], tmp_path: Path) -> None:
    cray, file = wiring.changed(wiring.load("picocray"), frequency_hz=100_000), tmp_path / "run.log"
    broken = faults.read(["unplug:3@0.6s..0.9s"], cray)
    with Simulation(cray, seed=3, faults=broken, program="blinks", files={"blinks.py": PROGRAM}, record=file) as simulation:
        simulation.advance(0.7)
        simulation.inject(faults.parse("brownout:4@0.7s", cray))
        simulation.usb("p1").write(b"hello")
        simulation.advance(1.2)
        digest = simulation.digest()
    done = shoal("breadboard", "replay", str(file), "--json")
    assert (done.returncode, json.loads(done.stdout)["digest"]) == (0, digest), done.stderr
    text = file.read_text()
    assert text.count('"seed": 3') == 1
    file.write_text(text.replace('"seed": 3', '"seed": 4'))
    done = shoal("breadboard", "replay", str(file))
    assert done.returncode == 1
    assert "the run went another way" in done.stderr
    assert "FAULT p3 unplug:p3@0.6s..0.9s" in done.stdout
    file.write_text("\n".join(text.splitlines()[:-1]))
    done = shoal("breadboard", "replay", str(file))
    assert done.returncode == 1 and "was cut off" in done.stderr
