"""`shoal release`: takes the agent off boards again."""

import argparse
import json
from dataclasses import asdict

from shoal.cli.screen import Screen
from shoal.usb import install
from shoal.usb.install import Outcome
from shoal.usb.visit import Visited, visit


def run(args: argparse.Namespace) -> int:
    """Release; 1 if it failed on one of the boards."""
    with Screen(error=True).waiting("taking the agent off"), visit(tuple(args.boards)) as boards:
        done = boards.each(lambda host: install.release(host.bootstrap, host.found))
    if args.json:
        print(json.dumps({"boards": [_document(one) for one in done]}, indent=2))
    else:
        for one in done:
            Screen().say(f"{one.host.slot.name}  {one.host.port}  {_words(one)}")
    return 1 if any(one.error for one in done) else 0


def _words(one: Visited[Outcome]) -> str:
    if one.told is None:
        return f"not released: {one.error}"
    back = f"; {one.told.backup} is main.py again" if one.told.backup else ""
    return f"released: {one.told.written} files removed{back}" if one.told.written else f"had no agent{back}"


def _document(one: Visited[Outcome]) -> dict[str, object]:
    outcome = asdict(one.told) if one.told else {}
    removed = {"removed": outcome.get("written", 0), "restored": outcome.get("backup", "")}
    error = str(one.error) if one.error else None
    return {"name": one.host.slot.name, "unique_id": one.host.found.unique_id, "port": one.host.port, "error": error, **removed}
