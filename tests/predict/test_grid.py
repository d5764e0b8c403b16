"""The grid of predicted against measured: its arithmetic on known figures, its file, and a few cells measured in earnest."""

import json
from dataclasses import replace

import pytest

from shoal import spec
from shoal.bench import grid, predicted
from shoal.bench.grid import Group, Run
from shoal.errors import UsageError
from shoal.predict import layout
from shoal.predict.model import Job, Sample

JOB = Job("work", [0.05] * 200, sizes=8, results=4.0, code=300, first_s=0.1)
SAMPLE = Sample((JOB,), "pico", agent_lump_s=0.015, agent_call_s=0.0005, compute_lump_s=0.002)


def expected(boards, sample=SAMPLE, link="usb"):
    return grid.run_of(layout.expected(sample, spec.parse(grid.where(link, boards)), boards))


def group(change=lambda run: run, counts=(1, 2, 4), link="usb"):
    """Runs that are what the model says, changed."""
    return Group("montecarlo", link, 200, SAMPLE, {count: [change(expected(count, link=link))] for count in counts})


def test_a_run_as_predicted_has_no_error():
    for cell in grid.cells(group()):
        assert cell.error == 0
        assert cell.level_error == pytest.approx(0, abs=1e-6)
        assert cell.scatter == 0


def test_the_middle_run_counts_and_the_scatter_is_told():
    run = expected(2)
    runs = [replace(run, wall_s=run.wall_s * factor) for factor in (1.3, 1.0, 0.9)]
    (cell,) = grid.cells(replace(group(), runs={2: runs}))
    assert cell.measured == runs[1]
    assert cell.scatter == pytest.approx(0.4)


def test_a_computer_that_was_slower_is_levelled_out():
    """Calls and agent of the measured run took half as long again: the prediction is off by that, the levelled one is not."""
    slow = grid._scaled(SAMPLE, 1.5, 1.5)
    made = replace(group(), runs={count: [expected(count, slow)] for count in (1, 2, 4)})
    for cell in grid.cells(made):
        assert cell.error == pytest.approx(1 / 1.5 - 1, abs=0.05)
        assert cell.level_error == pytest.approx(0, abs=0.02)


def test_what_was_late_for_other_reasons_is_not_levelled_out():
    made = group(lambda run: replace(run, wall_s=run.wall_s * 1.2), counts=(2, 4))
    for cell in grid.cells(made):
        assert cell.level_error == pytest.approx(1 / 1.2 - 1, abs=1e-6)


def test_the_side_is_against_one_board_with_and_without_a_link():
    cells = grid.cells(group())
    found = grid.sides(cells)
    assert len([side for side in found if side.against == "one board on the same link"]) == 2
    assert len([side for side in found if side.against == "one board without a link"]) == 3
    assert all(side.right for side in found)
    assert [side.measured < 1 for side in found if side.cell.boards == 1] == [True]  # a link only costs
    worse = [replace(cell, measured=replace(cell.measured, wall_s=100.0)) for cell in cells if cell.boards > 1]
    assert not any(side.right for side in grid.sides([cells[0], *worse]) if side.cell.boards > 1)


def test_a_bus_is_levelled_by_its_computing():
    slow = grid._scaled(SAMPLE, 1.5, 1.0)
    made = Group("montecarlo", "i2c@400k", 200, SAMPLE, {2: [expected(2, slow, "i2c@400k")]})
    (cell,) = grid.cells(made)
    assert cell.error < -0.2
    assert cell.level_error == pytest.approx(0, abs=0.01)


def test_a_file_gives_back_what_was_saved(tmp_path):
    file = tmp_path / "grid.json"
    assert grid.load(file) == ([], [])
    made = [replace(group(), sample=replace(SAMPLE, jobs=(replace(JOB, sizes=(8,) * 200, results=[4.0] * 200),), notes=("so",)))]
    grid.save(file, made, ["noted"])
    assert grid.load(file) == (made, ["noted"])
    assert grid.cells(grid.load(file)[0][0]) == grid.cells(made[0])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "notes": [], "groups": [{}]}', '{"version": 99}', "\x00"])
def test_another_file_is_refused(tmp_path, text):
    file = tmp_path / "grid.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"grid\.json is (not a grid|a grid of another release)"):
        grid.load(file)


def test_the_table_has_every_cell_and_names_wrong_sides():
    cells = grid.cells(group())
    wrong = [cells[0], replace(cells[1], measured=replace(cells[1].measured, wall_s=cells[0].measured.wall_s * 1.1)), cells[2]]
    text = grid.markdown(wrong, ["said beside"])
    assert "| montecarlo | usb |" in text
    assert "right in 1 of 2 cells; not in montecarlo, usb, 2 boards: 0.91 times as fast measured" in text
    assert text.endswith("- said beside\n")


@pytest.mark.parametrize(
    "words",
    [
        ["--jobs", "nonsense"],
        ["--links", "i2c@400"],
        ["--boards", "0"],
        ["--boards", "1,17"],
        ["--boards", "one"],
        ["--runs", "0"],
    ],
)
def test_wrong_use_is_refused_before_anything_is_measured(words, capsys):
    assert predicted.main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("shoal: ")


@pytest.mark.slow
def test_a_few_cells_measured_in_earnest(tmp_path, capsys, monkeypatch):
    """Two boards on USB and two on I2C, from samples of one. The machine may be busy: so levelled, and far from tight."""
    monkeypatch.setattr(predicted, "SAMPLE_S", 1.0)
    monkeypatch.setitem(predicted.CALLS, "montecarlo", 16)
    file = tmp_path / "grid.json"
    words = ["--jobs", "montecarlo", "--links", "usb", "i2c@400k", "--boards", "1,2", "--runs", "1", "--json"]
    words += ["--file", str(file)]
    assert predicted.main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(cell["link"], cell["boards"]) for cell in document["cells"]] == [
        ("usb", 1),
        ("usb", 2),
        ("i2c@400k", 1),
        ("i2c@400k", 2),
    ]
    for made in grid.load(file)[0]:
        one, two = grid.cells(made)
        assert abs(one.level_error) < 0.6, one
        assert abs(two.level_error) < 0.6, two
        assert two.predicted.wall_s < one.predicted.wall_s
    before = file.read_bytes()
    assert predicted.main(words) == 0  # nothing is left to measure
    assert json.loads(capsys.readouterr().out) == document
    assert file.read_bytes() == before


def test_a_run_is_summed_over_its_boards():
    run = expected(4)
    assert run.wall_s > 2.5
    assert run.compute_s == pytest.approx(10 + 0.002 * run.lumps, rel=0.05)
    assert isinstance(run, Run)
