"""Rules about one port and what hangs on it."""

import re
from collections.abc import Callable, Iterator

from shoal.doctor.facts import Board, Facts, Port
from shoal.doctor.findings import Finding, found, limit
from shoal.doctor.voice import printable, unreadable

_SHOWN = 60  # characters of what was heard
_KINDS = {  # what the raw REPL's state machine says of what is no MicroPython -> the finding
    "circuitpython": "circuitpython",
    "modem": "modem",
    "gps": "gps",
    "esp-bootloader": "esp_bootloader",
    "stuck-prompt": "stuck_prompt",
    "silent": "silent",
    "garbage": "no_micropython",
}


def _refused(port: Port, facts: Facts) -> Iterator[Finding]:
    """It cannot even be opened."""
    if port.refused == "gone":
        yield found("port_gone", port.label, port.reason, others=", ".join(port.others) or "none")
    elif port.refused == "busy":
        yield found("port_busy", port.label, port.reason, holder=port.holder or "the program that has it")
    elif port.refused == "denied":
        yield _denied(port, facts)
    elif port.refused:
        yield found("port_fails", port.label, port.reason)


def _denied(port: Port, facts: Facts) -> Finding:
    user, groups = facts.computer.user, facts.computer.groups
    if not port.group_may:
        return found("port_root_only", port.label, port.reason)
    member = "is not in it" if port.group not in groups else "is in it"
    seen = f"{port.reason}; it belongs to the group {port.group}, and {user} {member}"
    if port.group in facts.computer.groups_listed and port.group not in groups:
        return found("group_not_yet", port.label, f"{seen} since this login", group=port.group)
    return found("port_denied", port.label, seen, group=port.group, user=user)


def _voice(port: Port, facts: Facts) -> Iterator[Finding]:
    """It opens, and no MicroPython answers: what is there instead?"""
    if port.refused or port.board is not None or not port.kind:
        return
    text = printable(port.heard)
    seen = f"it said {text[:_SHOWN]!r}" if text else f"it sent {len(port.heard)} bytes that are no text"
    for code, often in (("brownout", 1), ("boot_loop", 2)):
        if len(re.findall(limit(code, "voice"), text)) >= often:
            yield found(code, port.label, seen, device=port.device)
            return
    if port.kind == "silent":
        seen = "no answer to Ctrl-C, Ctrl-A and AT"
    yield found(_KINDS[port.kind], port.label, seen, device=port.device)


def _noise(port: Port, facts: Facts) -> Iterator[Finding]:
    """It answers, but said something strange before."""
    text = printable(port.heard)
    if port.board is None:
        return
    if re.search(limit("brownout", "voice"), text):
        yield found("brownout", port.label, f"it said {text[:_SHOWN]!r}")
    elif unreadable(port.heard):
        seen = f"{len(port.heard)} bytes such as {port.heard[:12]!r}"
        yield found("boot_noise", port.label, seen, usual=limit("boot_noise", "usual"))


def _firmware(port: Port, facts: Facts) -> Iterator[Finding]:
    board = port.board
    if board is None:
        return
    told = f"{board.implementation} {_version(board.version)} on {board.machine or board.platform}"
    if board.implementation != "micropython":
        code = "circuitpython" if board.implementation == "circuitpython" else "no_micropython"
        yield found(code, port.label, told, device=port.device)
    elif board.version and board.version < tuple(limit("firmware_old", "oldest")):
        oldest = _version(limit("firmware_old", "oldest"))
        yield found("firmware_old", port.label, f"{told}; {oldest} or newer is needed", device=port.device)
    elif _slow_usb(board):
        yield found("firmware_slow_usb", port.label, told, device=port.device)


def _slow_usb(board: Board) -> bool:
    since, mended = (tuple(limit("firmware_slow_usb", name)) for name in ("since", "mended"))
    return board.chip.startswith("RP2350") and since <= board.version < mended


def _agent(port: Port, facts: Facts) -> Iterator[Finding]:
    board = port.board
    if board is None or board.implementation != "micropython":
        return
    if board.agent == "half":
        yield found("agent_half", port.label, "some of its files are missing or not whole", device=port.device)
    elif board.agent and facts.release and board.agent != facts.release:
        seen = f"on the board: {board.agent}; here: {facts.release}"
        yield found("agent_old", port.label, seen, device=port.device)
    elif not board.agent and board.main == "user":
        yield found("user_main", port.label, "main.py does not begin as Shoal's does", device=port.device)
    elif not board.agent:
        yield found("agent_missing", port.label, "no agent in its flash, and no main.py", device=port.device)


def _room(port: Port, facts: Facts) -> Iterator[Finding]:
    board = port.board
    if board is None:
        return
    room, least = limit("flash_full", "room"), limit("heap_small", "least")
    if not board.agent and 0 <= board.flash_free < room:
        yield found("flash_full", port.label, f"{board.flash_free} bytes are free, {room} are needed", device=port.device)
    if 0 <= board.heap_free < least:
        yield found("heap_small", port.label, f"{board.heap_free} bytes are free before the agent is loaded")


def _wifi(port: Port, facts: Facts) -> Iterator[Finding]:
    if port.board is not None and port.board.wifi not in ("", "connected"):
        yield found("wifi_refused", port.label, f"its radio says {port.board.wifi}", device=port.device)


def _version(parts: tuple[int, ...] | list[int]) -> str:
    return ".".join(map(str, parts))


RULES: tuple[Callable[[Port, Facts], Iterator[Finding]], ...] = (_refused, _voice, _noise, _firmware, _agent, _room, _wifi)
