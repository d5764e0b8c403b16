"""`shoal bench`: the screen and the files of `shoal.bench`, which does the measuring. With --calibrate: of one's own boards."""

import argparse
import json
import os
from pathlib import Path

from shoal import bench, catalog, spec
from shoal.bench import calibrate
from shoal.bench.calibrate import Calibration, Figure
from shoal.bench.subjects import SHOAL
from shoal.cli.screen import Screen
from shoal.errors import ShoalError, UsageError


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 if Shoal could not be measured, whatever its figures are."""
    on = spec.resolve(args.on, os.environ, Path.cwd())
    if args.calibrate:
        return _calibrate(args, on)
    where = on.text
    if args.markdown and not Path(args.markdown).absolute().parent.is_dir():
        raise UsageError(f"--markdown {args.markdown}: there is no such folder")
    with Screen(error=True).working() as tell:
        report = bench.run(args.quick, args.figures, args.peers, where, tell)
    if args.markdown:
        try:
            Path(args.markdown).write_text(report.markdown(), encoding="utf-8")
        except OSError as error:
            raise ShoalError(f"cannot write {args.markdown}: {error.strerror}") from error
    if args.json:
        print(json.dumps(report.to_dict(), indent=2))
    else:
        show(report)
    return 1 if any(result.failure for result in report.results if result.subject == SHOAL) else 0


def show(report: bench.Report) -> None:
    """The table and its notes on the screen."""
    screen = Screen()
    headings, rows = report.grid()
    screen.table(headings, rows, text=("figure", "unit", ""))
    for note in report.notes():
        screen.say(f"- {note}")


def _calibrate(args: argparse.Namespace, on: spec.Spec) -> int:
    """Measure the boards of a spec, keep the figures for predictions, and show them beside the catalogue's."""
    others = [name for name in ("quick", "figures", "peers", "markdown") if getattr(args, name) not in (None, False)]
    if others:
        raise UsageError(f"--calibrate measures boards, not Shoal beside others: leave --{others[0]} away")
    with Screen(error=True).working() as tell:
        made = calibrate.calibrate(on, tell)
    file = calibrate.store(made)
    if args.json:
        print(json.dumps({**made.to_dict(), "file": str(file)}, indent=2))
        return 0
    screen = Screen()
    rows = [[figure.title, *_words(figure.value, figure), *_words(figure.known, figure)[:1]] for figure in made.figures]
    screen.table(["figure", "measured", "unit", "catalogue"], rows, text=("figure", "unit"))
    for line in _said(made, file):
        screen.say(line)
    return 0


def _words(value: float | None, figure: Figure) -> tuple[str, str]:
    """A figure and its unit as people read them: milliseconds instead of thousandths of a second."""
    if value is None:
        return "", figure.unit
    if figure.unit == "s":
        return f"{value * 1e3:,.3f}", "ms"
    digits = 2 if value < 10 else 0
    return f"{value:,.{digits}f}", figure.unit


def _said(made: Calibration, file: Path) -> list[str]:
    """What was measured, what is done with it, and what must be said."""
    board = "one board" if made.boards == 1 else f"the mean of {made.boards} boards"
    kind = catalog.boards()[made.kind].name if made.kind else "of a kind that the catalogue does not know"
    use = "predictions use them instead of the catalogue's"
    if not made.replaces:
        use = "such boards are made by the catalogue's, which therefore stay in use for them"
    return [
        f"Of {board} ({kind}), {made.on}.",
        f"Kept in {file} under [{catalog.CALIBRATIONS}.{json.dumps(made.name)}]; {use}.",
        *(f"- {note}" for note in made.notes),
    ]
