"""The verbs of `shoal`: one table, from which the parser, the help and the documentation are made.

A verb's module is named here and loaded only when it is called, so that `shoal --help` loads none of them.
Each has one function, `run(args) -> int`: the exit code, 0 done or 1 the work failed.
"""

import argparse
import importlib
import re
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


def _frequency(text: str) -> int:
    """ "100k" as 100000."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", text, re.ASCII)
    hertz = 0 if match is None else round(float(match[1]) * {"": 1, "k": 1000, "M": 1_000_000}[match[2]])
    if not 1000 <= hertz <= 100_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a frequency from 1k to 100M, such as 100k or 3.4M")
    return hertz


def _pullups(text: str) -> str | float:
    """ "none", or ohms: "2200" or "2.2k"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(k?)", text, re.ASCII)
    if text == "none":
        return text
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a resistor: none, or ohms such as 2200 or 4.7k")
    return float(match[1]) * (1000 if match[2] else 1)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _noise(text: str) -> float:
    try:
        noise = float(text)
    except ValueError:
        noise = -1.0
    if not 0 <= noise <= 0.1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a probability from 0 to 0.1, such as 1e-4")
    return noise


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of steps from 1 to {MOST_STEPS}")
    return int(text)


_BREADBOARD = (
    _option(
        "--fault", action="append", default=[], metavar="FAULT", help="on the breadboard, such as unplug:3@2s; more than once"
    ),
    _option("--noise", type=_noise, default=0.0, metavar="P", help="probability that a bit on the bus is read wrong"),
    _option("--pullups", type=_pullups, metavar="OHM", help="resistors of the bus instead of the wiring's, or none"),
    _option("--freq", type=_frequency, metavar="HZ", help="frequency of the bus, such as 100k; default: the wiring's"),
    _option("--seed", type=int, default=0, metavar="N", help="when boards boot, and what noise does; default: 0"),
    _option("--seconds", type=_seconds, metavar="N", help="virtual seconds to wait for a picture; default: 60"),
    _option("--save", metavar="LOG", help="record the run, for `shoal breadboard replay`"),
)
_WHICH = _option("boards", nargs="*", metavar="BOARD", help="ports, names or unique ids; default: every board on USB")

VERBS = (
    Verb(
        "demo",
        "shoal.cli.demo",
        "render the Mandelbrot set on the boards",
        "Render the Mandelbrot set on the boards: watch it appear, get a PNG, and see where the time went.\n\n"
        "picocray: nine Picos on a virtual breadboard, wired by I2C as PicoCray is, draw it on their own\n"
        "display; no computer has a part in it. On a terminal keys zoom, and digits pull boards' plugs.\n"
        "esp32: four ESP32s on GPIO lines show with their lights that they talk to each other, then draw.",
        (
            ("shoal demo", "eight virtual boards, as slow as real Picos"),
            ("shoal demo --on virtual:8xpico --size 640x480", "the same boards at full speed"),
            ("shoal demo picocray", "a controller and eight processors on one bus"),
            ("shoal demo esp32", "chase, barrier and token ring, then a picture of characters"),
            ("shoal demo picocray --fault unplug:3@2s --noise 1e-4 --freq 100k", "what then happens, and why"),
        ),
        (
            _option("which", nargs="?", choices=("picocray", "esp32"), help="a breadboard; default: the boards of --on"),
            _on(PACED),
            _option("--size", type=_size, metavar="WxH", help="points; default: 160x120"),
            _option("--limit", type=_limit, metavar="N", help="steps a point; default: 100, of picocray 1000"),
            _option("--out", metavar="PNG", help="default: mandelbrot.png or picocray.png"),
            _option("--check", action="store_true", help="compare every row with this computer's own"),
            *_BREADBOARD,
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
        "List the boards of a cluster; without --on, the boards on USB if there are any. Exit code 1 if some do not answer.",
        (
            ("shoal boards", "the boards of the default cluster"),
            ("shoal boards --on usb:", "every board on USB: chip, firmware, heap, agent; ports that cannot be used, and why"),
            ("shoal boards --on virtual:4xpico+2xesp32 --json", "for another program"),
        ),
        (_on(), _json("the boards")),
    ),
    Verb(
        "adopt",
        "shoal.cli.adopt",
        "install the agent on boards",
        "Install Shoal's agent in the flash of boards on USB, all at once, so that they start it by themselves.\n"
        "What is up to date is left alone. Boards work without this: then the agent is loaded into their RAM.",
        (
            ("shoal adopt", "every board on USB"),
            ("shoal adopt left-one /dev/ttyACM1 --replace", "these two; a main.py of their own is renamed"),
            ("shoal adopt --wifi HOME", "asks for the password (or takes $SHOAL_WIFI_PASSWORD): boards for tcp:"),
            ("shoal adopt --bus --job picocray", "boards on one I2C bus; the one whose role pin is at ground is its controller"),
        ),
        (
            _WHICH,
            _option("--replace", action="store_true", help="rename a main.py of the user's own; `release` puts it back"),
            _option("--wifi", metavar="SSID", default="", help="network to join; makes a key and keeps it here"),
            _option("--country", metavar="XX", default="", help="where the Wi-Fi is, two letters; default: worldwide"),
            _option("--dial", metavar="HOST:PORT", default="", help="a computer that the boards call, instead of listening"),
            _option("--bus", action="store_true", help="they are joined by wires: processors, and a controller that feeds them"),
            _option("--job", metavar="FILE", default="", help="what the controller runs by itself: a job.py, or picocray"),
            _option("--wire", choices=("i2c", "uart", "gpio"), help="that joins them; default: i2c, on PicoCray's pins"),
            _option("--freq", type=_frequency, metavar="HZ", help="of the bus, such as 100k; default: 400k for i2c"),
            _json("what was done"),
        ),
    ),
    Verb(
        "release",
        "shoal.cli.release",
        "take the agent off boards again",
        "Remove the agent, its network settings and its main.py from boards on USB; they get back\nthe main.py they had.",
        (("shoal release left-one", "one board"), ("shoal release", "every board on USB")),
        (_WHICH, _json("what was done")),
    ),
    Verb(
        "blink",
        "shoal.cli.blink",
        "blink a board's light, to find it",
        "Blink the light of boards on USB. A program that runs there is interrupted, and started again.",
        (("shoal blink left-one", "which one is it?"), ("shoal blink /dev/ttyACM2 --seconds 20", "while you look")),
        (
            _option("boards", nargs="+", metavar="BOARD", help="ports, names or unique ids"),
            _option("--seconds", type=int, default=5, metavar="N", help="default: 5"),
        ),
    ),
    Verb(
        "name",
        "shoal.cli.name",
        "give a board a name",
        "Give a board a name in your fleet file, by which specs and verbs know it wherever it is plugged in.",
        (("shoal name /dev/ttyACM0 left-one", "the board at that port"), ("shoal name e661 left-one", "by its unique id")),
        (
            _option("board", metavar="BOARD", help="its port, its unique id or the beginning of that, or its name until now"),
            _option("name", metavar="NAME", help="its name from now on"),
        ),
    ),
    Verb(
        "doctor",
        "shoal.cli.doctor",
        "say why it does not work",
        "Look at this computer, its serial ports and, with --on, the boards of a cluster; say what is wrong,\n"
        "how that shows, and what mends it. Exit code 1 if something is wrong.",
        (
            ("shoal doctor", "this computer, and every port that may have a board"),
            ("shoal doctor --on usb:", "the boards too: starts their agents, measures their links"),
            ("shoal doctor --on tcp:10.0.0.7 --json", "for another program"),
        ),
        (
            _option("--on", metavar="SPEC", help="a cluster to look at; default: none"),
            _json("what was found"),
        ),
    ),
    Verb(
        "flash",
        "shoal.cli.flash",
        "put MicroPython on boards",
        "Write firmware to many boards at once, through mpflash and esptool (shoal[flash]). A board gets\n"
        "the file that is for its chip; where that is not certain, nothing is written.",
        (
            ("shoal flash RPI_PICO.uf2 --dry-run", "what would be written to what"),
            ("shoal flash RPI_PICO.uf2 ESP32_GENERIC_S3.bin --on usb:left-one,/dev/ttyUSB0", "these two boards"),
            ("shoal flash ~/firmware --yes", "all that is plugged in, each with its own file of that folder"),
        ),
        (
            _option("firmware", nargs="+", metavar="FIRMWARE", help=".uf2 or .bin files, or folders of them"),
            _option("--on", metavar="usb:WHICH", help="ports, names, or drives of bootloaders; default: all there are"),
            _option("--dry-run", action="store_true", help="tell, and write nothing"),
            _option("--yes", action="store_true", help="do not ask"),
            _option("--chip", metavar="CHIP", help="of boards that cannot tell it, such as esp32s3"),
            _option("--erase", action="store_true", help="erase all of the flash first, files too (ESP32)"),
            _option("--again", action="store_true", help="also where this version runs already"),
            _option("--other-board", action="store_true", help="also firmware of another board with the same chip"),
            _json("plan or results"),
        ),
    ),
    Verb(
        "top",
        "shoal.cli.top",
        "watch running clusters",
        "Show boards, tasks, heap, temperature, link use and errors, live: of a script that it runs,\n"
        "or of every cluster that this user has running on this computer. Ctrl-C ends it.",
        (
            ("shoal top", "the clusters that run now, in other terminals too"),
            ("shoal top --on usb: script.py photo.png", "run the script as `shoal run` would, and watch"),
            ("shoal top --json --once", "one look, for another program"),
        ),
        (
            _on(),
            _option("--once", action="store_true", help="one look, and the end"),
            _option("--every", type=float, default=1.0, metavar="SECONDS", help="between looks without a terminal; default: 1"),
            _option("--json", action="store_true", help="a JSON object a line and look, on standard output"),
            _option("script", nargs="?", metavar="SCRIPT", help="a Python file; default: none, look at what runs"),
            _option("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own"),
        ),
    ),
    Verb(
        "breadboard",
        "shoal.cli.breadboard",
        "draw how virtual boards are wired; run a recorded run again",
        "show: draw a wiring of virtual boards, one that comes with Shoal or a TOML file of your own; without\n"
        "a name, list those that there are.\n"
        "replay: run again what `shoal demo picocray --save LOG` recorded, and see that the same happens.",
        (
            ("shoal breadboard show picocray", "nine Picos on an I2C bus"),
            ("shoal breadboard show ./mine.toml --svg mine.svg", "check a wiring of your own, and draw it"),
            ("shoal breadboard replay run.log", "the same once more; exit code 1 if it goes another way"),
        ),
        (
            _option("action", choices=("show", "replay"), metavar="ACTION", help="show or replay"),
            _option("what", nargs="?", metavar="WIRING|LOG", help="a wiring's name, or the path of a TOML file; a log"),
            _option("--svg", metavar="FILE", help="show: draw it into this file too"),
            _json("the wiring, or whether the run went the same way"),
        ),
    ),
    Verb(
        "bench",
        "shoal.cli.bench",
        "measure Shoal beside its peers",
        "Measure Shoal beside other ways to run Python functions elsewhere. A peer that is not\n"
        "installed is named and skipped. On real and emulated boards it measures these instead.",
        (
            ("shoal bench --quick --figures submit map --peers futures", "two figures, one peer"),
            ("shoal bench --on 'emulated:1xpico?firmware=F.uf2'", "a Pico's times, by its own clock"),
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
