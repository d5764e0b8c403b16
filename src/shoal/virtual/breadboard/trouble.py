"""Carries out the faults of a simulation at their times."""

from shoal.virtual.breadboard import faults
from shoal.virtual.breadboard.engine import Engine
from shoal.virtual.breadboard.faults import Fault
from shoal.virtual.breadboard.station import pair

_SECOND = 1_000_000_000
_BROWNED = 1  # reset cause: power


class Troubles:
    """`noise`: probability of a wrong bit on the nets of the bus, all the time."""

    def __init__(self, engine: Engine, noise: float) -> None:
        self.sim = engine
        for name in faults.bus_nets(engine.wiring):
            engine.circuit.nets[name].noise = noise

    def add(self, fault: Fault) -> None:
        """Plan a fault; one whose time is over happens now."""
        now = self.sim.now_ns
        begins = max(now, round(fault.at_s * _SECOND))
        self.sim.agenda.at(begins, self._begin, fault)
        until = None if fault.until_s is None else round(fault.until_s * _SECOND)
        if fault.kind == "brownout" and until is None:
            until = begins + round(faults.BROWNOUT_S * _SECOND)
        if until is not None:
            self.sim.agenda.at(max(now, until), self._over, fault)

    def _begin(self, now: int, fault: Fault) -> None:
        self.sim.note("fault", fault.target, str(fault))
        self._do(now, fault, True)

    def _over(self, now: int, fault: Fault) -> None:
        self.sim.note("mended", fault.target, str(fault))
        self._do(now, fault, False)

    def _do(self, now: int, fault: Fault, on: bool) -> None:
        sim = self.sim
        kind = fault.kind
        stations = [sim.stations[name] for name in fault.targets if name in sim.stations]
        if kind in ("unplug", "brownout"):
            for station in stations:
                sim.cut(station) if on else sim.power(station)
        elif kind == "replug":
            for station in stations:
                sim.power(station)
        elif kind == "slow":
            stations[0].slow = fault.value if on and fault.value else 1.0
        elif kind == "twins":
            first, second = stations
            second.twin = first if on else None
            pair(sim.stations.values(), second)
        else:
            self._lines(now, fault, on)

    def _lines(self, now: int, fault: Fault, on: bool) -> None:
        every = faults.bus_nets(self.sim.wiring) if fault.kind == "noise" else list(self.sim.circuit.nets)
        for name in fault.targets or every:
            net = self.sim.circuit.nets[name]
            if fault.kind == "stuck":
                net.stuck = int(fault.value or 0) if on else None
            elif fault.kind == "noise":
                net.noise += (fault.value or 0.0) * (1 if on else -1)
            else:
                net.pulled = not on
            self.sim.circuit.settle(now, net)
