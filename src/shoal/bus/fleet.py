"""The boards of a `bus:` spec, and of any other that are reached through the gateway of a controller."""

import os

from shoal.bus.berths import MOST
from shoal.bus.finding import SerialController, find
from shoal.bus.pump import Controller, Pump
from shoal.errors import LinkError
from shoal.fleet import Boards, Event, Slot, discard
from shoal.links import Link
from shoal.links.opening import Opening
from shoal.model import BusAccount
from shoal.spec import Spec
from shoal.usb import ports

JOIN_S = 5.0  # in which the first board of a bus should be seen: addresses are given within 3 s of the last boot


class GatewayBoards(Boards):
    """Boards behind one controller, moved by a pump of their own. All calls from one thread."""

    def __init__(self, spec: Spec, controller: Controller, slots: list[Slot]) -> None:
        self.spec = spec
        self._slots = slots
        self._told: Opening[Event] = Opening(discard)
        self.pump = Pump(controller, slots, self._told.put)

    @property
    def slots(self) -> list[Slot]:
        return self._slots

    @property
    def bus(self) -> BusAccount:
        """What the bus was used for so far."""
        return self.pump.use.account()

    @property
    def byte_us(self) -> float:
        """Microseconds for which a byte of payload keeps the bus busy, at least; 0 if that is not known."""
        return self.pump.use.byte_us

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._told.fileno()

    def poll(self) -> list[Event]:
        """What happened since the last call. Never blocks."""
        return self._told.take()

    def open(self, index: int) -> Link | None:
        """Wait for a board to be on the bus, for the first time or again; its link comes with `Opened`."""
        self.pump.ask(lambda: self.pump.berths.open(index))
        return None

    def lost(self, index: int) -> None:
        """A link ends only when the pump has said why."""

    def kill(self, index: int, reason: str) -> None:
        """Have a board drop what it has and does; `Ended` follows, with `reason`."""
        self.pump.ask(lambda: self.pump.berths.kill(index, reason))

    def notes(self) -> tuple[str, ...]:
        """What the bus carried, and what was wrong with it."""
        return (str(self.pump.use), *(f"bus trouble: {text}" for text in self.troubles()))

    def troubles(self) -> tuple[str, ...]:
        """What was wrong with the bus so far, a sentence each."""
        return tuple(self.pump.use.troubles.values())

    def close(self) -> None:
        """Let go of the controller. Its boards stay on the bus and wait for the next host."""
        self.pump.stop()
        self._told.close()


class BusBoards(GatewayBoards):
    """The boards on the bus of a controller at a serial port."""

    def __init__(self, spec: Spec) -> None:
        """Find the controller and see who is on its bus. Raises UsageError or LinkError, which say what is missing."""
        patience = ports.patience()
        baud = int(spec.options["baud"] or 0)
        found = find(spec.targets, baud, patience, os.environ)
        super().__init__(spec, SerialController(found, baud, patience), [Slot("", "", "") for _ in range(MOST)])
        self.pump.patience = patience
        self.pump.start()
        self.pump.settled.wait(JOIN_S * patience)
        if not self.pump.berths.present:
            self.close()
            raise self.pump.error or LinkError(_nobody(found.where, self.troubles()))


def _nobody(where: str, troubles: tuple[str, ...]) -> str:
    """No board is on the bus, and what its controller says about that."""
    if troubles:
        return f"no board is on the bus of {where}: {'; '.join(troubles)}"
    return (
        f"no board has joined the bus of {where} within {JOIN_S:.0f} s. Were they adopted (`shoal adopt --bus`), do they have "
        "power, and are SDA, SCL and ground connected?"
    )
