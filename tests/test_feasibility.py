"""The jobs of the feasibility study answer alike everywhere; it is made of samples alone, and its page says what it made."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shoal import Cluster
from shoal.bench.feasibility import __main__ as command
from shoal.bench.feasibility import against, figures, loops, machinecode, samples, study, tables
from shoal.bench.jobs import JOBS
from shoal.errors import ShoalError

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "feasibility.md"
KEPT = PAGE.with_suffix("") / "samples.json"


@pytest.fixture(scope="module")
def kept() -> samples.Samples:
    return samples.load(KEPT)


@pytest.fixture(scope="module")
def cluster():
    with Cluster("virtual:2xpico") as made:
        yield made


@pytest.mark.parametrize("name", JOBS)
def test_a_job_answers_on_boards_as_it_does_here(cluster, name):
    job = JOBS[name]
    assert job.run(cluster, 12) == job.here(12)
    assert len(job.arguments(12)[0]) == 12
    assert len(job.arguments(job.calls)[0]) == job.calls


def test_the_loops_of_the_catalogue_s_benchmark_run_on_boards(cluster):
    assert list(cluster.map(loops.mandelbrot_row, [0, 15])) == [loops.mandelbrot_row(0), loops.mandelbrot_row(15)]
    assert cluster.submit(loops.add, loops.WHOLE, 100).result() == sum(loops.WHOLE)


@pytest.mark.parametrize(("name", "said"), [("sort", "81920 numbers in order"), ("primes", "4203 primes below 40000")])
def test_a_job_is_a_script(name, said):
    script = ROOT / "src" / "shoal" / "bench" / "jobs" / f"{name}.py"
    called = [sys.executable, "-m", "shoal.cli", "run", "--on", "virtual:2xpico", str(script)]
    done = subprocess.run(called, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(said)


def test_a_study_of_samples_is_the_same_each_time(kept):
    few = replace(kept, of={name: kept.of[name] for name in ("montecarlo", "sort")})
    links = [link for link in figures.LINKS if link.name in ("usb", "i2c@100k")]
    once, twice = (study.make(few, links, (1, 4)) for _ in range(2))
    assert once == twice
    # What only computes gains from boards wherever they are; what mostly travels is quicker on one Pico than behind a slow bus.
    assert once.best("montecarlo", "usb").speed_up > 2.5
    assert once.best("montecarlo", "i2c@100k").boards == 4
    assert once.best("sort", "i2c@100k").speed_up < 0.5
    for cell in once.cells:
        assert cell.wall_s > cell.pico_s / cell.boards, "faster than all boards together can compute"


def test_samples_are_what_they_were_when_they_are_read_again(kept, tmp_path):
    samples.save(kept, tmp_path / "again.json")
    again = samples.load(tmp_path / "again.json")
    assert again.of.keys() == JOBS.keys()
    for name, sample in kept.of.items():
        assert list(again.of[name].jobs[0].seconds) == list(sample.jobs[0].seconds)
    samples.save(again, tmp_path / "twice.json")
    assert (tmp_path / "twice.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_a_slower_board_takes_longer_for_everything_but_bytes(kept):
    sample = kept.of["image"]
    slower = against.as_real(sample, 2.0)
    assert against.computing_s(slower) == pytest.approx(2 * against.computing_s(sample))
    assert slower.agent_lump_s == 2 * sample.agent_lump_s
    assert slower.jobs[0].results == sample.jobs[0].results


def test_all_functions_load_as_fast_as_the_fastest(kept):
    took = {name: replace(sample.jobs[0], first_s=seconds) for seconds, (name, sample) in enumerate(kept.of.items(), 1)}
    of = {name: replace(kept.of[name], jobs=(job,)) for name, job in took.items()}
    assert {sample.jobs[0].first_s for sample in samples.loading_alike(of).values()} == {1}


@pytest.mark.parametrize(("name", "calls", "unit_s"), [("montecarlo", 160, 1500 * 0.18e-6), ("image", 160 * 64, 318 * 0.67e-6)])
def test_machine_code_computes_as_its_kernel_does(kept, name, calls, unit_s):
    """64 times the work: a job whose calls can be longer has no more of them, one whose calls cannot has as many more."""
    fast = machinecode.hastened(kept.of[name], JOBS[name])
    assert len(fast.jobs[0].seconds) == calls
    assert against.computing_s(fast) == pytest.approx(calls * 0.0002 + 64 * 160 * unit_s)


def test_the_page_stands_as_its_samples_make_it(kept):
    """All that needs no simulation; what does is deterministic, see above, and made anew with --again."""
    page = PAGE.read_text(encoding="utf-8")
    made = study.make(kept, (), ())
    blocks = dict(re.findall(rf"<!-- (\w+): made by {tables.MAKER} -->\n(.*?)\n<!-- end -->", page, re.DOTALL))
    assert blocks.keys() == tables.BLOCKS.keys()
    for name in ("made", "jobs", "prices"):
        assert blocks[name] == tables.BLOCKS[name](made), f"{name} differs; run {tables.MAKER} --again"


def test_nothing_of_this_computer_s_folders_is_kept(kept):
    assert "/" not in kept.machine["sampled"].replace("1x", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no samples"),
        ("[]", "holds no samples"),
        ('{"version": 99}', "another release"),
        (json.dumps({"version": 1, "machine": {}, "of": {"sort": {"jobs": [{"speed": 1}]}}}), "holds no samples"),
    ],
)
def test_a_file_that_holds_no_samples_is_named(text, said, tmp_path):
    file = tmp_path / "samples.json"
    file.write_text(text)
    with pytest.raises(ShoalError, match=said) as error:
        samples.load(file)
    assert str(file) in str(error.value)


def test_a_page_with_an_unknown_block_is_not_filled(kept):
    made = study.make(kept, (), ())
    with pytest.raises(ShoalError, match="no blocks"):
        tables.filled("# A page", made)
    with pytest.raises(ShoalError, match="unknown block nonsense"):
        tables.filled(f"<!-- nonsense: made by {tables.MAKER} -->\n<!-- end -->", made)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--page", "nowhere.md"], 2, "there is no page nowhere.md"),
        (["--page", "page.md", "--seconds", "0"], 2, "more than 0"),
        (["--page", "page.md", "--again"], 1, "holds no samples"),
        (["--page", "page.md", "--on", "virtuel:1xpico"], 2, "virtual"),
        (["--quick", "--on", "virtual:0xpico"], 2, "0xpico"),
    ],
)
def test_what_is_asked_wrongly_is_said_before_anything_is_measured(arguments, code, said, tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    Path("page.md").write_text("# A page\n")
    assert command.main(arguments) == code
    assert said in capsys.readouterr().err
