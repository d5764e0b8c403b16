"""Plots: the right kind of file, the same each time, small, and clear words where one cannot be drawn."""

import subprocess
import sys
import xml.dom.minidom

import pytest

from shoal import plots
from shoal.errors import ShoalError, UsageError

CURVES = {"usb": [(1, 1.0), (2, 1.9), (4, 3.7)], "i2c@400k": [(1, 0.9), (2, 1.2), (4, 1.1)]}


@pytest.fixture(autouse=True)
def with_matplotlib():
    pytest.importorskip("matplotlib")


def panels(count, lines=6):
    boards = (1, 2, 4, 8, 16)
    drawn = [plots.Line(f"link {k}", [(n, n ** (1 - k / 9)) for n in boards]) for k in range(lines)]
    return [plots.Panel(f"job {number}", drawn, ideal=True) for number in range(count)]


def test_an_svg_is_the_same_each_time_and_says_what_it_shows(tmp_path):
    for name in ("one.svg", "two.svg"):
        plots.speed_up(tmp_path / name, CURVES, "Mandelbrot")
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert one == (tmp_path / "two.svg").read_text(encoding="utf-8")
    texts = xml.dom.minidom.parseString(one).getElementsByTagName("text")
    words = {"".join(node.data for node in text.childNodes) for text in texts}
    assert {"Mandelbrot", "boards", "speed-up", "usb", "i2c@400k", "ideal", "one board"} <= words
    assert {"1", "2", "4"} <= words, "the numbers of boards are the marks of the axis"


def test_the_values_are_where_they_belong(tmp_path):
    """Both axes go by factors of two: each doubling is as far from the one before."""
    plots.draw(tmp_path / "plot.svg", [plots.Panel("", [plots.Line("a", [(1, 1), (2, 2), (4, 8)])], ideal=True)])
    uses = xml.dom.minidom.parse(str(tmp_path / "plot.svg")).getElementsByTagName("use")
    (x1, y1), (x2, y2), (x4, y8) = [(float(use.getAttribute("x")), float(use.getAttribute("y"))) for use in uses][:3]
    assert x4 - x2 == pytest.approx(x2 - x1, abs=0.2)
    assert y2 - y8 == pytest.approx(2 * (y1 - y2), abs=0.3)


def test_seven_panels_fit_into_a_small_file(tmp_path):
    plots.draw(tmp_path / "seven.svg", panels(7), "Seven jobs")
    assert (tmp_path / "seven.svg").stat().st_size < 60_000
    xml.dom.minidom.parse(str(tmp_path / "seven.svg"))


def test_numbers_beside_an_axis_keep_all_their_digits(tmp_path):
    plots.draw(tmp_path / "plot.svg", [plots.Panel("", [plots.Line("a", [(1, 0.2), (16, 2)])], ideal=True)])
    assert ">0.25<" in (tmp_path / "plot.svg").read_text(encoding="utf-8"), "0.25 is not to become 0.2"


def test_what_an_axis_cannot_show_is_left_out(tmp_path):
    plots.speed_up(tmp_path / "plot.svg", {"usb": [(1, 1.0), (2, 0.0), (3, float("nan")), (4, 3.0)]})
    xml.dom.minidom.parse(str(tmp_path / "plot.svg"))
    plots.speed_up(tmp_path / "many.svg", {"usb": [(n, n / 2) for n in range(1, 65)]})
    text = (tmp_path / "many.svg").read_text(encoding="utf-8")
    assert ">64<" in text and ">63<" not in text


def test_a_png_is_one(tmp_path):
    plots.speed_up(tmp_path / "plot.PNG", CURVES)
    assert (tmp_path / "plot.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "said"),
    [("plot.pdf", "ends in .svg or .png"), ("plot", "ends in .svg or .png"), ("nowhere/plot.svg", "there is no folder")],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_drawn(name, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        plots.check(name)
    with pytest.raises(UsageError, match=said):
        plots.speed_up(name, CURVES)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # what Python itself does for a module that cannot be imported
    with pytest.raises(UsageError, match=r"pip install 'shoal\[plots\]'"):
        plots.check(tmp_path / "plot.svg")


def test_importing_plots_does_not_load_matplotlib():
    loaded = [sys.executable, "-c", "import sys, shoal.plots; sys.exit('matplotlib' in sys.modules)"]
    assert subprocess.run(loaded, timeout=60).returncode == 0


def test_nothing_to_draw_and_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="nothing to draw"):
        plots.draw(tmp_path / "plot.svg", [])
    with pytest.raises(UsageError, match="nothing to draw"):
        plots.speed_up(tmp_path / "plot.svg", {"usb": [(1, 0.0)]})
    (tmp_path / "taken.svg").mkdir()
    with pytest.raises(ShoalError, match="cannot write"):
        plots.speed_up(tmp_path / "taken.svg", CURVES)
