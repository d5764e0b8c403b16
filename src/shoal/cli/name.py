"""`shoal name`: gives a board a name, by which specs and other verbs know it then."""

import argparse

from shoal import config
from shoal.cli.screen import Screen
from shoal.errors import UsageError
from shoal.usb.visit import visit


def run(args: argparse.Namespace) -> int:
    """Name a board: one that a fleet file knows need not be plugged in."""
    known = config.find(args.board)
    unique_id = known.id if known and known.id else _plugged_in(args.board)
    file = config.name_board(unique_id, args.name)
    Screen().say(f"{unique_id} is {args.name} now (in {file})")
    return 0


def _plugged_in(word: str) -> str:
    with Screen(error=True).waiting("looking for the board"), visit((word,)) as boards:
        unique_id = boards.hosts[0].found.unique_id
    if not unique_id.strip("0f"):
        raise UsageError(f"{word}: this board has no unique id, so it cannot have a name; use its port")
    return unique_id
