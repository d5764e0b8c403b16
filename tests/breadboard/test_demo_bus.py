"""`shoal demo picocray` and `shoal demo esp32` as a user runs them, and their recorded runs again."""

import contextlib
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from PIL import Image

from shoal.demos import lights
from shoal.errors import UsageError


def shoal(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shoal.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder)


@pytest.mark.slow
def test_picocray_draws_the_right_picture_and_does_it_again(tmp_path: Path) -> None:
    words = ["--fault", "unplug:3@1.8s", "--noise", "1e-5", "--seed", "5", "--json", "--save", "run.log"]
    done = shoal("demo", "picocray", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [check["passed"] for check in told["checks"]] == [True]
    assert "no point differs" in told["checks"][0]["told"]
    assert told["faults"] == ["unplug:p3@1.8s"]
    assert [board["name"] for board in told["boards"]] == ["controller", *(f"p{number}" for number in range(1, 9))]
    assert sum(board["lit_s"] > 0 for board in told["boards"][1:]) >= 4
    with Image.open(tmp_path / "picocray.png") as image:
        assert (image.size, image.getpixel((150, 160)), image.getpixel((0, 0)) != (0, 0, 0)) == ((240, 320), (0, 0, 0), True)
    again = shoal("breadboard", "replay", "run.log", "--json", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["digest"] == told["digest"]


def test_where_nothing_works_the_cause_is_named(tmp_path: Path) -> None:
    words = ["--fault", "stuck:sda=0@0.2s", "--seconds", "6", "--out", "dark.png"]
    done = shoal("demo", "picocray", *words, folder=tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("shoal: no picture within 6.0 virtual seconds: SDA is held low")
    assert "FAULT sda stuck:sda=0@0.2s" in done.stdout
    with Image.open(tmp_path / "dark.png") as image:
        assert image.getcolors() == [(240 * 320, (0, 0, 0))]


@pytest.mark.slow
def test_esp32_shows_its_lights_and_draws(tmp_path: Path) -> None:
    done = shoal("demo", "esp32", "--json", "--seed", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [check["passed"] for check in told["checks"]] == [True, True, True]
    assert told["picture"]["width"] * told["picture"]["height"] > 1000
    assert told["file"] is None


# --- the judge of the lights ---

BOARDS = ("a", "b", "c")
SAID = [(at_s, board, f"leds: {part}") for at_s, part in enumerate(lights.PARTS) for board in BOARDS]


def proof(**moved: tuple[int, int]) -> dict[str, list[tuple[int, int]]]:
    """Lights that prove it: chase in the first second, barrier in the second, ring in the third; one of them `moved`."""
    spans: dict[str, list[tuple[int, int]]] = {board: [] for board in BOARDS}
    for rank, board in enumerate(BOARDS):
        chase = [(round_ * 300_000 + rank * 100_000, round_ * 300_000 + rank * 100_000 + 90_000) for round_ in range(2)]
        barrier = [(1_000_000, 1_100_000 + rank * 50_000), (1_300_000 + rank * 10, 1_400_000)]
        ring = [
            (2_000_000 + round_ * 300_000 + rank * 100_000, 2_050_000 + round_ * 300_000 + rank * 100_000) for round_ in range(2)
        ]
        spans[board] = [*chase, *barrier, *ring]
    for where, span in moved.items():
        spans[where[0]][int(where[1:])] = span
    return {board: [change for since, until in found for change in ((since, 1), (until, 0))] for board, found in spans.items()}


def test_lights_that_prove_it() -> None:
    verdicts = lights.judge(proof(), SAID, BOARDS)
    assert [(verdict.part, verdict.passed) for verdict in verdicts] == [("chase", True), ("barrier", True), ("ring", True)]
    assert "within 20 us" in verdicts[1].told


@pytest.mark.parametrize(
    ("moved", "wrong", "told"),
    [
        ({"b0": (80_000, 190_000)}, "chase", "two were lit at once: a and b"),
        ({"b0": (295_000, 298_000)}, "chase", "the light went a c b"),
        ({"c3": (1_190_000, 1_200_000)}, "barrier", "10000 us before the last came"),
        ({"c3": (1_350_000, 1_400_000)}, "barrier", "within 50000 us"),
        ({"b5": (2_310_000, 2_320_000)}, "ring", "two talked at once: a and b"),
        ({"b5": (2_560_000, 2_570_000)}, "ring", "they talked in the order"),
    ],
)
def test_lights_that_do_not(moved: dict[str, tuple[int, int]], wrong: str, told: str) -> None:
    verdicts = lights.judge(proof(**moved), SAID, BOARDS)
    assert [verdict.part for verdict in verdicts if not verdict.passed] == [wrong]
    assert any(told in verdict.told for verdict in verdicts)


def test_a_proof_that_was_not_shown_to_its_end() -> None:
    with pytest.raises(UsageError, match="2 of 3 boards came to 'done'"):
        lights.judge(proof(), SAID[:-1], BOARDS)


# --- in a terminal ---


@pytest.mark.slow
def test_keys_pull_plugs_and_zoom(tmp_path: Path) -> None:
    pid, end = pty.fork()
    if not pid:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        os.chdir(tmp_path)
        command = [sys.executable, "-m", "shoal.cli", "demo", "picocray", "--limit", "50"]
        os.execve(sys.executable, command, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    seen = ""

    def until(text: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in seen:
            assert time.monotonic() < deadline and select.select([end], [], [], 5)[0], seen[-2000:]
            seen += os.read(end, 65536).decode(errors="replace")
        seen = ""

    until("p3 joined at")
    os.write(end, b"3")
    until("no power")
    until("by 7 boards")
    os.write(end, b"3")
    until("p3 joined at")
    os.write(end, b"+")
    until("by 8 boards")
    os.write(end, b"q")
    until("no point differs")
    with contextlib.suppress(OSError):  # how Linux tells that nobody has the terminal any more
        while os.read(end, 65536):
            pass
    os.close(end)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with Image.open(tmp_path / "picocray.png") as image:
        assert image.getpixel((180, 160)) == (0, 0, 0), "inside of the set, twice as near"
