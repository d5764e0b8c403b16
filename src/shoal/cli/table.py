"""The verbs of `shoal`: one table, from which the parser, the help and the documentation are made.

A verb's module is named here and loaded only when it is called, so that `shoal --help` loads none of them.
Each has one function, `run(args) -> int`: the exit code, 0 done or 1 the work failed.
"""

import argparse
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shoal import spec

PACED = f"{spec.DEFAULT}?pace=real"
MOST_POINTS = 4000  # a side of the demo's picture: one row is then 8 KB on a board
MOST_STEPS = 65535  # the row is an array("H")


@dataclass(frozen=True)
class Argument:
    """One argument of a verb: its names, and what argparse is told about it."""

    names: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verb:
    """One verb. `examples`: command lines as a user would type them, each with what it does."""

    name: str
    module: str
    summary: str
    about: str
    examples: tuple[tuple[str, str], ...]
    arguments: tuple[Argument, ...]

    def load(self) -> Callable[[argparse.Namespace], int]:
        """The `run` of this verb's module."""
        run: Callable[[argparse.Namespace], int] = importlib.import_module(self.module).run
        return run


def _option(*names: str, **settings: Any) -> Argument:
    return Argument(names, settings)


def _on(default: str = spec.DEFAULT) -> Argument:
    text = f"the cluster; default: ${spec.ENVIRONMENT_NAME}, else ./{spec.FILE_NAME}, else {default}"
    return _option("--on", metavar="SPEC", help=text)


def _json(what: str) -> Argument:
    return _option("--json", action="store_true", help=f"print only {what}, as JSON, on standard output")


def _size(text: str) -> tuple[int, int]:
    """ "160x120" as (160, 120)."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 160x120")
    size = int(width), int(height)
    if not all(1 <= side <= MOST_POINTS for side in size):
        raise argparse.ArgumentTypeError(f"{text}: width and height are from 1 to {MOST_POINTS}")
    return size


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps from 1 to {MOST_STEPS}")
    return int(text)


VERBS = (
    Verb(
        "demo",
        "shoal.cli.demo",
        "render the Mandelbrot set on the boards",
        "Render the Mandelbrot set on the boards: watch it appear, get a PNG, and see where the time went.",
        (
            ("shoal demo", "eight virtual boards, as slow as real Picos"),
            ("shoal demo --on virtual:8xpico --size 640x480", "the same boards at full speed"),
        ),
        (
            _on(PACED),
            _option("--size", type=_size, default=(160, 120), metavar="WxH", help="points; default: 160x120"),
            _option("--limit", type=_limit, default=100, metavar="N", help="steps a point; default: 100"),
            _option("--out", default="mandelbrot.png", metavar="PNG", help="default: mandelbrot.png"),
            _option("--check", action="store_true", help="compare every row with this computer's own"),
            _json("size, file, check and account"),
        ),
    ),
    Verb(
        "run",
        "shoal.cli.run",
        "run a script on a cluster",
        "Run a Python script as `python script.py` would, with the cluster chosen here.\n\n"
        "Options of shoal stand before the script's name or right behind it; everything from\n"
        "the first other word on, or behind --, is the script's.",
        (
            ("shoal run script.py --on virtual:16xpico", "the script's Cluster() has sixteen boards"),
            ("shoal run --account script.py photo.png", "photo.png is the script's argument"),
        ),
        (
            _on(),
            _option("--account", action="store_true", help="at the end, say where the time went (on stderr)"),
            _option("--quiet", action="store_true", help="no progress bar"),
            _option("script", metavar="SCRIPT", help="a Python file"),
            _option("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own"),
        ),
    ),
    Verb(
        "boards",
        "shoal.cli.boards",
        "list the boards of a cluster",
        "Start the cluster and list the boards that answer. Exit code 1 if some do not.",
        (
            ("shoal boards", "the boards of the default cluster"),
            ("shoal boards --on virtual:4xpico+2xesp32 --json", "for another program"),
        ),
        (_on(), _json("the boards")),
    ),
    Verb(
        "bench",
        "shoal.cli.bench",
        "measure Shoal beside its peers",
        "Measure Shoal beside other ways to run Python functions elsewhere. A peer that is not\n"
        "installed is named and skipped.",
        (
            ("shoal bench --quick --figures submit map --peers futures", "two figures, one peer"),
            ("shoal bench --markdown docs/benchmarks.md", "everything, and a page for the documentation"),
        ),
        (
            _on(),
            _option("--quick", action="store_true", help="measure once, not five times; no paced boards"),
            _option("--figures", nargs="+", metavar="FIGURE", help="default: all; a wrong name lists them"),
            _option("--peers", nargs="*", metavar="PEER", help="beside whom; default: all; no name: none"),
            _option("--markdown", metavar="FILE", help="write the table and its notes to this file too"),
            _json("every sample, median, target and verdict"),
        ),
    ),
)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command; it leaves the verb's `Verb` in `verb`."""
    top = argparse.ArgumentParser(
        prog="shoal",
        description="Ordinary Python functions on a shoal of small boards, as if they were one computer.",
        epilog="`shoal VERB --help` tells more of each.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = top.add_subparsers(title="verbs", metavar="VERB")
    for verb in VERBS:
        examples = "\n".join(f"  {command}\n      {what}" for command, what in verb.examples)
        sub = verbs.add_parser(
            verb.name,
            help=verb.summary,
            description=verb.about,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _add(sub, verb.arguments)
        sub.set_defaults(verb=verb)
    return top


def split_options(verb: Verb, words: Sequence[str], into: argparse.Namespace) -> list[str]:
    """Take the leading words that are options of `verb` into the namespace; returns the words behind them.

    argparse cannot: an argument that takes all the rest takes the options too.
    """
    options = {argument.names[0]: argument for argument in verb.arguments if argument.names[0][0] == "-"}
    end = 0
    while end < len(words) and (option := options.get(words[end].partition("=")[0])):
        alone = "action" in option.settings or "=" in words[end]
        end += 1 if alone else 2
    own = argparse.ArgumentParser(prog=f"shoal {verb.name}", add_help=False, allow_abbrev=False)
    _add(own, tuple(options.values()))
    own.parse_args(words[:end], into)
    rest = list(words[end:])
    return rest[1:] if rest[:1] == ["--"] else rest


def _add(parser: argparse.ArgumentParser, arguments: tuple[Argument, ...]) -> None:
    for argument in arguments:
        parser.add_argument(*argument.names, **argument.settings)
