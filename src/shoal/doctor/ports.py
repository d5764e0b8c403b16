"""Finds out about serial ports and what hangs on them. A program that runs on a board is interrupted; our agent is not."""

import contextlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace

from shoal import config
from shoal.doctor import usbtree
from shoal.doctor.computer import group_name
from shoal.doctor.facts import Board, Port
from shoal.errors import LinkError, ShoalError
from shoal.usb import ports
from shoal.usb.identify import NETWORK, Found, OldFirmwareError
from shoal.usb.keeper import Options
from shoal.usb.repl import NotBoardError
from shoal.usb.roster import Probe, let_go, probe_all
from shoal.usb.serial import BAUD, PortBusyError, PortDeniedError, PortFacts, PortMissingError, holders

_WIFI_S = 12
_MAINS = {"ours": "agent", "theirs": "user"}
# What `identify` does not ask: why the board started last.
_CAUSE = """
try:
    from machine import reset_cause
    print("cause", reset_cause())
except ImportError:
    pass
"""
# Its Wi-Fi, by the settings that it was adopted with; nothing of them is printed.
_WIFI = f"""
import json, time
try:
    import network
    with open("{NETWORK}") as file:
        settings = json.load(file)
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if not wlan.isconnected():
        wlan.connect(settings["ssid"], settings["password"])
    names = [name for name in dir(network) if name.startswith("STAT_")]
    status = ""
    for second in range({_WIFI_S} * 5):
        if wlan.isconnected():
            break
        code = wlan.status()
        named = [name for name in names if getattr(network, name) == code]
        status = named[0] if named else str(code)
        if status not in ("STAT_IDLE", "STAT_CONNECTING", "2"):
            break
        if second % 5 == 0:
            print("waiting")
        time.sleep(0.2)
    print("wifi", "connected" if wlan.isconnected() else status)
except (ImportError, OSError, ValueError, KeyError):
    pass
"""


def look(words: Sequence[str], baud: int = BAUD) -> tuple[Port, ...]:
    """Ask the ports that these words of a spec name; with none, or with names of boards, all that may have a board.

    `baud`: of boards behind a UART bridge.
    """
    listed = {os.path.realpath(path): ports.at(path) for path in words if ports.is_path(path)}
    if not words or not all(ports.is_path(word) for word in words):
        for port in ports.candidates():
            listed.setdefault(os.path.realpath(port.path), port)
    probes = probe_all(listed.values(), Options(baud=baud))
    try:
        return tuple(judged(probe) for probe in probes)
    finally:
        let_go(probes)


def judged(probe: Probe) -> Port:
    """What a probe says of its port. A board that is at its prompt is asked a little more."""
    facts = probe.port
    usb = f"{facts.vendor:04x}:{facts.product or 0:04x}" if facts.vendor is not None else ""
    port = Port(facts.path, usb, usbtree.place(facts.path), reason=str(probe.error or ""))
    if probe.board is not None:
        bootstrap, _, found = probe.board
        more: dict[str, str] = {}
        if not bootstrap.up:
            with contextlib.suppress(LinkError):  # what it said so far is worth more than that it fell silent
                more |= _more(bootstrap.repl.run(_CAUSE, "asking why it started"))
                if found.network:
                    more |= _more(bootstrap.repl.run(_WIFI, "trying its Wi-Fi"))
        return replace(port, board=_board(found, more), name=_name(found.unique_id))
    return _not_a_board(port, facts, probe.error)


def _not_a_board(port: Port, facts: PortFacts, error: ShoalError | None) -> Port:
    if isinstance(error, PortMissingError):
        others = tuple(one.path for one in ports.candidates() if os.path.exists(one.path))
        return replace(port, refused="gone", others=others)
    if isinstance(error, PortBusyError):
        return replace(port, refused="busy", holder=holders(facts.path))
    if isinstance(error, PortDeniedError):
        with contextlib.suppress(OSError):
            seen = os.stat(facts.path)
            group, may = group_name(seen.st_gid), seen.st_mode & 0o060 == 0o060
            return replace(port, refused="denied", group=group, group_may=may and group != "root")
        return replace(port, refused="denied")
    if isinstance(error, NotBoardError):
        return replace(port, kind=error.kind, heard=error.heard)
    if isinstance(error, OldFirmwareError):
        return replace(port, board=_board(error.found, {}))
    return replace(port, refused="other")


def _more(printed: bytes) -> dict[str, str]:
    """ "cause" and "wifi", as far as they were printed."""
    return dict(re.findall(r"(cause|wifi) (\S+)", printed.decode(errors="replace")))


def _board(found: Found, more: dict[str, str]) -> Board:
    implementation, _, version = found.firmware.partition(" ")
    agent, main = found.agent, _MAINS.get(found.main, "")
    if found.half or (main == "agent" and not agent):
        agent = "half"
    return Board(
        implementation, _version(version), found.machine, found.platform, found.unique_id, found.mpy,
        found.heap_free, found.flash_free if found.main else -1, main, agent,
        int(more.get("cause", -1)), more.get("wifi", ""),
    )  # fmt: skip


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def _name(unique_id: str) -> str:
    """What the user calls this board, or ""."""
    try:
        known = config.boards()
    except ShoalError:  # a finding of its own
        return ""
    return next((board.name for board in known if board.id and board.id == unique_id), "")
