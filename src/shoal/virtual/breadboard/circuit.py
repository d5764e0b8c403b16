"""All nets of a breadboard, the buses on them, and what follows when somebody drives a pin."""

from random import Random

from shoal.virtual.breadboard.agenda import Agenda
from shoal.virtual.breadboard.i2c import Told, Wire
from shoal.virtual.breadboard.nets import PIN_PF, RELEASED, WIRE_PF_M, Drive, Net
from shoal.virtual.breadboard.wired import Pin, Wiring


class Circuit:
    """`ended` and `touched`, to be set: called with nanoseconds and a transfer, as `Wire` says."""

    ended: Told
    touched: Told

    def __init__(self, wiring: Wiring, agenda: Agenda, seed: int) -> None:
        self._agenda = agenda
        self._seed = seed
        self.dice = Random(f"floating pins {seed}")
        self.nets: dict[str, Net] = {}
        self._of: dict[Pin, Net] = {}
        self.wires: dict[tuple[str, str], Wire] = {}
        for wired in wiring.nets:
            capacitance = PIN_PF * len(wired.pins) + WIRE_PF_M * wired.length_m
            up, down = (sum(1 / ohm for ohm in resistors) for resistors in (wired.pullups_ohm, wired.pulldowns_ohm))
            net = self.nets[wired.name] = Net(wired.name, capacitance, up, down, wired.ground)
            net.level = 1 if not wired.ground and net.weak() == 1 else 0
            for pin in wired.pins:
                self._of[pin] = net

    def net_of(self, board: str, gpio: int) -> Net:
        """The net of a pin; one that no wire reaches has one of its own."""
        net = self._of.get((board, gpio))
        if net is None:
            net = self._of[board, gpio] = Net(f"{board}:{gpio}", PIN_PF)
        return net

    def wire(self, scl: Net, sda: Net) -> Wire:
        """The I2C bus of two nets."""
        key = scl.name, sda.name
        if key not in self.wires:
            dice = Random(f"noise on {scl.name} {sda.name} {self._seed}")
            self.wires[key] = Wire(scl, sda, self._agenda, dice, self.ended, self.touched)
        return self.wires[key]

    def drive(self, now: int, net: Net, owner: object, drive: Drive | None) -> None:
        """Somebody drives a net otherwise than before; None: has no pin there any more."""
        if drive is None:
            if net.drives.pop(owner, None) is None:
                return
        else:
            net.drives[owner] = drive
        self.settle(now, net)

    def settle(self, now: int, net: Net) -> None:
        """Something was done to a net: its level follows, at once or when resistors have brought it there."""
        for wire in self.wires.values():
            if wire.scl is net or wire.sda is net:
                wire.disturbed(now)
        level = net.strong()
        self._agenda.cancel(net.pending)
        net.pending = None
        if level == RELEASED:
            level = net.weak()
            if level not in (RELEASED, net.level):
                net.pending = self._agenda.at(now + net.edge_ns(), self._turned, net, level)
                return
        if level not in (RELEASED, net.level):
            self._turned(now, net, level)
        elif level != RELEASED:
            net.since = now

    def _turned(self, now: int, net: Net, level: int) -> None:
        net.pending = None
        net.level = level
        net.since = now
        for listener in list(net.listeners):
            listener(now, level)

    def read(self, now: int, net: Net) -> int:
        """The level that a pin sees."""
        if net.stuck is None and not net.ground and net.floats(now):
            return self.dice.getrandbits(1)
        return net.level
