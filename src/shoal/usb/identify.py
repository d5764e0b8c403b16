"""What a board is: asked through its raw REPL, or told by its agent."""

import ast
import contextlib
import re
from dataclasses import dataclass
from typing import Any

from shoal import catalog
from shoal.errors import LinkError
from shoal.protocol import Hello
from shoal.usb.programs import program
from shoal.usb.repl import NotBoardError, Repl

OLDEST = (1, 22)  # of MicroPython: older ones lack what the agent needs
FOLDER = "/lib/shoal_board"  # where the agent is installed
MANIFEST = FOLDER + "/manifest"  # written last by `install`: its first word is the release of the agent
NETWORK = "/shoal_network.json"  # settings of a board that is reached by Wi-Fi, too
BUS = "/shoal_bus.json"  # settings of a board on a bus
JOBS = FOLDER + "/jobs"  # a job of its controller, and the modules beside it
OURS = '"""shoal:'  # how our main.py begins

_KINDS = (  # what `sys.implementation._machine` says -> key of the catalogue; the first that fits
    (r"Pico ?2 ?W", "pico_2_w"),
    (r"Pico ?2", "pico_2"),
    (r"Pico W", "pico_w"),
    (r"Pico with RP2040", "pico"),
    (r"ESP32-?S3", "esp32_s3"),
    (r"ESP32-?C3", "esp32_c3"),
    (r"ESP32 module|ESP32-WROOM|with ESP32$", "esp32_wroom"),
)


@dataclass(frozen=True)
class Found:
    """A board at a port. `heap_free`, `flash_free`: bytes; `agent`: the release that is installed or runs, "" for none.

    `main`: whose main.py it has: "none", "ours" or "theirs"; "" if the agent answered, which does not tell. `half`: an agent was
    written to its flash and not to the end, or is damaged. `network`: it has settings for Wi-Fi. `bus`: it has settings for a
    bus; or, if an agent answered, what that is the controller of, such as "i2c 400000".
    """

    unique_id: str
    firmware: str
    machine: str
    platform: str
    mpy: int
    heap_free: int
    flash_free: int
    agent: str
    main: str
    half: bool
    network: bool
    bus: bool | str = False

    @property
    def kind(self) -> str:
        """Its key in the catalogue, or ""."""
        return kind_of(self.machine)

    @property
    def chip(self) -> str:
        """What a person calls its processor."""
        return self.machine.rpartition(" with ")[2] or self.platform


class OldFirmwareError(LinkError):
    """A board runs a MicroPython that is too old; `found` is what it is."""

    def __init__(self, where: str, found: Found) -> None:
        oldest = ".".join(map(str, OLDEST))
        super().__init__(f"{where}: its firmware is {found.firmware}, too old; `shoal flash` puts {oldest} or newer on it")
        self.found = found


def kind_of(machine: str) -> str:
    """The key in the catalogue of a board that calls itself so, or ""."""
    known = catalog.boards()
    return next((kind for sign, kind in _KINDS if kind in known and re.search(sign, machine)), "")


def ask(repl: Repl) -> Found:
    """Ask a board at its raw REPL. Raises OldFirmwareError, or NotBoardError for CircuitPython."""
    printed = repl.run(program("ask"), "asking what it is")
    lines = printed.decode(errors="replace").split("\n")
    told: tuple[Any, ...] | None = None
    for line in reversed(lines):
        if line.startswith("("):
            with contextlib.suppress(ValueError, SyntaxError):
                told = ast.literal_eval(line.strip())
            break
    if told is None or len(told) != 13:
        raise LinkError(f"{repl.where}: its answer makes no sense: {printed[-80:]!r}")
    name, version, machine, mpy, platform, unique_id, heap, disk, agent, half, network, bus, main = told
    if name == "circuitpython":
        raise NotBoardError(repl.where, "circuitpython", b"")
    firmware = f"{name} {'.'.join(map(str, version))}"
    whose = "none" if main is None else "ours" if main == OURS else "theirs"
    found = Found(unique_id, firmware, machine, platform, mpy, heap, disk, agent, whose, half, network, bus)
    if version[:2] < OLDEST:
        raise OldFirmwareError(repl.where, found)
    return found


def told(hello: Hello) -> Found:
    """What the agent of a board says of it."""
    facts = hello.facts
    return Found(
        facts.get("unique_id", ""), facts.get("firmware", ""), facts.get("machine", ""), facts.get("platform", ""),
        facts.get("mpy", 0), facts.get("heap_free", 0), 0, facts.get("agent", ""), "", False, False, facts.get("bus", ""),
    )  # fmt: skip
