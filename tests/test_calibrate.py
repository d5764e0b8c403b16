"""A calibration measures real lumps on real boards, and its figures stand where predictions look, without harm to other facts."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from shoal import catalog, spec
from shoal.bench import calibrate
from shoal.bench.calibrate import Calibration, Figure
from shoal.bench.onrequest import mandelbrot, steps
from shoal.errors import ShoalError, UsageError

REAL = Calibration(
    name="usb",
    on="usb:",
    kind="pico",
    boards=2,
    figures=(
        Figure("latency_s", "a message under way", 0.0021, "s", "links.usb.latency_s", 0.003),
        Figure("mandel_100_ms", "Mandelbrot benchmark", 5000.0, "ms", "boards.pico.mandel_100_ms", 5212.0),
        Figure("host_lump_s", "this computer, a lump", 0.0002, "s"),
    ),
    notes=(),
    replaces=True,
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The user's folder, empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    catalog.forget()
    yield tmp_path / "shoal"
    monkeypatch.undo()
    catalog.forget()


@pytest.fixture(scope="module")
def measured():
    """What one virtual board at full speed takes."""
    return calibrate.calibrate(spec.parse("virtual:2xpico"), lambda text: None)


def figures(made):
    return {figure.name: figure for figure in made.figures}


def test_a_virtual_board_is_measured(measured):
    assert (measured.name, measured.kind, measured.boards, measured.replaces) == ("virtual:pipe", "pico", 1, False)
    known = figures(measured)
    assert {"agent_lump_s", "agent_call_s", "host_lump_s", "host_call_s", "latency_s", "compute_ratio"} <= set(known)
    assert all(figure.value >= 0 for figure in measured.figures)
    assert 0 < known["agent_lump_s"].value + known["agent_call_s"].value < 0.01
    assert 0 < known["host_lump_s"].value + known["host_call_s"].value < 0.01
    # The benchmark takes as long as its share of the catalogue's time: this computer is much faster than a Pico.
    assert known["compute_ratio"].value == pytest.approx(known["mandel_100_ms"].value / known["mandel_100_ms"].known)
    assert known["compute_ratio"].value < 0.5


def test_the_benchmark_is_the_catalogues():
    assert sum(map(mandelbrot, range(31))) == 712  # points of 31 x 81 that did not get out
    assert sum(map(steps, range(31))) > 712 * 100


def test_figures_of_virtual_boards_replace_nothing(measured, folder):
    before = catalog.links()["pipe"], catalog.boards()["pico"]
    file = calibrate.store(measured)
    assert file == folder / "measured.toml"
    assert (catalog.links()["pipe"], catalog.boards()["pico"]) == before
    fact = catalog.fact("calibrations.virtual:pipe.host_lump_s")
    assert (fact.value, fact.unit, fact.basis) == (figures(measured)["host_lump_s"].value, "s", "measured")
    assert "virtual:1xpico" in fact.cond


def test_figures_of_real_boards_are_used_and_named(folder):
    folder.mkdir()
    (folder / "measured.toml").write_text('# mine\n[boards.pico]\nprice_gbp = {value = 3.5, unit = "GBP"}\n')
    calibrate.store(REAL)
    assert catalog.links()["usb"].latency_s == 0.0021
    assert catalog.boards()["pico"].mandel_ms == 5000.0
    fact = catalog.fact("links.usb.latency_s")
    assert fact.source == "yours"
    assert "--on usb:" in fact.reference
    assert catalog.shipped("links.usb.latency_s").value == 0.003
    text = (folder / "measured.toml").read_text()
    assert "# mine" in text
    assert catalog.fact("boards.pico.price_gbp").value == 3.5


def test_a_newer_calibration_takes_the_place_of_an_older_one():
    calibrate.store(REAL)
    calibrate.store(replace(REAL, figures=(replace(REAL.figures[0], value=0.004),)))
    assert catalog.links()["usb"].latency_s == 0.004
    assert list(catalog.entries("calibrations")["usb"]) == ["latency_s"]


def test_a_file_that_is_wrong_is_refused_before_anything_is_measured(folder):
    folder.mkdir()
    (folder / "measured.toml").write_text("[links.usb]\nlatency_s = 'soon'\n")
    told = []
    with pytest.raises(UsageError, match="latency_s"):
        calibrate.calibrate(spec.parse("virtual:1xpico"), told.append)
    assert told == []


def test_no_board_is_an_error():
    with pytest.raises(ShoalError):
        calibrate.calibrate(spec.parse("tcp:127.0.0.1:9"), lambda text: None)


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "shoal.cli", "bench", "--calibrate", *words], capture_output=True, text=True, timeout=60
    )


def test_the_command_measures_and_keeps(folder):
    done = command("--on", "virtual:1xpico", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["name"] == "virtual:pipe"
    assert document["file"] == str(folder / "measured.toml")
    assert catalog.fact("calibrations.virtual:pipe.agent_call_s").value == figures_of(document)["agent_call_s"]


def figures_of(document):
    return {figure["name"]: figure["value"] for figure in document["figures"]}


@pytest.mark.parametrize("words", [("--quick",), ("--figures", "map"), ("--peers",), ("--on", "virtual:3xpicoo")])
def test_what_does_not_go_together_is_wrong_use(words):
    done = command(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_paced_board_is_as_slow_as_its_link(measured, monkeypatch):
    monkeypatch.setattr(calibrate, "_LUMPS", 5)
    monkeypatch.setattr(calibrate, "_ROWS", (3, 15))
    paced = figures(calibrate.calibrate(spec.parse("virtual:1xpico?pace=real&link=usb"), lambda text: None))
    free = figures(measured)
    assert paced["compute_ratio"].value > 10 * free["compute_ratio"].value
    assert paced["agent_lump_s"].value > 0.001
    for name in ("to_board_bytes_s", "to_host_bytes_s"):  # a pipe at full speed is a hundred times as fast
        assert paced[name].value < paced[name].known * 5
