"""What somebody sees who stands before a running breadboard: lights, power, the bus, and what the controller says.

It needs no help of the program on the boards but its words: lines of the controller's console that begin with a known one.
"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from operator import itemgetter

from shoal.cli.bus_panel import BoardNow, Now
from shoal.virtual.breadboard.devices.led import Light
from shoal.virtual.breadboard.simulation import Simulation

_SPAN_US = 50_000  # of a light's strip
_SPANS = 60
_MOMENT_S = 0.1  # of which the bus's share is shown
_SPEAKER = re.compile(r"(?:shoal|picocray|esp32): ")  # what a board's lines begin with
_JOINED = re.compile(r"joined (\S+) ([0-9a-f]+)")
_LEFT = re.compile(r"left (\S+)(.*)")
_MADE = re.compile(r"(\S+) made (.+)")
_PICTURE = re.compile(r"picture in [^@]*[^@, ]")  # without its place
_TROUBLE = re.compile(r"trouble: (.+)")
_OVER = "this is over: "  # what a trouble begins with that has passed
_COMPLAINT = re.compile(r"shoal: (?!\w+ [0-9a-f]+ on )(.+)")  # of a processor: what it says beside its name


class _Strip:
    """The last spans of a light: what share of each it was lit."""

    def __init__(self, light: Light) -> None:
        self._light = light
        self._seen = 0  # of its changes
        self._level = 0
        self._upto = 0  # us
        self._lit = 0  # us, of the span that goes on
        self.shares: deque[float] = deque(maxlen=_SPANS)

    def follow(self, now_us: int) -> None:
        changes = self._light.changes
        while self._seen < len(changes) and changes[self._seen][0] <= now_us:
            us, level = changes[self._seen]
            self._pass(us)
            self._level = level
            self._seen += 1
        self._pass(now_us)

    def _pass(self, to_us: int) -> None:
        while self._upto < to_us:
            end = min(to_us, (self._upto // _SPAN_US + 1) * _SPAN_US)
            self._lit += (end - self._upto) * self._level
            self._upto = end
            if not end % _SPAN_US:
                self.shares.append(self._lit / _SPAN_US)
                self._lit = 0


class Onlooker:
    """Looks at a simulation from time to time. `troubles`: sentences that boards said, each once, in their order."""

    def __init__(self, simulation: Simulation, title: str, keys: str) -> None:
        self._simulation = simulation
        self._title, self._keys = title, keys
        self._strips = {light.board: _Strip(light) for light in simulation.devices.values() if isinstance(light, Light)}
        self.lights = {light.board: light for light in simulation.devices.values() if isinstance(light, Light)}
        self._ids = {placed.unique_id: placed.name for placed in simulation.wiring.boards}
        self._read = self._traced = 0
        self._news: list[tuple[float, str]] = []
        self._clock = next((net.name for net in simulation.wiring.nets if self._is_clock(net.pins)), None)
        self._carried: list[tuple[float, float]] = [(0.0, 0.0)]  # seconds, and for how many of them the bus was busy
        self.addresses: dict[str, str] = {}  # board -> where it is on the bus
        self.troubles: list[str] = []
        self.lines: list[tuple[float, str]] = []  # of the controller

    def _is_clock(self, pins: tuple[tuple[str, int], ...]) -> bool:
        return any(gpio == self._simulation.wiring.bus.pins.get("scl") for _, gpio in pins)

    def look(self) -> Now:
        """Take in what happened since the last look."""
        simulation = self._simulation
        self._hear()
        self._watch_faults()
        now = simulation.now
        if self._clock is not None and now > self._carried[-1][0]:
            self._carried.append((now, simulation.busy(self._clock)))
        boards = tuple(self._board(placed.name) for placed in simulation.wiring.boards)
        return Now(self._title, now, boards, self.bus_share(now - _MOMENT_S, now), tuple(self._news), self._keys)

    def bus_share(self, since_s: float, until_s: float) -> float | None:
        """The share of a time in which the bus was busy, about; None if nobody can know."""
        carried, when = self._carried, itemgetter(0)
        first = max(0, bisect_right(carried, since_s, key=when) - 1)
        last = min(bisect_left(carried, until_s, key=when), len(carried) - 1)
        if first >= last:
            return None
        (begun, busy_before), (ended, busy_after) = self._carried[first], self._carried[last]
        return (busy_after - busy_before) / (ended - begun)

    def _board(self, name: str) -> BoardNow:
        strip, light = self._strips.get(name), self.lights.get(name)
        if strip is not None:
            strip.follow(self._simulation.now_ns // 1000)
        controller = name in self._simulation.wiring.controllers
        return BoardNow(
            name=name,
            role="controller" if controller else "processor",
            powered=self._simulation.stations[name].powered,
            lit=light is not None and light.lit,
            strip=tuple(strip.shares) if strip is not None else (),
            told=self.addresses.get(name, ""),
        )

    def _hear(self) -> None:
        """New lines of the consoles: the controller's words, and whatever the others say."""
        console = self._simulation.console
        controllers = self._simulation.wiring.controllers
        while self._read < len(console):
            at_s, board, line = console[self._read]
            self._read += 1
            text = _SPEAKER.sub("", line, count=1)
            if board in controllers:
                self.lines.append((at_s, line))
                text = self._understood(text)
            else:
                self._complained(line)
                text = f"{board}: {text}"
            if not (self._news and self._news[-1] == (at_s, text)):  # both the system and a job tell of troubles
                self._news.append((at_s, text))

    def _complained(self, line: str) -> None:
        """What a processor says of a bus on which it is alone: the controller may have no words."""
        if match := _COMPLAINT.match(line):
            self._trouble(match[1])

    def _trouble(self, sentence: str) -> None:
        if sentence not in self.troubles and not sentence.startswith(_OVER):
            self.troubles.append(sentence)

    def _understood(self, line: str) -> str:
        """A line of the controller, in the names that the wiring has for its boards."""
        names = {address: board for board, address in self.addresses.items()}
        if match := _JOINED.match(line):
            board = self._ids.get(match[2], match[2])
            self.addresses[board] = match[1]
            return f"{board} joined at {match[1]}"
        if match := _LEFT.match(line):
            self.addresses.pop(names.get(match[1], ""), None)
            return f"{names.get(match[1], match[1])} left"
        if match := _TROUBLE.match(line):
            self._trouble(match[1])
            return match[1]
        elif (match := _MADE.match(line)) and match[1] in names:
            return f"{names[match[1]]} made {match[2]}"
        elif match := _PICTURE.match(line):
            return match[0]
        return line

    def _watch_faults(self) -> None:
        trace = self._simulation.trace
        while self._traced < len(trace):
            us, kind, name, data = trace[self._traced]
            self._traced += 1
            if kind == "fault":
                self._news.append((us / 1e6, f"FAULT {name} {data}".rstrip()))
