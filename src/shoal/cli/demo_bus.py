"""`shoal demo picocray` and `shoal demo esp32`: boards on a bus of a breadboard, at work by themselves; watched, broken, checked.

The boards run what real ones would; no computer has a part in it. On a terminal keys are typed into the controller's USB, and a
digit pulls a board's plug or puts it back. Elsewhere it ends with the first picture.
"""

import argparse
import json
from pathlib import Path

from shoal.cli.breadboard import write
from shoal.cli.bus_show import Show, tell_boards
from shoal.cli.exhibits import EXHIBITS, Proof
from shoal.cli.screen import Screen, seconds
from shoal.errors import ShoalError, UsageError
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.simulation import Simulation
from shoal.virtual.breadboard.wired import Wiring

LIMIT_S = 60.0
"""Virtual seconds in which there must be a picture, where nobody watches."""
_BINDS = 0.8  # from which share on something is said to bind
_AFTER_S = 0.05  # what the controller says of a picture when it is finished


def run(args: argparse.Namespace) -> int:
    """Run the boards; 1 if there is no picture, or it is wrong or cannot be written."""
    exhibit = EXHIBITS[args.which]
    wired = _wired(args)
    out = _out(args, wired)
    broken = faults.read(args.fault, wired)
    screen = Screen(error=args.json)
    with screen.waiting("starting the boards"):
        content = exhibit.content(args, wired)
        simulation = Simulation(
            wired, seed=args.seed, faults=broken, noise=args.noise, files=content, program=exhibit.program, record=args.save
        )
    with simulation:
        show = Show(simulation, exhibit.keys, exhibit.read)

        def over() -> bool:
            return bool(show.pictures) and simulation.now > show.finished_s + _AFTER_S

        if screen.redraws and not args.json:
            show.watched(over, args.seconds, keyboard=True)
        else:
            show.unwatched(screen.say, over, args.seconds or LIMIT_S)
        return _end(args, screen, show, out)


def _out(args: argparse.Namespace, wired: Wiring) -> Path | None:
    """Where the display's picture goes; None without a display. Raises UsageError for files that cannot be."""
    if args.save:
        _check_file("save", Path(args.save))
    if not any(device.kind == "ili9341" for device in wired.devices):
        if args.out:
            raise UsageError(f"--out is not for `shoal demo {args.which}`: its boards have no display")
        return None
    out = Path(args.out or f"{args.which}.png")
    _check_file("out", out)
    return out


def _check_file(option: str, file: Path) -> None:
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(f"--{option} {file}: give a file in a folder that exists")


def _wired(args: argparse.Namespace) -> Wiring:
    """The wiring, with what the command line changes of it."""
    for name in ("on", "size"):
        if getattr(args, name) is not None:
            raise UsageError(f"--{name} is not for `shoal demo {args.which}`, which has boards and a display of its own")
    none = args.pullups == "none"
    ohm = None if none or args.pullups is None else args.pullups
    return wiring.changed(wiring.load(args.which), frequency_hz=args.freq, pullup_ohm=ohm, no_pullups=none)


def _end(args: argparse.Namespace, screen: Screen, show: Show, out: Path | None) -> int:
    """Write, check and tell."""
    with screen.waiting("checking and writing the picture"):
        if out is not None and show.display is not None:
            write(out, show.display.png())
        proofs = EXHIBITS[args.which].prove(args, show) if show.pictures else []
    if args.json:
        print(json.dumps(_data(args, show, proofs, out), indent=2))
    else:
        _tell(args, screen, show, proofs, out)
    if not show.pictures:
        raise ShoalError(_why(show))
    wrong = [proof.told for proof in proofs if not proof.passed]
    if wrong:
        raise ShoalError("; ".join(wrong))
    return 0


def _why(show: Show) -> str:
    """Why there is no picture."""
    told = f"no picture within {show.simulation.now:.1f} virtual seconds"
    return f"{told}: {show.onlooker.troubles[-1]}" if show.onlooker.troubles else told


def _account(show: Show) -> str:
    """Where the time of the picture went, and what bound it."""
    shares = [done.share for done in show.boards() if done.name in show.wired.processors]
    bus = show.onlooker.bus_share(*show.span)
    told = f"the picture took {seconds(show.pictures[-1].ms / 1000)} of the boards' time; on average {sum(shares):.1f} of"
    told += f" {len(shares)} processors computed"
    told += "" if bus is None else f", and the bus was busy for {bus:.0%} of it"
    told += " (boards booted and were taught their functions meanwhile)" if len(show.pictures) == 1 else ""
    if bus is not None and bus > _BINDS:
        return f"{told}: the bus binds (more boards would not help; a higher frequency, or fewer bytes, would)"
    return f"{told}: computing binds (more boards would help)" if sum(shares) > _BINDS * len(shares) else told


def _data(args: argparse.Namespace, show: Show, proofs: list[Proof], out: Path | None) -> dict[str, object]:
    simulation = show.simulation
    picture = show.pictures[-1] if show.pictures else None
    return {
        "wiring": show.wired.name,
        "wire": show.wired.bus.wire,
        "frequency_hz": show.wired.bus.frequency_hz,
        "seed": args.seed,
        "noise": args.noise,
        "faults": [str(fault) for fault in simulation.faults],
        "virtual_s": round(simulation.now, 6),
        "picture": None if picture is None else vars(picture),
        "file": None if out is None else str(out),
        "checks": [{"passed": proof.passed, "told": proof.told} for proof in proofs],
        "boards": [{**vars(done), "share": round(done.share, 4)} for done in show.boards()],
        "bus_share": show.onlooker.bus_share(*show.span),
        "bus_busy_s": {name: round(simulation.busy(name), 6) for name in faults.bus_nets(show.wired)},
        "troubles": show.onlooker.troubles,
        "console": [{"s": round(at_s, 6), "line": line} for at_s, line in show.onlooker.lines],
        "digest": simulation.digest(),
        "log": args.save,
    }


def _tell(args: argparse.Namespace, screen: Screen, show: Show, proofs: list[Proof], out: Path | None) -> None:
    tell_boards(screen, show)
    if show.pictures:
        screen.say(_account(show))
    for proof in proofs:
        screen.say(proof.told)
    if out is not None:
        screen.say(f"wrote {out}: what is on the display")
    if args.save:
        screen.say(f"wrote {args.save}; the same again: shoal breadboard replay {args.save}")
