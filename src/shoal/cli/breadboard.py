"""`shoal breadboard`: the wiring of virtual boards, drawn as text, as SVG, or told as JSON; a recorded run, again."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from shoal.cli.bus_show import Show
from shoal.cli.screen import Screen
from shoal.errors import ShoalError, UsageError
from shoal.virtual.breadboard import drawing_svg, drawing_text, wiring
from shoal.virtual.breadboard.simulation import again
from shoal.virtual.breadboard.wired import Wiring


def run(args: argparse.Namespace) -> int:
    """Carry out one action; 1 if a file cannot be written, or a replayed run goes another way than it was recorded."""
    return _ACTIONS[args.action](args)


def _show(args: argparse.Namespace) -> int:
    if not args.what:
        return _list(args)
    screen = Screen(error=args.json)
    wired = wiring.load(args.what)
    if args.svg:
        write(Path(args.svg), drawing_svg.svg(wired).encode())
    if args.json:
        print(json.dumps(_data(wired), indent=2))
    else:
        for line in drawing_text.lines(wired, screen.width):
            screen.say(line)
    if args.svg:
        screen.say(f"wrote {args.svg}")
    return 0


def _list(args: argparse.Namespace) -> int:
    wirings = [wiring.load(name) for name in wiring.built_in()]
    if args.svg:
        raise UsageError(f"--svg draws one wiring: shoal breadboard show {wirings[0].name} --svg {args.svg}")
    if args.json:
        print(json.dumps({"wirings": [{"name": wired.name, "about": wired.about} for wired in wirings]}, indent=2))
    else:
        Screen().table(["wiring", "what it is"], [[wired.name, wired.about] for wired in wirings], text=["wiring", "what it is"])
    return 0


def _data(wired: Wiring) -> dict[str, object]:
    return {
        "name": wired.name,
        "about": wired.about,
        "file": str(wired.file),
        "bus": {**vars(wired.bus), "pins": dict(wired.bus.pins)},
        "boards": [{**asdict(board), "controller": board.name in wired.controllers} for board in wired.boards],
        "nets": [asdict(net) for net in wired.nets],
        "devices": [{**vars(device), "pins": dict(device.pins)} for device in wired.devices],
        "cost": {name: asdict(cost) for name, cost in wired.costs.items()},
    }


def write(file: Path, data: bytes) -> None:
    """Write a file that the user named. Raises ShoalError if that cannot be."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise ShoalError(f"cannot write {file}: {error.strerror}") from error


def _replay(args: argparse.Namespace) -> int:
    """Run a log again, to the moment at which it ended."""
    if not args.what:
        raise UsageError("which run? shoal breadboard replay FILE, which `shoal demo picocray --save FILE` writes")
    if args.svg:
        raise UsageError("--svg draws a wiring: shoal breadboard show WIRING --svg FILE")
    screen = Screen(error=args.json)
    with screen.waiting("starting the boards"):
        simulation = again(args.what)
    with simulation:
        show = Show(simulation, "q ends")
        end = simulation.log.end
        if end is None:
            raise ShoalError(f"{args.what} was cut off: it does not say how its run ended")
        end_s = end[0] / 1e9
        if screen.redraws and not args.json:
            show.watched(lambda: False, end_s, keyboard=False)
        else:
            show.unwatched(screen.say, lambda: False, end_s)
        same = simulation.digest() == end[1]
        told = {
            "log": args.what,
            "wiring": show.wired.name,
            "virtual_s": simulation.now,
            "digest": simulation.digest(),
            "same": same,
        }
        early = simulation.now < end_s
    if args.json:
        print(json.dumps(told, indent=2))
    if early:
        screen.say("ended early")
        return 0
    if not same:
        raise ShoalError(f"the run went another way than {args.what} tells: digest {told['digest']}, not {end[1]}")
    screen.say(f"{simulation.now:.3f} virtual seconds, and everything happened as it did then (digest {end[1]})")
    return 0


_ACTIONS: Mapping[str, Callable[[argparse.Namespace], int]] = {"show": _show, "replay": _replay}
