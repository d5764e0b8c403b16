"""The electricity of one net: who drives it, what pulls it, which level follows, and how long a rising edge takes.

A driven low wins over everything, a driven high over resistors; of resistors the stronger wins; a net that nothing holds keeps
its level for a while and is then whatever the simulation's dice say. Figures: catalogue links.toml, [i2c.bus] and [i2c.pullups].
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

INTERNAL_OHM = 60_000.0
"""A pin's own pull-up or pull-down on the RP2040: 50 to 80 kOhm (catalogue: i2c.pullups.rp2040_internal_ohm, recalled)."""
PIN_PF = 10.0
"""Most that a pin adds to a net (catalogue: i2c.bus.pin_capacitance_pf, documented)."""
LED_SIEMENS = 1 / 1000
"""A light and its resistor, to ground (estimated)."""
WIRE_PF_M = 75.0
"""A metre of wire, 50 to 100 (catalogue: i2c.bus.wire_capacitance_pf_per_m, estimated)."""
SUPPLY_V, HIGH_V = 3.3, 2.0
"""From 2.0 V on an RP2040 reads a high level (recalled from its datasheet, VIH at 3.3 V)."""
_RISE = -math.log(1 - HIGH_V / SUPPLY_V)  # time constants until then
_KEEPS_NS = 1_000_000  # a floating input keeps its charge for about so long; estimated

RELEASED = -1


@dataclass(eq=False)
class Drive:
    """What one pin does to its net. `level`: RELEASED, 0 or 1; `pull`: 0, 1 up, -1 down."""

    level: int = RELEASED
    pull: int = 0


@dataclass(eq=False)
class Net:
    """`resistors_up`, `resistors_down`: in siemens together. `drives`: by anything hashable, of pins that have power."""

    name: str
    capacitance_pf: float
    up: float = 0.0
    down: float = 0.0
    ground: bool = False
    level: int = 0
    since: int = 0
    stuck: int | None = None
    pulled: bool = True
    noise: float = 0.0
    shorted: bool = False
    busy_ns: int = 0
    drives: dict[object, Drive] = field(default_factory=dict)
    listeners: list[Callable[[int, int], None]] = field(default_factory=list)  # called with nanoseconds and level
    pending: Any = None  # the end of an edge that resistors make

    def pulls(self) -> tuple[float, float]:
        """Siemens to the supply and to ground."""
        up, down = (self.up if self.pulled else 0.0), self.down
        for drive in self.drives.values():
            if drive.pull > 0:
                up += 1 / INTERNAL_OHM
            elif drive.pull < 0:
                down += 1 / INTERNAL_OHM
        return up, down

    def rise_ns(self) -> float:
        """From released to a high level by the pull-ups; infinite without."""
        up, down = self.pulls()
        if not up or up / (up + down) * SUPPLY_V <= HIGH_V:
            return math.inf
        return _RISE / up * self.capacitance_pf * 1e-3

    def edge_ns(self) -> int:
        """From one level to the other by resistors."""
        conductance = sum(self.pulls())
        return int(_RISE / conductance * self.capacitance_pf * 1e-3) if conductance else 0

    def strong(self) -> int:
        """What is driven: 0, 1 or RELEASED."""
        self.shorted = False
        if self.stuck is not None:
            return self.stuck
        if self.ground:
            return 0
        found = RELEASED
        for drive in self.drives.values():
            if drive.level == RELEASED:
                continue
            if found != RELEASED and found != drive.level:
                self.shorted = True
                return 0
            found = drive.level
        return found

    def weak(self) -> int:
        """What the resistors make of a net that nobody drives: 0, 1, or RELEASED if there are none."""
        up, down = self.pulls()
        if not up and not down:
            return RELEASED
        return 1 if up / (up + down) * SUPPLY_V > HIGH_V else 0

    def floats(self, now: int) -> bool:
        """Whether its level is nobody's any more."""
        return now - self.since > _KEEPS_NS and self.strong() == RELEASED and self.weak() == RELEASED
