"""`shoal demo`: the Mandelbrot set, row by row, on the boards of a cluster; watched and checked. Breadboards: `demo_bus`."""

import argparse
import json
import os
from contextlib import nullcontext
from itertools import repeat
from pathlib import Path

from shoal import Account, Cluster, spec
from shoal.cli import demo_bus
from shoal.cli.arguments import PACED
from shoal.cli.check import Check, compare
from shoal.cli.crew import Crew
from shoal.cli.mandelbrot import float_bits, row
from shoal.cli.picture import Picture
from shoal.cli.screen import Screen
from shoal.errors import ShoalError, UsageError


def run(args: argparse.Namespace) -> int:
    """Render, check, write, and tell; 1 if the boards' picture is wrong or cannot be written."""
    if args.which:
        return demo_bus.run(args)
    _fill(args)
    screen = Screen(error=args.json)
    where = spec.resolve(args.on, os.environ, Path.cwd(), PACED).text
    if Path(args.out).is_dir() or not Path(args.out).absolute().parent.is_dir():
        raise UsageError(f"--out {args.out}: give a file in a folder that exists")
    width, height = args.size
    picture, crew = Picture(width, height, args.limit), Crew(height)
    if where == PACED:
        screen.say(f"Eight virtual boards, as slow as real Picos. At full speed: --on {spec.DEFAULT}")
    with screen.waiting(f"starting the boards of {where}"):
        cluster = Cluster(where, on_print=lambda board, text: _printed(screen, crew, board, text))
        crew.came_up([board.name for board in cluster.boards])
    with cluster:
        account = _render(screen, cluster, picture, crew, args.limit)
        bits = min(cluster.run(float_bits).values())
    with screen.waiting("checking and writing the picture"):
        check = compare(picture, args.limit, bits, every_row=args.check)
        saved = _save(picture, Path(args.out))
    if args.json:
        print(json.dumps(_data(args, where, saved, check, account), indent=2))
    else:
        _tell(screen, picture, saved, args.out, check, account)
    if not check.passed:
        raise ShoalError(f"the boards' picture is wrong: {check}")
    return 0


def _fill(args: argparse.Namespace) -> None:
    """Defaults, and a complaint about what is for breadboards."""
    for name in ("fault", "noise", "pullups", "freq", "seed", "seconds", "save"):
        if getattr(args, name):
            raise UsageError(f"--{name} is for breadboards: shoal demo picocray --{name} ...")
    args.size = args.size or (160, 120)
    args.limit = args.limit or 100
    args.out = args.out or "mandelbrot.png"


def _render(screen: Screen, cluster: Cluster, picture: Picture, crew: Crew, limit: int) -> Account:
    width, height = picture.width, picture.height
    title = f"Mandelbrot set, {width} x {height} points, {limit} steps at most, on {len(crew.names)} boards"
    columns = (coarse_to_fine(height), repeat(width), repeat(height), repeat(limit))
    # One row at a time, so that each appears when it is done; in lumps they would come together.
    rows = cluster.map(row, *columns, chunksize=1, ordered=False)
    if not screen.redraws:
        screen.say(title)
    with screen.scene(title, picture, crew) if screen.redraws else nullcontext():
        for y, counts in rows:
            picture.rows[y] = counts
            crew.finished(y)
            if not screen.redraws and crew.arrived * 4 // height > (crew.arrived - 1) * 4 // height:
                screen.say(f"{crew.arrived} of {height} rows")
        account = cluster.account()
        crew.ended({board.name: board.calls for board in account.boards})
    return account


def _printed(screen: Screen, crew: Crew, board: str, text: str) -> None:
    """What boards print: the rows that they begin; anything else is for people."""
    for line in text.splitlines():
        if line.isdecimal():
            crew.began(board, int(line))
        else:
            screen.say(f"[{board}] {line}")


def coarse_to_fine(count: int) -> list[int]:
    """The numbers below `count`: those that the highest powers of two divide first.

    The picture is recognisable early, and the dear rows (in the middle) come neither together nor last.
    """
    return sorted(range(count), key=lambda number: -(number & -number) if number else -count)


def _save(picture: Picture, file: Path) -> bool:
    """Write the PNG; False where Pillow is missing."""
    png = picture.png()
    if png is None:
        return False
    try:
        file.write_bytes(png)
    except OSError as error:
        raise ShoalError(f"cannot write {file}: {error.strerror}") from error
    return True


def _tell(screen: Screen, picture: Picture, saved: bool, file: str, check: Check, account: Account) -> None:
    if saved:
        screen.say(f"wrote {file}")
    else:
        if not screen.redraws:
            screen.picture(picture)
        screen.say("no file was written, because Pillow is missing: pip install 'shoal[vision]'")
    screen.say(str(check))
    screen.account(account, "rows")


def _data(args: argparse.Namespace, where: str, saved: bool, check: Check, account: Account) -> dict[str, object]:
    width, height = args.size
    return {
        "spec": where,
        "width": width,
        "height": height,
        "limit": args.limit,
        "picture": args.out if saved else None,
        "check": {**vars(check), "passed": check.passed},
        "account": account.to_dict(),
    }
