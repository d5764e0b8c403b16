"""The benchmark measures what it says, gives up on what hangs, leaves nothing behind. No time is judged."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shoal.bench import Report, Result, memory, process, run
from shoal.bench.figures import FIGURES, LINES, WORKERS, Figure, Line
from shoal.bench.rates import rates
from shoal.bench.subjects import BY_NAME, DEFAULT_SPEC, PEER_NAMES, SHOAL, SUBJECTS, Subject
from shoal.cli.bench import show
from shoal.errors import ShoalError, SpecError, UsageError

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
MACHINE = dict.fromkeys(("processor", "cores", "memory", "system", "python", "boards", "date"), "x")
HANG = "import time; time.sleep(60)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    """Whether `pid` runs; one that was killed may stay as a zombie until its adopter looks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended(pid: int) -> bool:
    """Whether `pid` has ended; a killed process takes a moment to go."""
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


# --- the tables ------------------------------------------------------------------------------


def test_every_figure_has_lines_and_every_line_a_figure() -> None:
    assert {line.figure for line in LINES} == {figure.key for figure in FIGURES}
    assert not [line for line in LINES if line.at_least is not None and line.at_most is not None]


@pytest.mark.parametrize(
    ("line", "good", "bad"),
    [
        (Line("f", "v", "t", "u", 0, at_least=40_000), 40_000, 39_999),
        (Line("f", "v", "t", "u", 2, at_most=0.12), 0.12, 0.13),
    ],
)
def test_targets_are_reached_at_the_target(line: Line, good: float, bad: float) -> None:
    assert line.reached(good) is True
    assert line.reached(bad) is False


def test_line_without_target_has_no_verdict() -> None:
    line = Line("f", "v", "t", "u", 1)
    assert (line.reached(1.0), line.target(), line.text(1234.56)) == (None, "", "1,234.6")


def test_missing_package_or_program_is_named() -> None:
    assert "no_such_package" in Subject("n", "N", "a", "s", package="no_such_package").missing()
    assert "no-such-program" in Subject("n", "N", "a", "s", program="no-such-program").missing()
    assert BY_NAME["futures"].missing() == ""


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown figure 'speed'; known: submit, map"):
        run(figures=["speed"])
    with pytest.raises(UsageError, match=r"unknown peer 'spark'; known: futures"):
        run(peers=["spark"])


def test_wrong_results_are_an_error_and_no_figure() -> None:
    assert len(rates(lambda count: count * (count - 1) // 2, 3, 100)) == 3
    with pytest.raises(ShoalError, match="missing or wrong"):
        rates(lambda count: 0, 3, 100)


def test_loading_the_benchmark_imports_no_peer_and_no_rich() -> None:
    heavy = ["rich", "ray", "distributed", "mpi4py", "execnet", "joblib"]
    code = f"import shoal.bench, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(python(code), capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"


# --- child processes -------------------------------------------------------------------------


def test_lines_are_found_among_others() -> None:
    with process.running(python("print('hello'); print('first 1'); print('ready')"), os.environ, 30) as child:
        assert child.line("first") == "first 1"
        assert child.line("ready") == "ready"
        child.wait()


def test_early_end_is_reported_with_the_last_words() -> None:
    code = "import sys; print('begun', flush=True); raise ValueError('out of luck')"
    with (
        pytest.raises(ShoalError, match=r"exit code 1 before it printed 'first': ValueError: out of luck"),
        process.running(python(code), os.environ, 30) as child,
    ):
        child.line("first")


def test_program_that_hangs_is_ended_at_its_limit() -> None:
    begin = time.monotonic()
    with (
        pytest.raises(ShoalError, match=r"did not print 'first' within 1 s and was ended"),
        process.running(python(HANG), os.environ, 1) as child,
    ):
        child.line("first")
    assert time.monotonic() - begin < 20


def test_program_that_does_not_end_is_ended_at_its_limit() -> None:
    with (
        pytest.raises(ShoalError, match=r"did not end within 1 s"),
        process.running(python("import sys; print('{}', flush=True);" + HANG), os.environ, 1) as child,
    ):
        child.line("{")
        child.wait()


@linux
@pytest.mark.parametrize("own_session", [False, True])
def test_family_is_ended_too(own_session: bool) -> None:
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {HANG!r}], start_new_session={own_session})\n"
        "print('child', child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with process.running(python(code), os.environ, 30) as child:
        grandchild = int(child.line("child").split()[1])
        assert {child.pid, grandchild} <= set(process.family(child.pid))
    assert ended(child.pid)
    assert ended(grandchild)


@linux
def test_orphan_is_ended_too() -> None:
    code = (
        "import subprocess, sys\n"
        f"print('child', subprocess.Popen([sys.executable, '-c', {HANG!r}], stdout=subprocess.DEVNULL).pid)"
    )
    with process.running(python(code), os.environ, 30) as child:
        orphan = int(child.line("child").split()[1])
        child.wait()
        assert alive(orphan)
    assert ended(orphan)


@pytest.mark.skipif(not memory.measurable(), reason="this system does not tell shared memory")
def test_memory_counts_the_whole_family() -> None:
    hold = "import sys; held = b'x' * 40_000_000; print('held', flush=True); sys.stdin.read()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with process.running(python(code), os.environ, 30) as child:
        child.line("held")
        assert 40 < memory.family_megabytes(child.pid) < 120


# --- the report ------------------------------------------------------------------------------


def report() -> Report:
    results = [
        Result("submit", SHOAL, {"rate": [50_000.0, 41_000.0, 30_000.0]}, 20_000),
        Result("submit", "ray", {"rate": [700.0, 650.0, 600.0]}, 2_000),
        Result("map", SHOAL, {"rate": [1e6]}, 200_000, "lumps chosen by itself"),
        Result("map", "ray", failure="did not print '{' within 180 s and was ended"),
    ]
    return Report(MACHINE, 3, 0.012, results, {"dask": "distributed is not installed"})


def test_report_as_data_has_medians_samples_and_verdicts() -> None:
    data = json.loads(json.dumps(report().to_dict()))
    mine, rays, mapped = data["figures"]
    assert (mine["median"], mine["reached"], mine["target"]) == (41_000, True, 40_000)
    assert mine["samples"] == [50_000, 41_000, 30_000]
    assert (rays["subject"], rays["median"], rays["reached"]) == ("ray", 650, None)
    assert mapped["reached"] is False
    assert data["failures"] == [
        {"figure": "map", "subject": "ray", "reason": "did not print '{' within 180 s and was ended"}
    ]
    assert data["skipped"] == {"dask": "distributed is not installed"}


def test_markdown_is_a_table_with_every_reservation_below() -> None:
    text = report().markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert "| no-op submit + as_completed | tasks/s | at least 40,000 | 41,000 | reached | 650 |" in table
    assert table[3].endswith("| at least 3,000,000 | 1,000,000 | short | not measured |")
    assert "- Dask skipped: distributed is not installed." in text
    assert "Ray, map: not measured; it did not print '{' within 180 s" in text
    assert "Shoal 20,000 calls; Ray 2,000 calls" in text


def test_terminal_shows_the_same_cells_and_notes(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    show(report())
    text = capsys.readouterr().out
    for expected in ("41,000", "reached", "short", "not measured", "Dask skipped: distributed is not"):
        assert expected in text


# --- the measurements themselves -------------------------------------------------------------

# Small enough to be tests; the slow starters (Ray, Dask, MPI) are not part of the development set-up.
TINY = {"submit": 40, "map": 1_000, "round_trip": 10}
INSTALLED = [subject for subject in SUBJECTS if not subject.missing()]


def where(subject: Subject) -> str:
    return DEFAULT_SPEC if subject.name == SHOAL else str(WORKERS)


@pytest.mark.parametrize("subject", INSTALLED, ids=lambda subject: subject.name)
@pytest.mark.parametrize("key", TINY)
def test_rates_of_every_installed_subject(subject: Subject, key: str) -> None:
    figure = next(figure for figure in FIGURES if figure.key == key)
    measured = measure(subject, figure, TINY[key])
    assert set(measured["values"]) == {line.value for line in LINES if line.figure == key}
    assert all(len(samples) == 2 and min(samples) > 0 for samples in measured["values"].values())


def test_paced_boards_render_the_right_image() -> None:
    values = measure(BY_NAME[SHOAL], next(figure for figure in FIGURES if figure.key == "paced"), 8)["values"]
    assert values["ratio"][0] == pytest.approx(values["one_s"][0] / values["eight_s"][0])


def measure(subject: Subject, figure: Figure, count: int) -> dict:
    command = subject.measuring_command(figure, 2, count, where(subject))
    with process.running(command, {**os.environ, **subject.env}, 60) as child:
        measured = json.loads(child.line("{"))
        child.wait()
    return measured


def test_a_quick_run_of_what_is_measured_from_outside() -> None:
    told: list[str] = []
    made = run(quick=True, figures=["start", "memory"], peers=["futures"], progress=told.append)
    assert told == ["Shoal: start", "ProcessPool: start", "Shoal: memory", "ProcessPool: memory"]
    assert made.repetitions == 1
    figures = made.to_dict()["figures"]
    expected = 4 if memory.measurable() else 2
    assert len(figures) == expected and all(figure["median"] > 0 for figure in figures)
    assert made.bare_python_s > 0


def test_a_subject_that_fails_costs_only_its_own_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOAL_MICROPYTHON", shutil.which("false"))  # boards that end as soon as they start
    made = run(quick=True, figures=["start"], peers=["futures"])
    assert [failure["subject"] for failure in made.to_dict()["failures"]] == [SHOAL]
    assert [figure["subject"] for figure in made.to_dict()["figures"]] == ["futures"]
    assert "did not answer" in made.machine["boards"]


def test_a_wrong_spec_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(SpecError, match="xpicosaurus"):
        run(quick=True, figures=["start"], peers=[], on="virtual:2xpicosaurus")


@pytest.mark.parametrize("name", PEER_NAMES)
def test_every_peer_has_its_adapter_and_its_script(name: str) -> None:
    package = Path(process.__file__).parent
    assert (package / "peers" / f"{BY_NAME[name].adapter}.py").exists()
    assert (package / "first" / f"{BY_NAME[name].script}.py").exists()
