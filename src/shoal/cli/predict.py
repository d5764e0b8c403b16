"""`shoal predict`: what a script would take on boards that nobody has yet. `shoal.sampling` and `shoal.predict` find it out.

The script's standard output stays its own, unless JSON is asked for: then it goes to standard error, as all progress does.
"""

import argparse
import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shoal import cluster, plots, sampling, spec
from shoal.binding import binding
from shoal.cli.following import Following
from shoal.cli.run import run_script
from shoal.cli.screen import Screen, seconds
from shoal.cli.table import split_options
from shoal.errors import LinkError, UsageError
from shoal.model import Account
from shoal.predict.layout import link_s
from shoal.predict.model import Sample
from shoal.predict.sweep import Prediction, lump, sweep
from shoal.predict.tree import tree
from shoal.spec import Spec

COUNTS = (1, 2, 4, 8, 16)
MADE = ("virtual", "emulated", "breadboard")  # boards that there can be more of, or fewer, by asking
BAR = 24  # characters of the longest bar
PART = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


def run(args: argparse.Namespace) -> int:
    """Predict and show; 1 if the script failed."""
    rest = split_options(args.verb, args.arguments, args)
    if not Path(args.script).is_file():
        raise UsageError(f"there is no script {args.script}")
    on = spec.resolve(args.on, os.environ, Path.cwd())
    counts = _counts(args.boards, on)
    _check(args, on, counts)
    sampled = spec.parse(args.sample) if args.sample else on
    code, notes = _script(args, sampled, rest)
    if code:
        print(f"shoal: nothing to predict: {args.script} ended with exit code {code}", file=sys.stderr)
        return code
    with Screen(error=True).working() as tell:
        try:
            sample = sampling.sample(notes.jobs(), sampled, seconds=args.seconds, tell=tell)
        except LinkError as error:
            if sampled.scheme not in MADE:
                error.add_note("A virtual board can run the sample: --sample 'virtual:1xpico?pace=real&link=usb'")
            raise
        sample = replace(sample, notes=(*sample.notes, *notes.remarks()))
        tell("trying numbers of boards on the simulated clock")
        prediction = _predict(sample, sampling.paced(on), counts, args)
    for path in filter(None, (args.svg, args.png)):
        plots.speed_up(path, {on.text: prediction.curve}, f"{Path(args.script).name} (predicted)")
    if args.json:
        print(json.dumps(prediction.to_dict(), indent=2))
    else:
        show(prediction, sample)
    return 0


def _predict(sample: Sample, on: Spec, counts: Sequence[int], args: argparse.Namespace) -> Prediction:
    """On one computer, or on a tree of computers and gateways, each gateway with so many boards."""
    if args.computers is None and args.gateways is None:
        return sweep(sample, on, counts)
    computers, gateways = args.computers or 1, args.gateways or 1
    return sweep(sample, on, counts, lambda work, count: tree(work, on, computers, gateways, count), lumps=False)


def _script(args: argparse.Namespace, sampled: Spec, rest: Sequence[str]) -> tuple[int, sampling.Notes]:
    """The script's exit code, and notes of what it asked for: it runs once, whole, on virtual boards at full speed."""
    screen = Screen(error=True)
    where = os.environ[spec.ENVIRONMENT_NAME] = sampling.whole(sampled).text
    following = Following(screen, keep=False)
    cluster.watch(following.add)
    with sampling.noting() as notes:
        out = contextlib.redirect_stdout(sys.stderr) if args.json else contextlib.nullcontext()
        with out, following.progress() if screen.redraws else contextlib.nullcontext():
            code = run_script(args.script, rest)
            following.shutdown()
    for other in sorted({text for text in notes.clusters if text != where}):
        screen.say(f"note: the script named its own cluster, {other}, and ran there; Cluster() leaves that to whoever runs it")
    return code, notes


def _counts(text: str | None, on: Spec) -> tuple[int, ...]:
    """Numbers of boards such as "1,2,4-8". Raises UsageError."""
    if text is None:
        most = spec.MOST_ON_BUS if on.bus else spec.MAX_BOARDS
        return tuple(sorted({*COUNTS, *([on.count] if 0 < on.count <= most else [])}))
    counts: set[int] = set()
    for part in text.split(","):
        match = PART.fullmatch(part.strip())
        if match is None:
            raise UsageError(f"--boards {text}: '{part}' is no number of boards; write 1,2,4,8 or 1-8")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= spec.MAX_BOARDS:
            raise UsageError(f"--boards {text}: a number of boards is from 1 to {spec.MAX_BOARDS}")
        counts.update(range(first, last + 1))
    return tuple(sorted(counts))


def _check(args: argparse.Namespace, on: Spec, counts: Sequence[int]) -> None:
    """Refuse what cannot be, before anything takes time. Raises UsageError."""
    for count in counts if on.scheme in MADE else ():
        on.sized(count)
    link_s(on, on.groups[0].kind if on.groups else "pico", 1, 1)  # whether anything is known of these links
    for path, suffix in ((args.svg, ".svg"), (args.png, ".png")):
        if path and Path(path).suffix.lower() != suffix:
            raise UsageError(f"{path}: a name that ends in {suffix} is needed")
        if path and not Path(path).absolute().parent.is_dir():
            raise UsageError(f"{path}: there is no such folder")


def show(prediction: Prediction, sample: Sample) -> None:
    """The table, and what follows from it."""
    screen = Screen()
    longest = max(row.speed_up for row in prediction.rows)
    joules = any(row.joules for row in prediction.rows)
    headings = ["boards", "time", "speed-up", "", "efficiency", *(["joules"] if joules else []), "bound by"]
    rows = [_row(row, longest, joules) for row in prediction.rows]
    screen.say("")
    screen.table(headings, rows, text=["", "bound by"])
    screen.say("")
    screen.say(prediction.verdict)
    best = prediction.row(prediction.best)
    calls = lump(best).calls
    own = f"{calls:.0f}" if calls >= 10 else f"{calls:.2g}"
    if prediction.chunk:
        gain = 1 - prediction.chunk_s / best.wall_s
        screen.say(f"best lump: chunksize={prediction.chunk} ({gain:.0%} less time than {own} calls on average, as now)")
    else:
        screen.say(f"best lump: as the scheduler chooses, {own} call{'s' * (own != '1')} on average")
    screen.say(f"best number of boards: {prediction.best}; limit: {prediction.limit}")
    for note in prediction.notes:
        screen.say(f"- {note}")
    screen.say(f"- figures: {prediction.basis} at worst; sampled on {sample.kind}")


def _row(row: Account, longest: float, joules: bool) -> list[str]:
    bar = "█" * max(1, round(BAR * row.speed_up / longest)) if longest else ""
    bound = binding(row)
    energy = [f"{row.joules:.3g}"] if joules else []
    return [
        str(len(row.boards)),
        seconds(row.wall_s),
        f"{row.speed_up:.2f}",
        bar,
        f"{row.efficiency:.0%}",
        *energy,
        f"{bound.what} ({bound.share:.0%})",
    ]
