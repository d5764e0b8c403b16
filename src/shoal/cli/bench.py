"""`shoal bench`: the screen and the files of `shoal.bench`, which does the measuring."""

import argparse
import json
import os
from pathlib import Path

from shoal import bench, spec
from shoal.bench.subjects import SHOAL
from shoal.cli.screen import Screen
from shoal.errors import ShoalError, UsageError


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 if Shoal could not be measured, whatever its figures are."""
    where = spec.resolve(args.on, os.environ, Path.cwd()).text
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
