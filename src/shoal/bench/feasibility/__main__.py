"""Make the feasibility study: `python -m shoal.bench.feasibility [--quick] [--again] [--on SPEC]`.

Sampling takes some minutes on a paced board. On an emulated one, whose figures are nearer to a real Pico's, it takes half an
hour: `--on 'emulated:1xpico?firmware=RPI_PICO.uf2' --seconds 3`. `--again` predicts anew, in minutes, from the samples that
are kept.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shoal import plots
from shoal.bench.feasibility import drawing, figures, samples, study, tables
from shoal.bench.jobs import JOBS
from shoal.errors import ShoalError, UsageError

QUICK_LINKS = ("usb", "i2c@400k")
QUICK_COUNTS = (1, 4, 16)
QUICK_SHARE, QUICK_SECONDS = 1 / 4, 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the study is made, 1 if boards failed, 2 if it was asked wrongly."""
    parser = argparse.ArgumentParser(prog="python -m shoal.bench.feasibility", description="Make the feasibility study.")
    parser.add_argument("--quick", action="store_true", help="a quarter of each job over two links; write nothing, print tables")
    parser.add_argument("--again", action="store_true", help="do not sample; predict anew from the samples kept beside the page")
    parser.add_argument("--on", metavar="SPEC", default=samples.PACED, help="the board to sample on; default: %(default)s")
    parser.add_argument("--page", metavar="FILE", default="docs/feasibility.md", help="default: %(default)s")
    parser.add_argument(
        "--seconds", metavar="S", type=float, default=10.0, help="of board time for a sample; default: %(default)g"
    )
    args = parser.parse_args(arguments)
    try:
        return quick(args.on) if args.quick else full(Path(args.page), args.on, args.seconds, args.again)
    except ShoalError as error:
        print(f"feasibility: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def quick(on: str) -> int:
    """Print the tables of a small study."""
    links = [link for link in figures.LINKS if link.name in QUICK_LINKS]
    made = study.make(samples.take(list(JOBS.values()), on, QUICK_SECONDS, QUICK_SHARE, _tell), links, QUICK_COUNTS)
    for name, block in tables.BLOCKS.items():
        print(f"{name}\n\n{block(made)}\n")
    return 0


def full(page: Path, on: str, seconds: float, again: bool) -> int:
    """Fill the page, and write samples and plots into the folder of its name. Raises UsageError before anything is measured."""
    if not page.is_file():
        raise UsageError(f"there is no page {page}; run this in the project's folder, or say --page")
    if seconds <= 0:
        raise UsageError(f"--seconds {seconds:g}: more than 0 is needed")
    folder = page.parent / page.stem
    folder.mkdir(exist_ok=True)
    plots.check(folder / drawing.NAMES[0])
    kept = folder / "samples.json"
    if not again:
        samples.save(samples.take(list(JOBS.values()), on, seconds, 1.0, _tell), kept)
    made = study.make(samples.load(kept), figures.LINKS, figures.COUNTS)
    text = tables.filled(page.read_text(encoding="utf-8"), made)
    drawing.draw(made, folder)
    page.write_text(text, encoding="utf-8")
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
