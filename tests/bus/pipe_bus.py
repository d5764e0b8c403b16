"""A bus of pipes: what a gateway needs of a bus, with real MicroPython boards at its other ends, and no wire in between.

The controller is a thread here; the boards are those of `virtual:`. `Joint` makes the fleet that a host gets of it.
"""

import contextlib
import os
import pty
import select
import socket
import threading
import time
import tty
from types import SimpleNamespace

from shoal import spec
from shoal.bus.fleet import GatewayBoards
from shoal.errors import LinkError
from shoal.fleet import Ended, Slot
from shoal.links.pipe import PipeLink
from shoal.virtual.fleet import VirtualBoards
from shoal_board import mailbox
from shoal_board.gateway import Gateway
from shoal_board.ports.pipe import Port

PACKET = 512
FIRST = 0x20
COUNTERS = ("busy_us", "bytes_in", "bytes_out", "retries", "joined", "left", "clashes")


class PipeBus:
    """As `shoal_board.bus.Bus`; boards are plugged in and out by index, from any thread."""

    def __init__(self, count):
        self.events = None
        self.boards = VirtualBoards(spec.parse(f"virtual:{count}xpico"))
        self.members = {}
        self.troubles = {}
        self.counters = SimpleNamespace(**dict.fromkeys(COUNTERS, 0))
        self._links = {}
        self._out = {}
        self._asked = []  # called in the controller's thread
        self._back = set()  # boards to start again when they have ended
        self.turns = 0

    def ask(self, what):
        self._asked.append(what)

    def plug(self, index):
        self._links[FIRST + index] = self.boards.open(index)
        self._out[FIRST + index] = bytearray()
        unique_id = bytes.fromhex(self.boards.slots[index].unique_id)
        self.members[FIRST + index] = SimpleNamespace(unique_id=unique_id, known=True)
        self.counters.joined += 1
        self.events.joined(FIRST + index, unique_id)

    def unplug(self, index, reason=mailbox.SILENT, again=False):
        """Cut a board off, and kill it; `again`: and have it start again."""
        address = FIRST + index
        self.members.pop(address)
        self._links.pop(address).close()
        self.boards.kill(index, "unplugged")
        self.counters.left += 1
        if again:
            self._back.add(index)
        self.events.left(address, reason)

    def renew(self, address):
        """A pipe has no new streams: the board gets a new process, and none of the old bytes is left."""
        link = self._links[address]
        ours, theirs = socket.socketpair()
        theirs.close()
        self._links[address] = PipeLink(ours)
        self._links[address].close = lambda: None
        link.close()
        ours.close()
        self._back.add(address - FIRST)
        self._out[address] = bytearray()
        self.boards.kill(address - FIRST, "renewed")

    def send(self, address, view):
        out = self._out[address]
        if out:
            return 0
        out += view[:PACKET]
        return min(PACKET, len(view))

    def beat(self):
        """Pipes give up nobody."""

    def turn(self):
        self.turns += 1
        while self._asked:
            self._asked.pop(0)()
        for event in self.boards.poll():
            if isinstance(event, Ended):
                self._ended(event.slot)
        moved = 0
        for address in list(self.members):
            moved += self._move(address)
        self.counters.busy_us += 20 * moved
        return 0 if moved else 2000

    def _ended(self, index):
        address = FIRST + index
        if index in self._back:
            self._back.discard(index)
            if address in self.members:  # renewed
                self._links[address] = self.boards.open(index)
                self.events.room(address)
            else:
                self.plug(index)
        elif address in self.members:
            self.members.pop(address)
            self.counters.left += 1
            self.events.left(address, mailbox.REBOOTED)
            self.plug(index)

    def _move(self, address):
        link, out = self._links[address], self._out[address]
        moved = 0
        if out:
            count = max(0, link.send(memoryview(out)))
            del out[:count]
            self.counters.bytes_out += count
            moved += count
            if not out:
                self.events.room(address)
        buffer = memoryview(bytearray(PACKET))
        count = link.receive_into(buffer) if address in self.members else 0
        if count > 0:
            self.counters.bytes_in += count
            moved += count
            self.events.received(address, buffer[:count])
        return moved

    def close(self):
        self.boards.close()


class Joint:
    """A controller with a bus of pipes, in a thread; hosts come and go."""

    returns_within = 5.0
    where = "at hand"

    def __init__(self, count, credit=32, boot=7, facts=None, plugged=None):
        self.count, self.credit, self.boot, self.facts = count, credit, boot, facts or {}
        self._ours = None
        self._start(plugged)

    def _start(self, plugged=None):
        self.bus = PipeBus(self.count)
        host, controller = socket.socketpair()
        self._ours = host
        self._theirs = controller
        port = Port(os.dup(controller.fileno()), os.dup(controller.fileno()))
        facts = {"unique_id": "c0ffee00", "cores": 1, "machine": "a thread", "bus": "i2c 400000", **self.facts}
        self.gateway = self.bus.events = Gateway(port, self.boot, facts, PACKET, self.credit)
        for index in range(self.count) if plugged is None else plugged:
            self.bus.ask(lambda index=index: self.bus.plug(index))
        self.thread = threading.Thread(target=self._serve, args=(self.gateway, self.bus), daemon=True)
        self.thread.start()

    @staticmethod
    def _serve(gateway, bus):
        try:
            with contextlib.suppress(OSError):
                gateway.serve(bus)
        finally:
            bus.close()

    def reset(self, plugged=None):
        """The controller starts again, and its USB with it."""
        self._theirs.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.boot += 1
        self._start(plugged)

    def fleet(self, text="bus:"):
        """A new host."""
        slots = [Slot(slot.name, slot.kind, slot.unique_id) for slot in self.bus.boards.slots]
        made = GatewayBoards(spec.parse(text), Caller(self), slots)
        made.pump.berths.within = 5.0
        made.pump.start()
        return made

    def end(self):
        self._theirs.shutdown(socket.SHUT_RDWR)
        self.thread.join()


class Terminal:
    """A serial port that leads to a joint's controller, and can be pulled out: `path` is where a host finds it."""

    def __init__(self, joint, path):
        self.joint, self.path = joint, path
        self.plug()

    def plug(self):
        self._ours, device = pty.openpty()
        tty.setraw(device)
        self.path.symlink_to(os.ttyname(device))
        self._device = device
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._going = True
        self._thread.start()

    def _carry(self):
        joint = self.joint._ours
        while self._going:
            readable, _, _ = select.select([self._ours, joint], [], [], 0.05)
            with contextlib.suppress(OSError):
                if self._ours in readable:
                    joint.sendall(os.read(self._ours, 65536))
                if joint in readable:
                    os.write(self._ours, joint.recv(2048))

    def pull(self):
        self._going = False
        self._thread.join()
        self.path.unlink()
        os.close(self._ours)
        os.close(self._device)


class Caller:
    """How a host's pump reaches the controller."""

    returns_within = 3.0
    where = "at hand"

    def __init__(self, joint):
        self._joint = joint

    def connect(self, stop):
        if not self._joint.thread.is_alive():
            raise LinkError("the controller of its bus was unplugged, and did not come back")
        return PipeLink(self._joint._ours.dup())

    def now(self):
        return time.monotonic()

    def why_ended(self):
        time.sleep(0.05)
        return "the controller of its bus was unplugged"

    def side(self):
        return None

    def hear(self):
        return []

    def close(self):
        pass
