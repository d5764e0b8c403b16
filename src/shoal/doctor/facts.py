"""What the doctor can know, as plain frozen values: the gatherers fill them in, the rules read them, nothing else counts.

Every field has a value that means "not known", so that a fact that could not be had never becomes a finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class UsbDevice:
    """A device on this computer's USB, whether or not it has a port. `id`: "2e8a:0005"; `where`: its place, such as "1-1.4"."""

    id: str
    name: str
    where: str
    has_port: bool


@dataclass(frozen=True)
class Computer:
    """This computer. `mpy_cross`, `virtual`: why they do not work, "" if they do; `extras`: missing package by its extra."""

    user: str = ""
    groups: tuple[str, ...] = ()  # of this process
    groups_listed: tuple[str, ...] = ()  # of the account: what the next login will have
    usb: tuple[UsbDevice, ...] = ()
    daemons: tuple[str, ...] = ()  # that run, of those that meddle with serial ports
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mpy_cross: str = ""
    virtual: str = ""
    virtual_warning: str = ""
    fleet_problem: str = ""
    keys_file: str = ""
    keys_mode: int | None = None
    keys_problem: str = ""


@dataclass(frozen=True)
class Board:
    """What MicroPython on a port says of itself. Sizes in bytes, -1: not known; `mpy`: of `sys.implementation`, 0: none.

    `main`: whose main.py it has: "", "agent" or "user"; `agent`: "", "half", or its release; `chip`: as its banner names it;
    `wifi`: of a board that was adopted with Wi-Fi: "connected", or how MicroPython calls what went wrong.
    """

    implementation: str = ""
    version: tuple[int, ...] = ()
    machine: str = ""
    platform: str = ""
    unique_id: str = ""
    mpy: int = 0
    heap_free: int = -1
    flash_free: int = -1
    main: str = ""
    agent: str = ""
    reset_cause: int = -1
    wifi: str = ""

    @property
    def chip(self) -> str:
        """What stands behind "with" in the machine's name, such as "RP2350"."""
        return self.machine.rpartition(" with ")[2]


@dataclass(frozen=True)
class Port:
    """One serial port. `refused`: "", "gone", "denied", "busy" or "other"; `reason`: the system's words for it.

    `heard`: what came before the board was asked, or instead of an answer; `board`: None if MicroPython did not answer, and
    then `kind` is what did: a key of `shoal.usb.rawrepl.KINDS`, or "" for a port that was not asked.
    """

    device: str
    usb: str = ""
    place: str = ""  # where in the USB tree, such as "1-1.4"
    name: str = ""
    refused: str = ""
    reason: str = ""
    group: str = ""  # that the port belongs to
    group_may: bool = False  # whether that group may read and write it
    holder: str = ""
    heard: bytes = b""
    kind: str = ""
    board: Board | None = None
    others: tuple[str, ...] = ()  # the ports that are there, where this one is not

    @property
    def label(self) -> str:
        """What to call it: its path, and the name that the user gave to the board."""
        return f"{self.name} ({self.device})" if self.name else self.device


@dataclass(frozen=True)
class Member:
    """One board of a running cluster. `rate_*`: bytes a second that were measured; `expected_*`: the catalogue's, 0: none.

    `reset_cause`: -1: not known; `temperature`: degrees C; `skew_s`: its clock less ours, None: it has none.
    """

    name: str
    platform: str = ""
    link: str = ""
    release: str = ""
    heap_free: int = -1
    temperature: float | None = None
    reset_cause: int = -1
    resets: int = 0
    damaged: int = 0
    round_trip_s: float = 0.0
    latency_s: float = 0.0
    rate_out: float = 0.0
    rate_in: float = 0.0
    expected_out: float = 0.0
    expected_in: float = 0.0
    skew_s: float | None = None
    last_error: str = ""


@dataclass(frozen=True)
class ClusterFacts:
    """A cluster that was started to look at it. `failure`: why it did not start; `missing`: board -> why it did not come;
    `troubles`: what its controller says of the bus that its boards share, a sentence each."""

    spec: str
    failure: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All of it. `wants_usb`: the user meant boards on USB, so that none is a fault; `release`: of this Shoal's agent."""

    computer: Computer = field(default_factory=Computer)
    ports: tuple[Port, ...] = ()
    cluster: ClusterFacts | None = None
    wants_usb: bool = False
    release: str = ""
