"""What is wrong with a bus, and how soon a board says so: each trouble on a breadboard of its own, in virtual time."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from shoal.bench.busrun import flash, wired
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.simulation import Simulation
from shoal.virtual.breadboard.wired import Wiring
from shoal.virtual.breadboard.wiring import changed

LIMIT_S = 12.0
_LATER_S = 3.0  # when lines and boards fail that were well: all boards have their addresses


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong. `words`: what a sentence that names it must have; `faults`: what happens, and since when.

    Where nothing happens, the time counts from the first board's boot.
    """

    name: str
    words: str
    made: Callable[[Wiring], Wiring] = lambda made: made
    faults: tuple[Fault, ...] = ()


def _no_role(made: Wiring) -> Wiring:
    return replace(made, nets=tuple(net for net in made.nets if not net.ground))


def _two_roles(made: Wiring) -> Wiring:
    nets = [replace(net, pins=(*net.pins, ("p1", net.pins[0][1]))) if net.ground else net for net in made.nets]
    return replace(made, nets=tuple(nets))


TROUBLES = (
    Trouble("two boards on an address", r"[Tt]wo boards.* address", faults=(Fault("twins", "p2,p5", _LATER_S),)),
    Trouble("SDA stuck", r"SDA .*(low|0)", faults=(Fault("stuck", "sda", _LATER_S, None, 0.0),)),
    Trouble("no pull-ups", r"[Pp]ull-up", lambda made: changed(made, no_pullups=True)),
    Trouble("no controller", r"[Nn]o controller", _no_role),
    Trouble("two controllers", r"[Tt]wo controllers|another controller|second controller", _two_roles),
    Trouble("3.4 MHz", r"3[.,]?4|3400000", lambda made: changed(made, frequency_hz=3_400_000)),
)


def named(trouble: Trouble, processors: int = 8, seed: int = 0) -> tuple[float | None, str]:
    """Virtual seconds until a board said what is wrong, and its sentence; None and what was said instead."""
    made = trouble.made(wired(processors))
    content = {f"controller:{name}": data for name, data in flash([], processors, 3000, True).items()}
    words = re.compile(trouble.words)
    with Simulation(made, seed=seed, faults=trouble.faults, files=content) as simulation:

        def said() -> tuple[float, str] | None:
            return next(((at, line) for at, _, line in simulation.console if words.search(line)), None)

        simulation.run(lambda: said() is not None, LIMIT_S)
        found = said()
        booted = min((us for us, kind, _, _ in simulation.trace if kind == "boot"), default=0) / 1e6
        since = trouble.faults[0].at_s if trouble.faults else booted
        if found is None:
            lines = [line for _, _, line in simulation.console if not line.startswith("bench: ")]
            return None, " | ".join(lines[-3:]) or "nothing"
        return found[0] - since, found[1]


def measure() -> dict[str, tuple[float | None, str]]:
    """Every trouble: when it was named, and how."""
    return {trouble.name: named(trouble) for trouble in TROUBLES}
