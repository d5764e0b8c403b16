"""`shoal top`: boards, tasks, heap, temperature, link use and errors, live. Of a script that it runs, or of what runs already."""

import argparse
import json
import select
import weakref
from collections.abc import Iterable, Sequence

from shoal import Cluster, beacon, cluster
from shoal.cli import run as runner
from shoal.cli.live import Line, Pane
from shoal.cli.panel import Panel
from shoal.cli.screen import Screen
from shoal.errors import UsageError
from shoal.snapshot import Snapshot, from_dict

_LOOK_EVERY_S = 0.5
_COLUMNS = 200  # where there is no terminal


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C, or until the script ends; its exit code then. 1 if there is nothing to see."""
    if args.script is not None:
        return _watch_script(args)
    if args.on is not None:
        raise UsageError("--on is for a script that top runs; without one it shows every cluster that runs: shoal top")
    if args.every <= 0:
        raise UsageError(f"--every {args.every:g} makes no sense; it is seconds, more than 0")
    if args.json:
        return _print_json(args)
    pane = Pane(lambda width, height: panel.lines(width, height))
    panel = Panel()
    if args.once or not pane.redraws:
        return _print_once(panel)
    with pane.shown(whole=True):
        while True:
            panel.update(_running())
            _pause(_LOOK_EVERY_S)


def _running() -> dict[str, Snapshot]:
    """The clusters of this user that answer, and whose form this Shoal knows."""
    found = {}
    for name, values in beacon.running().items():
        try:
            found[name] = from_dict(values)
        except ValueError:
            continue
    return found


def _print_once(panel: Panel) -> int:
    """Two looks, for the rates, and one table."""
    panel.update(_running())
    if panel.clusters:
        _pause(_LOOK_EVERY_S)
        panel.update(_running())
    _print(panel, Screen())
    return 0 if panel.clusters else 1


def _print_json(args: argparse.Namespace) -> int:
    while True:
        snapshots = _running()
        print(json.dumps({"clusters": [snapshot.to_dict() for snapshot in snapshots.values()]}), flush=True)
        if args.once:
            return 0 if snapshots else 1
        _pause(args.every)


def _watch_script(args: argparse.Namespace) -> int:
    """As `shoal run`, with the panel below what the script prints."""
    rest = runner.prepare(args)
    if args.json or args.once:
        raise UsageError("--json and --once look at what runs; start the script, and `shoal top --json` beside it")
    made: weakref.WeakSet[Cluster] = weakref.WeakSet()
    cluster.watch(made.add)
    panel = Panel()

    def draw(width: int, height: int) -> Sequence[Line]:
        panel.update(_snapshots(made))
        return panel.lines(width, height - 1) if panel.clusters else [[("waiting for the script's first cluster", "dim")]]

    pane = Pane(draw)
    if not pane.redraws:
        code = runner.run_script(args.script, rest)
        panel.update(_snapshots(made))
    else:
        with pane.shown(whole=False):
            code = runner.run_script(args.script, rest)
            for one in list(made):
                one.shutdown()
    if panel.clusters:
        _print(panel, Screen(error=True))  # standard output is the script's
    return code


def _snapshots(made: Iterable[Cluster]) -> dict[str, Snapshot]:
    return {str(id(one)): one.snapshot() for one in list(made)}


def _print(panel: Panel, screen: Screen) -> None:
    """Once, as plain text."""
    for line in panel.lines(_COLUMNS, 10_000):
        screen.say("".join(text for text, _ in line).rstrip())


def _pause(seconds: float) -> None:
    select.select((), (), (), seconds)
