"""Makes the grid of predicted against measured wall times on paced virtual clusters, job by job on each link.

    python -m shoal.bench.predicted [--jobs NAME ...] [--links LINK ...] [--boards 1,2,4,8,16] [--runs N] [--file FILE] [--json]

For each job and link some calls run on ONE board; from that sample every number of boards is predicted, and then measured. All of
it happens in one process, because each measures once how much slower a paced board is than this computer. With --file, a job on a
link that the file has already is not measured again: an interrupted grid goes on where it was, and a whole one is only predicted
anew, by the model as it is now; with --resample also from samples as they are taken now.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from shoal import Cluster, sampling, spec
from shoal.bench import grid, machine
from shoal.bench.grid import Cell, Group, Run
from shoal.bench.jobs import JOBS, Workload
from shoal.errors import ShoalError, UsageError
from shoal.predict.model import Sample
from shoal.suggest import unknown

CALLS = {"mandelbrot": 96, "matrix": 96, "sort": 120, "montecarlo": 160, "sensors": 320}
"""The five jobs and how many of their calls: 5 to 20 s of one Pico."""
LINKS = ("usb", "tcp", "i2c@100k", "i2c@400k", "i2c@1M", "uart@1M")
BOARDS = (1, 2, 4, 8, 16)
SAMPLE_S = 10.0


def measure(job: Workload, calls: int, on: str, expected: list[object]) -> Run:
    """One run of a job on boards that are up. Raises ShoalError if an answer is wrong or a board is lost."""
    with Cluster(on) as cluster:
        asked = cluster.spec.count
        if len(cluster.boards) < asked:
            raise ShoalError(f"{len(cluster.boards)} of {asked} boards of {on} answered")
        answers = job.run(cluster, calls)
        account = cluster.account()
    if answers != expected:
        raise ShoalError(f"{job.name} on {on} gives another answer than this computer")
    lost = sum(board.resets for board in account.boards)
    if lost:
        raise ShoalError(f"{job.name} on {on}: boards ended {lost} times, so its time says nothing")
    return grid.run_of(account)


def group(name: str, link: str, counts: Sequence[int], runs: int) -> Group:
    """Sample and measure one job on one link."""
    job, calls = JOBS[name], CALLS.get(name, JOBS[name].calls)
    expected: list[object] = job.here(calls)
    made = Group(name, link, calls, sampled(name, link, calls), {count: [] for count in counts})
    for number in range(runs):
        for count in counts:
            _tell(f"{name}, {link}: run {number + 1} of {runs} on {count}")
            made.runs[count].append(_twice(job, calls, grid.where(link, count), expected))
    return made


def sampled(name: str, link: str, calls: int) -> Sample:
    """A sample of a job on one board of a link."""
    job = JOBS[name]
    _tell(f"{name}, {link}: sample")
    return sampling.sample_map(job.function, *job.arguments(calls), on=grid.where(link, 1), seconds=SAMPLE_S)


def _twice(job: Workload, calls: int, on: str, expected: list[object]) -> Run:
    """A run; once more if a board ended in it."""
    try:
        return measure(job, calls, on, expected)
    except ShoalError as error:
        _tell(f"again, because {error}")
        return measure(job, calls, on, expected)


def measured(
    names: Sequence[str], links: Sequence[str], counts: Sequence[int], runs: int, file: Path | None, resample: bool = False
) -> list[Group]:
    """All groups; those that the file has are taken from there, but for their samples if told so. Writes it after each group."""
    done, noted = grid.load(file) if file else ([], [])
    for link in links:
        for name in names:
            olds = [old for old in done if _enough(old, name, link, counts, runs)]
            if olds and not resample:
                continue
            made = replace(olds[0], sample=sampled(name, link, olds[0].calls)) if olds else group(name, link, counts, runs)
            for cell in grid.cells(made):
                _tell(f"  {cell.boards}: {cell.measured.wall_s:.2f} s, {cell.error:+.1%}, levelled {cell.level_error:+.1%}")
            done = [old for old in done if (old.job, old.link) != (name, link)] + [made]
            noted = noted or notes()
            if file:
                grid.save(file, done, noted)
    return [made for name in names for link in links for made in done if (made.job, made.link) == (name, link)]


def _enough(old: Group, name: str, link: str, counts: Sequence[int], runs: int) -> bool:
    asked = (old.job, old.link, old.calls) == (name, link, CALLS.get(name, JOBS[name].calls))
    return asked and all(len(old.runs.get(count, ())) >= runs for count in counts)


def notes() -> list[str]:
    """What must be said beside the figures."""
    about = machine.describe(grid.where("usb", 1))
    facts = f"{about['processor']}, {about['cores']} cores, {about['memory']}; {about['system']}; {about['python']}"
    return [
        f"Measured on {about['date']}: {facts}; boards run {about['boards']}.",
        "Each cell: measured seconds (the middle run), and by how many percent the prediction is too long; in brackets levelled.",
        f"Every prediction is made from a sample of {SAMPLE_S:.0f} s of one board, taken once for each job and link.",
    ]


def _tell(text: str) -> None:
    """What is being done, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def _words(kind: str, wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    for word in wanted:
        if word not in known:
            raise UsageError(unknown(kind, word, known))
    return [word for word in known if word in wanted]


def _counts(text: str) -> list[int]:
    try:
        counts = sorted({int(word) for word in text.split(",")})
    except ValueError:
        raise UsageError(f"--boards {text}: numbers parted by commas are needed, such as 1,2,4") from None
    if not 1 <= counts[0] <= counts[-1] <= spec.MOST_ON_BUS:
        raise UsageError(f"--boards {text}: from 1 to {spec.MOST_ON_BUS} boards")
    return counts


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    about = "Predicted against measured wall times on paced virtual clusters."
    parser = argparse.ArgumentParser(prog="python -m shoal.bench.predicted", description=about, allow_abbrev=False)
    parser.add_argument("--jobs", nargs="+", default=list(CALLS), metavar="NAME", help=f"of {', '.join(JOBS)}")
    parser.add_argument("--links", nargs="+", default=list(LINKS), metavar="LINK", help=f"of {', '.join(LINKS)}")
    parser.add_argument("--boards", default=",".join(map(str, BOARDS)), metavar="N,N", help="numbers of boards")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each cell; the middle one counts")
    parser.add_argument("--file", type=Path, metavar="FILE", help="keep what is measured there, and go on from what it has")
    parser.add_argument("--resample", action="store_true", help="keep what was measured, and take the samples anew")
    parser.add_argument("--json", action="store_true", help="every cell, for programs")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """The command."""
    args = _arguments(argv)
    try:
        if args.runs < 1:
            raise UsageError(f"--runs {args.runs}: at least 1")
        names, links = _words("job", args.jobs, list(JOBS)), _words("link", args.links, LINKS)
        groups = measured(names, links, _counts(args.boards), args.runs, args.file, args.resample)
    except UsageError as error:
        _tell(f"shoal: {error}")
        return 2
    except ShoalError as error:
        _tell(f"shoal: {error}")
        return 1
    made: list[Cell] = [cell for each in groups for cell in grid.cells(each)]
    said = (grid.load(args.file)[1] if args.file else []) or notes()
    if args.json:
        print(json.dumps({"notes": said, "cells": [asdict(cell) for cell in made]}, indent=1))
    else:
        print(grid.markdown(made, said), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
