"""`shoal boards`: what hangs on a cluster."""

import argparse
import json
from dataclasses import asdict

from shoal import Board, Cluster
from shoal.cli.screen import Screen, size

_TEXT = ("name", "unique id", "kind", "platform", "arch", "link", "firmware")
_HEADINGS = (*_TEXT[:5], "cores", "heap free", *_TEXT[5:])


def run(args: argparse.Namespace) -> int:
    """List the boards; 1 if some did not answer."""
    people = Screen(error=True)
    with people.waiting("asking the boards"), Cluster(args.on) as cluster:
        boards = cluster.boards
    spec = cluster.spec
    if args.json:
        listed = [asdict(board) for board in boards]
        print(json.dumps({"spec": spec.text, "expected": spec.count, "boards": listed}, indent=2))
    else:
        Screen().table(_HEADINGS, [_cells(board) for board in boards], text=_TEXT)
    missing = spec.count - len(boards)
    if missing:
        people.say(f"shoal: {missing} of the {spec.count} boards of {spec.text} did not answer")
    return 1 if missing else 0


def _cells(board: Board) -> list[str]:
    return [
        board.name,
        board.unique_id,
        board.kind,
        board.platform,
        board.arch or "-",
        str(board.cores),
        size(board.heap_free),
        board.link,
        board.firmware,
    ]
