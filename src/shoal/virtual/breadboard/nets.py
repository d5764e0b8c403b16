"""The electricity of one net: who drives it, what pulls it, which level follows, and how long a rising edge takes.

A driven low wins over everything, a driven high over resistors; of resistors the stronger wins; a net that nothing holds keeps
its level for a while and is then whatever the simulation's dice say. Figures: `shoal.charges`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shoal.charges import HIGH_V, INTERNAL_OHM, PIN_PF, RISE, SUPPLY_V, WIRE_PF_M

__all__ = ["LED_SIEMENS", "PIN_PF", "RELEASED", "WIRE_PF_M", "Drive", "Net"]

LED_SIEMENS = 1 / 1000
"""A light and its resistor, to ground (estimated)."""
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
        return RISE / up * self.capacitance_pf * 1e-3

    def edge_ns(self) -> int:
        """From one level to the other by resistors."""
        conductance = sum(self.pulls())
        return int(RISE / conductance * self.capacitance_pf * 1e-3) if conductance else 0

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
