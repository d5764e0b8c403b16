"""What `shoal demo` shows on breadboards: the files of the boards, when their picture is finished, what is then checked."""

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shoal.cli import bus_check
from shoal.cli.bus_show import Finished, Show
from shoal.demos import esp32, files, lights
from shoal.errors import UsageError
from shoal.virtual.breadboard.wired import Wiring

_ZOOM = "+ - zoom   arrows move   [ ] depth   0 all"
_PLUGS = "1 2 3 ... a board's plug   q end"
_TEXT = re.compile(r"esp32: (\d+) x (\d+) points in (\d+) ms by (\d+) boards")


@dataclass(frozen=True)
class Proof:
    """Something that was checked at the end."""

    passed: bool
    told: str


@dataclass(frozen=True)
class Exhibit:
    """One demonstration: what is on the boards' flash, the module that they run, keys, the end of a picture, what is checked."""

    content: Callable[[argparse.Namespace, Wiring], Mapping[str, bytes]]
    program: str
    keys: str
    read: Callable[[str], Finished | None]
    prove: Callable[[argparse.Namespace, Show], list[Proof]]


def _picocray(args: argparse.Namespace, wired: Wiring) -> Mapping[str, bytes]:
    if args.limit is None:
        return files.picocray(files.VIRTUAL)
    return files.picocray(files.VIRTUAL, job=f"import picocray\n\n\ndef main():\n    picocray.main({args.limit})\n")


def _prove_picture(args: argparse.Namespace, show: Show) -> list[Proof]:
    picture = show.pictures[-1]
    assert isinstance(picture, bus_check.Picture) and show.display is not None
    if not show.whole:
        return [Proof(True, "not compared: another picture was begun and not finished")]
    check = bus_check.compare(picture, show.display, every_row=args.check)
    return [Proof(check.passed, str(check))]


@dataclass(frozen=True)
class TextPicture:
    """A picture of characters on the controller's terminal."""

    width: int
    height: int
    ms: int
    boards: int


def _read_text(line: str) -> TextPicture | None:
    match = _TEXT.match(line)
    return None if match is None else TextPicture(*map(int, match.groups()))


def _esp32(args: argparse.Namespace, wired: Wiring) -> Mapping[str, bytes]:
    for name in ("limit", "check"):
        if getattr(args, name):
            raise UsageError(f"--{name} is for `shoal demo picocray`")
    return esp32.flash(wired.controllers[0], files.VIRTUAL)


def _prove_lights(args: argparse.Namespace, show: Show) -> list[Proof]:
    changes = {board: light.changes for board, light in show.onlooker.lights.items()}
    try:
        verdicts = lights.judge(changes, show.simulation.console, [board.name for board in show.wired.boards])
    except UsageError as error:
        return [Proof(False, str(error))]
    return [Proof(verdict.passed, f"{verdict.part}: {verdict.told}") for verdict in verdicts]


EXHIBITS: Mapping[str, Exhibit] = MappingProxyType(
    {
        "picocray": Exhibit(_picocray, "bus_boot", f"{_ZOOM}   {_PLUGS}", bus_check.read, _prove_picture),
        "esp32": Exhibit(_esp32, esp32.PROGRAM, _PLUGS, _read_text, _prove_lights),
    }
)
