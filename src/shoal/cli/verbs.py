"""The verbs of `shoal`: one table, from which the parser, the help and the documentation are made.

A verb's module is named here and loaded only when it is called, so that `shoal --help` loads none of them.
Each has one function, `run(args) -> int`: the exit code, 0 done or 1 the work failed.
"""

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass

from shoal.cli import arguments as take
from shoal.cli.arguments import Argument, option


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


_BREADBOARD = (
    option(
        "--fault", action="append", default=[], metavar="FAULT", help="on the breadboard, such as unplug:3@2s; more than once"
    ),
    option("--noise", type=take.noise, default=0.0, metavar="P", help="probability that a bit on the bus is read wrong"),
    option("--pullups", type=take.pullups, metavar="OHM", help="resistors of the bus instead of the wiring's, or none"),
    option("--freq", type=take.frequency, metavar="HZ", help="frequency of the bus, such as 100k; default: the wiring's"),
    option("--seed", type=int, default=0, metavar="N", help="when boards boot, and what noise does; default: 0"),
    option("--seconds", type=take.seconds, metavar="N", help="virtual seconds to wait for a picture; default: 60"),
    option("--save", metavar="LOG", help="record the run, for `shoal breadboard replay`"),
)
_WHICH = option("boards", nargs="*", metavar="BOARD", help="ports, names or unique ids; default: every board on USB")

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
            option("which", nargs="?", choices=("picocray", "esp32"), help="a breadboard; default: the boards of --on"),
            take.on(take.PACED),
            option("--size", type=take.size, metavar="WxH", help="points; default: 160x120"),
            option("--limit", type=take.limit, metavar="N", help="steps a point; default: 100, of picocray 1000"),
            option("--out", metavar="PNG", help="default: mandelbrot.png or picocray.png"),
            option("--check", action="store_true", help="compare every row with this computer's own"),
            *_BREADBOARD,
            take.as_json("size, file, check and account"),
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
            ("shoal run --measure --html report.html script.py", "where the time went, and how fast one board alone is"),
        ),
        (
            take.on(),
            option("--account", action="store_true", help="at the end, say where the time went (on stderr)"),
            option("--measure", action="store_true", help="measure the speed-up: run some calls once more on one board alone"),
            option("--html", metavar="FILE", help="write the account, with its timeline, as one HTML page"),
            option("--trace", metavar="FILE", help="write it as a trace, for Perfetto, chrome://tracing and `shoal account`"),
            option("--json", action="store_true", help="print only the account, on standard output; the script's goes to stderr"),
            option("--quiet", action="store_true", help="no progress bar"),
            option("script", metavar="SCRIPT", help="a Python file"),
            option("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own"),
        ),
    ),
    Verb(
        "account",
        "shoal.cli.account",
        "show the account of a run again",
        "Show the account in a trace that `shoal run --trace FILE` wrote: where each board's time went, and what would help.",
        (
            ("shoal account run.json", "the table, and what binds"),
            ("shoal account run.json --html report.html", "with timeline and speed-up curve"),
        ),
        (
            option("trace", metavar="TRACE.json", help="a trace that `shoal run --trace` wrote"),
            option("--html", metavar="FILE", help="write it as one HTML page"),
            take.as_json("the account"),
        ),
    ),
    Verb(
        "predict",
        "shoal.cli.predict",
        "say what a script would take on boards that nobody has yet",
        "Run a script once on virtual boards at full speed, run a sample of its calls on one board, and say what the whole\n"
        "would take on each number of boards: time, speed-up, joules, what binds, and whether it is worth it.\n\n"
        "Options of shoal stand before the script's name or right behind it; everything from\n"
        "the first other word on, or behind --, is the script's.",
        (
            ("shoal predict script.py --on 'virtual:8xpico?link=i2c@400k'", "1 to 16 Picos on one I2C bus"),
            ("shoal predict script.py --on usb: --boards 1-8", "one of the boards on USB here runs the sample"),
            ("shoal predict --seconds 60 --svg curve.svg script.py photo.png", "a longer sample; the curve as a picture"),
        ),
        (
            take.on(),
            option("--boards", metavar="N,N-N", help="numbers of boards; default: 1,2,4,8,16 and that of the cluster"),
            option("--sample", metavar="SPEC", help="whose first board runs the sample; default: that of --on"),
            option("--seconds", type=take.seconds, default=10.0, metavar="S", help="board's time for the sample; default: 10"),
            option("--computers", type=take.count, metavar="N", help="so many computers, each with these boards"),
            option("--gateways", type=take.count, metavar="N", help="so many gateways on each computer, each with them"),
            option("--svg", metavar="FILE", help="draw the speed-up curve as SVG (needs shoal[plots])"),
            option("--png", metavar="FILE", help="the same as PNG"),
            take.as_json("the prediction"),
            option("script", metavar="SCRIPT", help="a Python file"),
            option("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own"),
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
        (take.on(), take.as_json("the boards")),
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
            option("--replace", action="store_true", help="rename a main.py of the user's own; `release` puts it back"),
            option("--wifi", metavar="SSID", default="", help="network to join; makes a key and keeps it here"),
            option("--country", metavar="XX", default="", help="where the Wi-Fi is, two letters; default: worldwide"),
            option("--dial", metavar="HOST:PORT", default="", help="a computer that the boards call, instead of listening"),
            option("--bus", action="store_true", help="they are joined by wires: processors, and a controller that feeds them"),
            option("--job", metavar="FILE", default="", help="what the controller runs by itself: a job.py, or picocray"),
            option("--wire", choices=("i2c", "uart", "gpio"), help="that joins them; default: i2c, on PicoCray's pins"),
            option("--freq", type=take.frequency, metavar="HZ", help="of the bus, such as 100k; default: 400k for i2c"),
            take.as_json("what was done"),
        ),
    ),
    Verb(
        "release",
        "shoal.cli.release",
        "take the agent off boards again",
        "Remove the agent, its network settings and its main.py from boards on USB; they get back\nthe main.py they had.",
        (("shoal release left-one", "one board"), ("shoal release", "every board on USB")),
        (_WHICH, take.as_json("what was done")),
    ),
    Verb(
        "blink",
        "shoal.cli.blink",
        "blink a board's light, to find it",
        "Blink the light of boards on USB. A program that runs there is interrupted, and started again.",
        (("shoal blink left-one", "which one is it?"), ("shoal blink /dev/ttyACM2 --seconds 20", "while you look")),
        (
            option("boards", nargs="+", metavar="BOARD", help="ports, names or unique ids"),
            option("--seconds", type=int, default=5, metavar="N", help="default: 5"),
        ),
    ),
    Verb(
        "name",
        "shoal.cli.name",
        "give a board a name",
        "Give a board a name in your fleet file, by which specs and verbs know it wherever it is plugged in.",
        (("shoal name /dev/ttyACM0 left-one", "the board at that port"), ("shoal name e661 left-one", "by its unique id")),
        (
            option("board", metavar="BOARD", help="its port, its unique id or the beginning of that, or its name until now"),
            option("name", metavar="NAME", help="its name from now on"),
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
            option("--on", metavar="SPEC", help="a cluster to look at; default: none"),
            take.as_json("what was found"),
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
            option("firmware", nargs="+", metavar="FIRMWARE", help=".uf2 or .bin files, or folders of them"),
            option("--on", metavar="usb:WHICH", help="ports, names, or drives of bootloaders; default: all there are"),
            option("--dry-run", action="store_true", help="tell, and write nothing"),
            option("--yes", action="store_true", help="do not ask"),
            option("--chip", metavar="CHIP", help="of boards that cannot tell it, such as esp32s3"),
            option("--erase", action="store_true", help="erase all of the flash first, files too (ESP32)"),
            option("--again", action="store_true", help="also where this version runs already"),
            option("--other-board", action="store_true", help="also firmware of another board with the same chip"),
            take.as_json("plan or results"),
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
            take.on(),
            option("--once", action="store_true", help="one look, and the end"),
            option("--every", type=float, default=1.0, metavar="SECONDS", help="between looks without a terminal; default: 1"),
            option("--json", action="store_true", help="a JSON object a line and look, on standard output"),
            option("script", nargs="?", metavar="SCRIPT", help="a Python file; default: none, look at what runs"),
            option("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's own"),
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
            option("action", choices=("show", "replay"), metavar="ACTION", help="show or replay"),
            option("what", nargs="?", metavar="WIRING|LOG", help="a wiring's name, or the path of a TOML file; a log"),
            option("--svg", metavar="FILE", help="show: draw it into this file too"),
            take.as_json("the wiring, or whether the run went the same way"),
        ),
    ),
    Verb(
        "bench",
        "shoal.cli.bench",
        "measure Shoal beside its peers, or your own boards",
        "Measure Shoal beside other ways to run Python functions elsewhere. A peer that is not\n"
        "installed is named and skipped. On real and emulated boards it measures these instead.\n"
        "With --calibrate: what your own boards, their links and this computer take, kept for predictions.",
        (
            ("shoal bench --quick --figures submit map --peers futures", "two figures, one peer"),
            ("shoal bench --on 'emulated:1xpico?firmware=F.uf2'", "a Pico's times, by its own clock"),
            ("shoal bench --markdown docs/benchmarks.md", "everything, and a page for the documentation"),
            ("shoal bench --calibrate --on usb:", "your boards, for predictions"),
        ),
        (
            take.on(),
            option("--calibrate", action="store_true", help="measure the boards of SPEC, and keep the figures for predictions"),
            option("--quick", action="store_true", help="measure once, not five times; no paced boards"),
            option("--figures", nargs="+", metavar="FIGURE", help="default: all; a wrong name lists them"),
            option("--peers", nargs="*", metavar="PEER", help="beside whom; default: all; no name: none"),
            option("--markdown", metavar="FILE", help="write the table and its notes to this file too"),
            take.as_json("every sample, median, target and verdict; or every figure of a calibration"),
        ),
    ),
    Verb(
        "plan",
        "shoal.cli.plan",
        "judge a cluster before it is bought",
        "Judge a plan of a cluster: do boards, switch, PoE, USB and cables go together; bill of materials; watts and running\n"
        "cost; speed; what else the same money buys; is it a supercomputer? Exit code 1 if the plan cannot work.",
        (
            ("shoal plan examples/plans/two_pi4_poe.toml", "two Raspberry Pi 4 on a PoE switch"),
            ("shoal plan mine.toml --sources", "every fact that went in, and where it comes from"),
            ("shoal plan mine.toml --json", "for another program"),
        ),
        (
            option("file", metavar="PLAN", help="a TOML file; docs/plan.md says how to write one"),
            option("--sources", action="store_true", help="list the facts that went in, with their sources"),
            take.as_json("the judgement, every figure with its basis and the facts behind it"),
        ),
    ),
    Verb(
        "catalog",
        "shoal.cli.catalog",
        "list the facts that Shoal goes by",
        "List the catalogue's facts: boards, links, computers, power, prices; each with unit, basis and source.\n"
        "Your own measurements stand in place of them.",
        (
            ("shoal catalog", "what there is"),
            ("shoal catalog pico", "the facts of one board"),
            ("shoal catalog price", "every price"),
            ("shoal catalog links.usb --json", "for another program"),
        ),
        (
            option("word", nargs="?", metavar="WORD", help="a kind, a name, a path, part of one, or yours; default: the kinds"),
            take.as_json("the facts"),
        ),
    ),
)
