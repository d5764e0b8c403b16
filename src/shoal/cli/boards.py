"""`shoal boards`: what hangs on a cluster, or on USB."""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from shoal import Board, Cluster, image, spec
from shoal.cli.screen import Screen, size
from shoal.spec import Spec
from shoal.usb import ports
from shoal.usb.visit import Host, Visit

_TEXT = ("name", "unique id", "kind", "platform", "arch", "link", "firmware")
_HEADINGS = (*_TEXT[:5], "cores", "heap free", *_TEXT[5:])
_USB_TEXT = ("name", "unique id", "port", "chip", "firmware", "agent")
_USB_HEADINGS = (*_USB_TEXT[:5], "heap free", "flash free", "agent")


def run(args: argparse.Namespace) -> int:
    """List the boards; 1 if some did not answer."""
    default = "usb:" if args.on is None and ports.candidates() else spec.DEFAULT  # nobody chose a cluster, and here are boards
    wanted = spec.resolve(args.on, os.environ, Path.cwd(), default)
    return _on_usb(wanted, args.json) if wanted.scheme == "usb" else _in_cluster(wanted, args.json)


def _in_cluster(wanted: Spec, as_json: bool) -> int:
    people = Screen(error=True)
    with people.waiting("asking the boards"), Cluster(wanted.text) as cluster:
        boards = cluster.boards
    if as_json:
        listed = [asdict(board) for board in boards]
        print(json.dumps({"spec": wanted.text, "expected": wanted.count, "boards": listed}, indent=2))
    else:
        Screen().table(_HEADINGS, [_cells(board) for board in boards], text=_TEXT)
    missing = max(0, wanted.count - len(boards))
    if missing:
        people.say(f"shoal: {missing} of the {wanted.count} boards of {wanted.text} did not answer")
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


# --- on USB: without starting agents, and ports without a board are explained ---


def _on_usb(wanted: Spec, as_json: bool) -> int:
    people = Screen(error=True)
    with people.waiting("asking the boards on USB"):
        visit = Visit(wanted.targets, baud=int(wanted.options["baud"] or 0))
        visit.close()
    if as_json:
        listed = [_document(host) for host in visit.hosts]
        facts = {"spec": wanted.text, "release": image.release(), "boards": listed, "unusable": visit.unusable}
        print(json.dumps(facts, indent=2))
    elif visit.hosts:
        Screen().table(_USB_HEADINGS, [_usb_cells(host) for host in visit.hosts], text=_USB_TEXT)
    if not visit.hosts:
        people.say(f"shoal: {visit.why_none}")
    else:
        for reason in visit.unusable:
            people.say(f"shoal: {reason}")
    return 0 if visit.hosts and not visit.unusable else 1


def _usb_cells(host: Host) -> list[str]:
    found = host.found
    return [
        host.slot.name,
        found.unique_id,
        host.port,
        found.chip,
        found.firmware,
        size(found.heap_free),
        size(found.flash_free),
        _agent(host),
    ]


def _agent(host: Host) -> str:
    """Whether the agent is installed, in words."""
    if host.found.half:
        return "half-written: shoal adopt"
    if not host.found.agent:
        return "not installed"
    return host.found.agent if host.found.agent == image.release() else f"{host.found.agent}, old: shoal adopt"


def _document(host: Host) -> dict[str, object]:
    return {"name": host.slot.name, "port": host.port, "kind": host.slot.kind, "tags": host.slot.tags, **asdict(host.found)}
