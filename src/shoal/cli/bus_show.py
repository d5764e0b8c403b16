"""A breadboard that runs before somebody's eyes: on a terminal redrawn and paced, elsewhere told line by line.

Virtual time runs no faster there than time does; where the computer cannot keep up it runs slower, and nothing else changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shoal import clock
from shoal.cli import keys
from shoal.cli.bus_look import Onlooker
from shoal.cli.bus_panel import Glass, Now, lines
from shoal.cli.live import Line, Pane
from shoal.cli.screen import Screen, seconds
from shoal.virtual.breadboard.devices.ili9341 import HEIGHT, WIDTH, Display
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.simulation import Simulation

_STEP_S = 0.02
_LONGEST_LAG_S = 0.1  # of wall time that is made up for; the rest of a delay stays one


@dataclass(frozen=True)
class BoardDone:
    """What a board did: how often it started, for how long its light was on (it computed), and the share of the time."""

    name: str
    unique_id: str
    address: str
    starts: int
    lit_s: float
    share: float


class Finished(Protocol):
    """A picture that the controller says it has finished, in so many milliseconds of its own."""

    @property
    def ms(self) -> int: ...


class Show:
    """A simulation, somebody who looks at it, and the pictures so far; `finished_s`: when the last one was.

    `read`: what a line of the controller says of a finished picture, or None.
    """

    def __init__(
        self, simulation: Simulation, keys_told: str, read: Callable[[str], Finished | None] = lambda line: None
    ) -> None:
        self._read = read
        wired = simulation.wiring
        self.simulation, self.wired = simulation, wired
        self.onlooker = Onlooker(simulation, f"{wired.name}: {wired.about}", keys_told)
        self.display = next((model for model in simulation.devices.values() if isinstance(model, Display)), None)
        self.pictures: list[Finished] = []
        self.finished_s = 0.0
        self._writes = -1  # of the display, then
        self._lines = self._told = 0
        self.now: Now = self.onlooker.look()

    def step(self, to_s: float) -> None:
        """Let virtual time pass, and look."""
        self.simulation.advance(to_s)
        self.now = self.onlooker.look()
        for at_s, line in self.onlooker.lines[self._lines :]:
            picture = self._read(line)
            if picture is not None:
                self.pictures.append(picture)
                self.finished_s = at_s
                self._writes = self.display.writes if self.display else -1
        self._lines = len(self.onlooker.lines)

    @property
    def whole(self) -> bool:
        """Whether the display has a finished picture: nothing was drawn since."""
        return bool(self.pictures) and self.display is not None and self.display.writes == self._writes

    def unwatched(self, say: Callable[[str], None], over: Callable[[], bool], limit_s: float) -> None:
        """Until it is over, or so late; says what is new."""
        while not over() and self.simulation.now < limit_s:
            self.step(min(limit_s, self.simulation.now + _STEP_S))
            for at_s, text in self.now.news[self._told :]:
                say(f"{at_s:8.3f} s  {text}")
            self._told = len(self.now.news)

    def watched(self, over: Callable[[], bool], limit_s: float | None, *, keyboard: bool) -> None:
        """Until somebody ends it, or without a keyboard until it is over; not beyond `limit_s`."""
        with keys.single() as there, Pane(self._draw).shown(whole=True):
            listens = keyboard and there
            begun = clock.now() - self.simulation.now
            while (listens or not over()) and (limit_s is None or self.simulation.now < limit_s):
                to_s = self.simulation.now + _STEP_S
                self.step(to_s if limit_s is None else min(limit_s, to_s))
                ahead = self.simulation.now - (clock.now() - begun)
                if ahead < -_LONGEST_LAG_S:
                    begun -= ahead
                typed = keys.pressed(max(0.0, ahead)) if there else ""
                if "q" in typed:
                    return
                if listens:
                    self._press(typed)

    def _press(self, typed: str) -> None:
        words = "".join(key for key in typed if key not in "123456789")
        for key in typed:
            if key in "123456789" and int(key) < len(self.wired.boards):
                name = self.wired.boards[int(key)].name
                kind = "unplug" if name in self.simulation.powered else "replug"
                self.simulation.inject(Fault(kind, name, self.simulation.now))
        if words:
            self.simulation.usb(self.wired.controllers[0]).write(words.encode())

    def _draw(self, width: int, height: int) -> list[Line]:
        glass = Glass(WIDTH, HEIGHT, self.display.colour) if self.display else None
        return lines(self.now, glass, width, height)

    @property
    def span(self) -> tuple[float, float]:
        """The seconds between which the last picture was made; without one, all that there were."""
        if not self.pictures:
            return 0.0, self.simulation.now
        return max(0.0, self.finished_s - self.pictures[-1].ms / 1000), self.finished_s

    def boards(self) -> list[BoardDone]:
        """What each board did while the last picture was made, or without one since the beginning."""
        since, until = (round(at_s * 1e6) for at_s in self.span)
        took_s = (until - since) / 1e6
        done = []
        for placed in self.wired.boards:
            light = self.onlooker.lights.get(placed.name)
            lit_s = light.lit_us(since, until) / 1e6 if light else 0.0
            address = self.onlooker.addresses.get(placed.name, "")
            starts = self.simulation.stations[placed.name].starts
            done.append(
                BoardDone(placed.name, placed.unique_id, address, starts, round(lit_s, 6), lit_s / took_s if took_s else 0.0)
            )
        return done


def tell_boards(screen: Screen, show: Show) -> None:
    """A table of what each board did."""
    rows = [[done.name, done.address, str(done.starts), seconds(done.lit_s), f"{done.share:.0%}"] for done in show.boards()]
    screen.say("")
    screen.table(["board", "address", "starts", "lit", "of the time"], rows, text=["board", "address"])
    screen.say("")
    for trouble in show.onlooker.troubles:
        screen.say(f"trouble: {trouble}")
