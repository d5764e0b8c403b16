"""The process of a breadboard: simulates a wiring at the pace of the wall clock, and carries its controller's USB to a socket.

    python -m shoal.bus.desk USB_FD SIDE_FD ORDER           ORDER: `shoal.bus.breadboard.Order` as JSON

On the side it writes lines of JSON: "now" and "speed" (virtual seconds in one of ours) fifty times a second; "there" when the
controller gets or loses its power; and "said" (board, text) for each line of a processor's console. It ends when the side is
closed at the other end.

A simulation that falls behind catches up when it has less to do; what it is behind by more than BEHIND_S is given up, and then
the breadboard is slow.
"""

import contextlib
import json
import select
import signal
import socket
import sys

from shoal import clock
from shoal.bus.breadboard import TOLD_EVERY_S, Order
from shoal.virtual.breadboard import faults
from shoal.virtual.breadboard.simulation import Simulation

STEP_S = 0.002  # virtual seconds between two looks at the host's bytes: what USB takes to carry a packet there and back
BEHIND_S = 0.5
GREETING = "shoal: processor "  # says every board of a bus as it starts


class Desk:
    """One simulation and its two sockets."""

    def __init__(
        self, simulation: Simulation, order: Order, places: dict[str, int], usb: socket.socket, side: socket.socket
    ) -> None:
        """`places`: the index of each processor among the cluster's boards."""
        self._simulation = simulation
        self._port = simulation.usb(order.controller)
        self._controller = order.controller
        self._there = True
        self._real = order.real
        self._places = places
        self._usb = usb
        self._side = side
        self._out = b""
        usb.setblocking(False)
        side.setblocking(False)

    def run(self) -> None:
        """Until nobody is there for whom to run."""
        simulation = self._simulation
        started = told = clock.now()
        told_at = simulation.now
        while True:
            behind = clock.now() - started - simulation.now if self._real else STEP_S
            if behind > BEHIND_S:
                started += behind - BEHIND_S
            if behind > 0:
                simulation.advance(simulation.now + min(behind, STEP_S))
            if not self._carry(wait=max(0.0, STEP_S - behind) if self._real else 0.0):
                return
            passed = clock.now() - told
            if passed > TOLD_EVERY_S:
                self._tell({"now": simulation.now, "speed": (simulation.now - told_at) / passed})
                told, told_at = clock.now(), simulation.now

    def _carry(self, wait: float) -> bool:
        """Bytes of the controller's USB both ways, and what was printed. False at the end."""
        self._out += self._port.read()
        readable, writable, _ = select.select([self._usb, self._side], [self._usb] if self._out else [], [], wait)
        if self._side in readable or self._usb in readable:
            with contextlib.suppress(BlockingIOError):
                if self._side in readable and not self._side.recv(16):
                    return False
                if self._usb in readable:
                    data = self._usb.recv(65536)
                    if not data:
                        return False
                    self._port.write(data)
        if writable:
            self._out = self._out[self._usb.send(self._out) :]
        lines, self._simulation.console[:] = self._simulation.console[:], []
        self._simulation.trace.clear()
        there = self._controller in self._simulation.powered or not self._simulation.stations[self._controller].starts
        if there is not self._there:
            self._there = there
            self._tell({"there": there})
        for _, board, line in lines:
            if board in self._places and not line.startswith(GREETING):
                self._tell({"said": [self._places[board], f"{line.rstrip()}\n"]})
        return True

    def _tell(self, news: dict[str, object]) -> None:
        with contextlib.suppress(BlockingIOError):  # nobody listens
            self._side.send(json.dumps(news).encode() + b"\n")


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the host, which then closes our sockets
    usb, side = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    values = json.loads(sys.argv[3])
    order = Order(**{**values, "faults": tuple(values["faults"])})
    wired = order.wired()
    places = {name: index for index, name in enumerate(wired.processors)}
    simulated = Simulation(wired, seed=order.seed, faults=faults.read(order.faults, wired), noise=order.noise)
    with simulated as simulation, contextlib.suppress(ConnectionError):
        Desk(simulation, order, places, usb, side).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
