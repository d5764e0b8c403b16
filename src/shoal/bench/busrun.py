"""One run of PicoCray on a breadboard, in virtual time: pictures by a number of processors, with faults, and what came of it.

The same files run as on real Picos, and every answer is compared with what plain Python computes here.
"""

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from shoal.demos.colours import paint, palette
from shoal.demos.files import VIRTUAL, compiled, picocray
from shoal.demos.order import by_turns
from shoal.demos.tiles import plain_tile, tile
from shoal.errors import ShoalError
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.devices.ili9341 import Display
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.simulation import Simulation
from shoal.virtual.breadboard.wired import Placed, Wiring

WIDTH, HEIGHT = 240, 320
HOME_STEP = 5 << 47
HOME_LEFT = (-7 * (1 << 26) // 10 << 30) - WIDTH // 2 * HOME_STEP
HOME_TOP = -HEIGHT // 2 * HOME_STEP
_SAID = "bench: "
_ONBOARD = Path(str(files("shoal.bench") / "onboard"))


@dataclass(frozen=True)
class Frame:
    """A picture to draw, in Q6.26. Coordinates are Q8.56, their last 30 bits 0; `rows` of a tile; `plain`: not squeezed."""

    limit: int = 1000
    rows: int = 2
    plain: bool = False
    left: int = HOME_LEFT
    top: int = HOME_TOP
    step: int = HOME_STEP

    @property
    def payload(self) -> int:
        """Bytes of all its counts, as they are computed."""
        return WIDTH * HEIGHT * (1 if self.limit < 256 else 2)


@dataclass
class Outcome:
    """What a run told. `told`: all that the job said, each with its virtual second; `screen`: the display's memory at the end."""

    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    console: list[tuple[float, str, str]] = field(default_factory=list)
    trace: list[tuple[int, str, str, Any]] = field(default_factory=list)
    screen: bytes = b""
    seconds: float = 0.0
    over: bool = False
    digest: str = ""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """What was told of one kind, in order."""
        return [what for _, what in self.told if what["kind"] == kind]


def wired(processors: int = 8, frequency_hz: int = 400_000) -> Wiring:
    """PicoCray with so many processors, p1 and on, at a bus frequency."""
    made = wiring.changed(wiring.load("picocray"), frequency_hz=frequency_hz)
    names = [f"p{number}" for number in range(1, processors + 1)]
    model = made.board("p1")
    boards = [board for board in made.boards if board.name in (*made.controllers, *names)]
    for name in names[len(boards) - 1 :]:
        boards.append(Placed(name, model.kind, hashlib.sha256(name.encode()).hexdigest()[:16], model.boots))
    known = {board.name for board in boards}
    nets = []
    for net in made.nets:
        pins = [pin for pin in net.pins if pin[0] in known]
        pins += [(name, gpio) for board, gpio in net.pins if board == "p1" for name in names if (name, gpio) not in pins]
        nets.append(replace(net, pins=tuple(pins)))
    devices = tuple(device for device in made.devices if all(board in known for board, _ in device.pins.values()))
    return replace(made, boards=tuple(boards), nets=tuple(nets), devices=devices)


def without_attention(made: Wiring) -> Wiring:
    """The wiring without the line on which processors ask for attention: nothing is joined to that pin."""
    gpio = made.bus.pins["attention"]
    return replace(made, nets=tuple(net for net in made.nets if not any(pin == gpio for _, pin in net.pins)))


def flash(frames: Iterable[Frame], boards: int, wait_ms: int, stay: bool) -> dict[str, bytes]:
    """What lies on the controller: PicoCray, the job that measures, and its plan."""
    plan = {"boards": boards, "wait_ms": wait_ms, "stay": stay, "frames": [asdict(frame) for frame in frames]}
    return {
        **_programs(),
        "plan.json": json.dumps(plan).encode(),
    }


@cache
def _programs() -> Mapping[str, bytes]:
    job = compiled({"bus_job": _ONBOARD / "bus_job.py"}, VIRTUAL)
    return {**picocray(VIRTUAL, job="from bus_job import main\n"), **{f"{name}.mpy": code for name, code in job.items()}}


def run(
    frames: Iterable[Frame],
    *,
    processors: int = 8,
    frequency_hz: int = 400_000,
    seed: int = 0,
    faults: Iterable[Fault] = (),
    noise: float = 0.0,
    wait_ms: int = 6000,
    limit_s: float = 600.0,
    made: Wiring | None = None,
    record: str | None = None,
) -> Outcome:
    """Draw the frames one after the other. Ends when the job is over, or at `limit_s` of virtual time.

    `made`: another wiring than that of so many processors.
    """
    outcome = Outcome()
    content = {f"controller:{name}": data for name, data in flash(frames, processors, wait_ms, False).items()}
    made = made or wired(processors, frequency_hz)
    with Simulation(made, seed=seed, faults=faults, noise=noise, files=content, record=record) as simulation:
        heard = 0

        def over() -> bool:
            nonlocal heard
            for at, board, line in simulation.console[heard:]:
                if line.startswith(_SAID):
                    outcome.told.append((at, json.loads(line.removeprefix(_SAID))))
                    outcome.over |= outcome.told[-1][1]["kind"] == "over"
                else:
                    outcome.console.append((at, board, line))
            heard = len(simulation.console)
            return outcome.over

        simulation.run(over, limit_s)
        outcome.seconds = simulation.now
        display = simulation.devices["lcd"]
        assert isinstance(display, Display)
        outcome.screen = bytes(display.memory)
        outcome.trace = simulation.trace
        outcome.digest = simulation.digest()
    return outcome


@cache
def expected(frame: Frame) -> tuple[str, bytes]:
    """What plain Python computes for a frame: the SHA-256 of its answers, and the display's memory."""
    function = plain_tile if frame.plain else tile
    digest = hashlib.sha256()
    table = palette()
    points = WIDTH * frame.rows
    rows: dict[int, bytes] = {}
    for y in by_turns(HEIGHT, frame.rows):
        left, top, step = frame.left >> 30, (frame.top + y * frame.step) >> 30, frame.step >> 30
        data = function(left, top, step, WIDTH, frame.rows, frame.limit)
        digest.update(data)
        rows[y] = bytes(paint(data, points, frame.limit, table, array("H", bytes(2 * points))))
    return digest.hexdigest(), b"".join(rows[y] for y in sorted(rows))


def complaint(outcome: Outcome, frame: Frame) -> str:
    """Why a run did not give the right picture, or ""."""
    told = outcome.of("frame")
    if not outcome.over or not told:
        last = [line for _, board, line in outcome.console if board == "controller"][-3:]
        return f"no picture within {outcome.seconds:.1f} virtual s; the controller said last: {' | '.join(last) or 'nothing'}"
    digest, screen = expected(frame)
    if told[-1]["sha"] != digest:
        return "the counts are not those of plain Python"
    if outcome.screen != screen:
        wrong = sum(outcome.screen[at : at + 2] != screen[at : at + 2] for at in range(0, len(screen), 2))
        return f"{wrong} of {WIDTH * HEIGHT} pixels on the display are wrong"
    return ""


def checked(outcome: Outcome, frame: Frame) -> Outcome:
    """The outcome. Raises ShoalError if its last picture is not right."""
    why = complaint(outcome, frame)
    if why:
        raise ShoalError(why)
    return outcome
