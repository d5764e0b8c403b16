"""Plots as PNG or SVG: the one file that knows matplotlib, which is loaded when the first plot is drawn.

A plot is panels beside each other, each with its lines; the same lines give the same SVG to the last byte. Text in an SVG stays
text, so that files are small and can be searched.
"""

import importlib
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shoal.errors import ShoalError, UsageError

SUFFIXES = (".svg", ".png")
_COLUMNS = 3  # panels in a row
_PANEL_INCHES = (3.4, 2.7)
_DOTS_PER_INCH = 144
_MARKS_ACROSS = 8  # numbers of boards that have room below an axis; of more, powers of two are written
# Colours that also those can tell apart who see no red or no green (Okabe and Ito's), each with its own mark.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "shoal",
        "font.size": 8,
        "font.sans-serif": ["DejaVu Sans"],
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)
_FONT = "font-family: 'DejaVu Sans', sans-serif"
_TAG, _FINE = re.compile("<[^>]*>"), re.compile(r"(\d+\.\d)\d+")
_LIGHTER = tuple(
    (re.compile(pattern), shorter)
    for pattern, shorter in (
        (r' transform="rotate\(-0 [^"]*\)"', ""),
        (r'<g id="[a-z]+2?d?_\d+">', "<g>"),
        (r"(?m)^[ \t]+|[ \t]+$", ""),
        (r'; "', '"'),
        (r"; stroke-linecap: square", ""),
        (f"{_FONT};? ?", ""),
        (r"\n(?=[Lz\"/] ?)", " "),
    )
)


@dataclass(frozen=True)
class Line:
    """One line of a panel. `measured`: its points are marks that no line joins, in the colour of the line of the same label."""

    label: str
    points: Sequence[tuple[float, float]]
    measured: bool = False


@dataclass(frozen=True)
class Panel:
    """Lines over the same axes. `levels`: values that are worth a line across, with their names; `ideal`: draw up = across.

    `doubling`: both axes go by factors, with whole boards across; else both are plain, from 0 on.
    """

    title: str
    lines: Sequence[Line]
    across: str = "boards"
    up: str = "speed-up"
    levels: Mapping[str, float] = field(default_factory=dict)
    ideal: bool = False
    doubling: bool = True


def speed_up(path: str | Path, curves: Mapping[str, Sequence[tuple[int, float]]], title: str = "") -> None:
    """Draw (boards, speed-up over one board) of each curve, beside what would be ideal. Raises as `draw`."""
    lines = [Line(label, points) for label, points in curves.items()]
    draw(path, [Panel(title, lines, levels={"one board": 1.0}, ideal=True)])


def check(path: str | Path) -> None:
    """Raise what `draw` would, before time is spent on figures: UsageError for a wrong name, a missing folder, no matplotlib."""
    file = Path(path)
    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"cannot draw {path}: the name of a plot ends in {' or '.join(SUFFIXES)}")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"cannot draw {path}: there is no folder {file.absolute().parent}")
    _matplotlib()


def draw(path: str | Path, panels: Sequence[Panel], title: str = "") -> None:
    """Write a plot; its kind is the ending of its name, .png or .svg.

    Raises UsageError for another ending, a folder that is not there, or where matplotlib is missing (the extra
    `shoal[plots]`), and ShoalError if the file cannot be written.
    """
    check(path)
    if not any(_seen(panel, line) for panel in panels for line in panel.lines):
        raise UsageError(f"cannot draw {path}: there is nothing to draw")
    matplotlib, figures = _matplotlib()
    with matplotlib.rc_context(dict(_SETTINGS)):
        columns = min(_COLUMNS, len(panels))
        rows = math.ceil(len(panels) / columns)
        wide, high = _PANEL_INCHES
        alone = 1.6 if len(panels) == 1 else 1.0
        figure = figures.Figure(figsize=(wide * columns * alone, high * rows * alone), layout="constrained")
        places = figure.subplots(rows, columns, squeeze=False).flatten()
        colours = _colours(panels)
        for place, panel in zip(places, panels, strict=False):
            _panel(place, panel, colours)
        for place in places[len(panels) :]:
            place.set_axis_off()
        _legend(figure, places, len(panels), rows * columns)
        if title:
            figure.suptitle(title, fontsize=10)
        kind = Path(path).suffix.lower()[1:]
        with _naming(path):
            figure.savefig(
                path,
                format=kind,
                dpi=_DOTS_PER_INCH,
                metadata={"Date": None, "Creator": None} if kind == "svg" else {"Software": None},
            )
    if kind == "svg":
        _lighten(Path(path))


def _colours(panels: Sequence[Panel]) -> Mapping[str, int]:
    """The number of each label: the same in all panels, and for what was predicted and measured of the same thing."""
    labels = dict.fromkeys(line.label for panel in panels for line in panel.lines)
    return {label: number for number, label in enumerate(labels)}


def _seen(panel: Panel, line: Line) -> list[tuple[float, float]]:
    """The points of a line that its panel can show: where axes go by factors there is no zero."""
    return [(x, y) for x, y in line.points if math.isfinite(y) and (not panel.doubling or (x > 0 and y > 0))]


def _panel(place: Any, panel: Panel, colours: Mapping[str, int]) -> None:
    for line in panel.lines:
        number = colours[line.label]
        points = _seen(panel, line)
        across, up = [x for x, _ in points], [y for _, y in points]
        style = {"linestyle": "none", "markersize": 5} if line.measured else {"linewidth": 1.2, "markersize": 3}
        label = f"{line.label}, measured" if line.measured else line.label
        colour, mark = _COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)]
        place.plot(across, up, color=colour, marker=mark, label=label, fillstyle="none" if line.measured else "full", **style)
    values = sorted({x for line in panel.lines for x, _ in _seen(panel, line)})
    if panel.doubling and values:
        place.set_xscale("log", base=2)
        place.set_yscale("log", base=2 if panel.ideal else 10)
        marks = (
            values
            if len(values) <= _MARKS_ACROSS
            else [1 << power for power in range(32) if values[0] <= 1 << power <= values[-1]]
        )
        place.set_xticks(marks, [f"{value:g}" for value in marks])
        place.minorticks_off()
        place.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if value >= 1 else f"{value:.2g}")
    elif values:
        place.set_xlim(left=0)
        place.set_ylim(bottom=0)
    if panel.ideal and values:
        place.plot(values, values, color="0.6", linewidth=0.8, linestyle=":", label="ideal")
    for name, level in panel.levels.items():
        place.axhline(level, color="0.4", linewidth=0.8, linestyle="--")
        place.annotate(name, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=7, color="0.3")
    place.set_title(panel.title, fontsize=9)
    place.set_xlabel(panel.across)
    place.set_ylabel(panel.up)
    place.grid(True, color="0.92", linewidth=0.6, clip_on=False)
    place.tick_params(left=False, bottom=False)


def _legend(figure: Any, places: Any, used: int, room: int) -> None:
    """One legend for all panels: in a place that no panel took, else below."""
    entries: dict[str, Any] = {}
    for place in places[:used]:
        for handle, label in zip(*place.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if len(entries) < 2:
        return
    if used < room:
        places[used].legend(entries.values(), entries.keys(), loc="upper left", frameon=False)
    else:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=min(4, len(entries)), frameon=False)


def _lighten(path: Path) -> None:
    """A third of the bytes, and the same picture: a tenth of a point is fine enough, and nothing refers to most names."""
    text = _TAG.sub(lambda tag: _FINE.sub(r"\1", tag[0]), path.read_text(encoding="utf-8"))
    for pattern, shorter in _LIGHTER:
        text = pattern.sub(shorter, text)
    kept: list[str] = []
    groups: list[bool] = []  # open groups: whether each says anything
    for line in text.replace("<svg ", f'<svg style="{_FONT}" ', 1).splitlines():
        if line.startswith("<g") and not line.endswith("/>"):
            groups.append(line != "<g>")
        if line not in ("<g>", "</g>") or (line == "</g>" and groups.pop()):
            kept.append(line)
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _matplotlib() -> tuple[Any, Any]:
    """matplotlib and its module of figures, which need no screen."""
    try:
        return importlib.import_module("matplotlib"), importlib.import_module("matplotlib.figure")
    except ImportError:
        raise UsageError("a plot needs matplotlib, which is not installed: pip install 'shoal[plots]'") from None


@contextmanager
def _naming(path: str | Path) -> Any:
    """Errors of the file system name the file."""
    try:
        yield
    except OSError as error:
        raise ShoalError(f"cannot write {path}: {error.strerror}") from error
