"""Boards and a controller on a lossy bus: boards answer messages, the controller checks that nothing is lost or doubled.

A message is its length, that of the answer, how long to compute for it (ms), and bytes, from which the answer is made. Streams
have no frames: a byte too many or too few, ever, and nothing makes sense from there on.
"""

import struct

from lossy_bus import Target, Wire

from shoal_board.bus import Bus
from shoal_board.processor import Processor

HEAD = "<HHH"  # bytes of the message and of the answer, milliseconds


def answer_to(message, size):
    return (bytes(255 - byte for byte in message) * (size // max(1, len(message)) + 1))[:size]


class BoardActor:
    """One processor with its program."""

    def __init__(self, world, unique_id, attention=None, **sizes):
        self.world = world
        self.unique_id = unique_id
        self.target = Target(world)
        self.boots = 0
        self.attention = attention
        self.raised = False
        self.sizes = sizes
        self.actor = None
        self.computing = False

    def power(self):
        """Switch it on."""
        self.boots += 1
        self.target.address = None
        self.target.mem = None
        self.raised = False
        self.actor = self.target.actor = self.world.spawn(self._program)

    def cut(self):
        """Switch it off, whatever it does."""
        self.target.mem = None
        self.raised = False
        self.actor.killed = True
        self.world.wake(self.actor, 0)

    def _raise(self, level):
        self.raised = level

    def _program(self):
        boot = self.world.random.getrandbits(32)
        attention = self._raise if self.attention else None
        self.port = Processor(self.target, self.unique_id, boot, attention, clock=self.world.milliseconds, **self.sizes)
        while True:
            self.port.wait()
            self._serve(self.port)

    def _serve(self, port):
        head = bytearray(6)
        todo = []
        while True:
            while not todo or port.ready(0):  # as the agent: take what has come before computing
                if not port.read(memoryview(head)):
                    return
                count, size, milliseconds = struct.unpack(HEAD, head)
                message = bytearray(count)
                if not port.read(memoryview(message)):
                    return
                todo.append((message, size, milliseconds))
            message, size, milliseconds = todo.pop(0)
            if milliseconds:
                self.computing = True
                self.world.sleep(milliseconds * 1000)
                self.computing = False
            port.write(memoryview(answer_to(message, size)))


class Controller:
    """A bus, and what its boards were asked."""

    def __init__(self, world, unique_id=b"controller", attention=None):
        self.world = world
        self.wire = Wire(world)
        self.unique_id = unique_id
        self.attention = attention
        self.log = []
        self.actor = None
        self.feed = None  # called with (controller, address) when there is room for more
        self.step_us = 0  # what a turn costs the controller's processor
        self.blocked = False  # whether it has no time for turns

    def power(self):
        self.ids = {}  # address -> unique id
        self.sent = {}  # address -> bytes not yet taken by the bus
        self.expected = {}  # address -> answers that must come
        self.got = {}
        self.answered = {}
        self.idle = {}
        self.actor = self.world.spawn(self._program)

    def cut(self):
        self.actor.killed = True
        self.world.wake(self.actor, 0)

    def _program(self):
        self.bus = Bus(self.wire, self, self.attention, self.unique_id, clock=self.world.clock)
        while True:
            if self.step_us:
                self.world.sleep(self.step_us)
            if self.blocked:
                self.bus.beat()
                self.world.sleep(1_000_000)
                continue
            wait = self.bus.turn()
            if wait:
                self.world.sleep(min(wait, 1000) if self.step_us else wait)

    # --- events ---

    def joined(self, address, unique_id):
        self.log.append((self.world.seconds, "joined", address, unique_id))
        assert address not in self.ids
        assert unique_id not in self.ids.values(), "a board has joined twice"
        self.ids[address] = unique_id
        self.begin(address)

    def begin(self, address):
        self.sent[address] = b""
        self.expected[address] = []
        self.got[address] = b""
        self.answered.setdefault(self.ids[address], 0)
        self.room(address)

    def left(self, address, reason):
        self.log.append((self.world.seconds, "left", address, reason))
        del self.ids[address], self.sent[address], self.expected[address], self.got[address]

    def room(self, address):
        if self.feed and not self.sent[address]:
            self.feed(self, address)
        data = self.sent[address]
        if data:
            self.sent[address] = data[self.bus.send(address, data) :]

    def ask(self, address, message, size, milliseconds):
        """Put a message into the stream."""
        self.sent[address] += struct.pack(HEAD, len(message), size, milliseconds) + message
        self.expected[address].append(answer_to(message, size))
        data = self.sent[address]
        self.sent[address] = data[self.bus.send(address, data) :]

    def received(self, address, view):
        got = self.got[address] + bytes(view)
        expected = self.expected[address]
        while expected and len(got) >= len(expected[0]):
            wanted = expected.pop(0)
            assert got[: len(wanted)] == wanted, f"a stream broke on {address:#x} after {self.world.seconds} s"
            got = got[len(wanted) :]
            self.answered[self.ids[address]] += 1
            if self.feed:
                self.feed(self, address)
        assert not got or expected, "bytes that nobody asked for"
        self.got[address] = got

    def trouble(self, code, detail):
        self.log.append((self.world.seconds, "trouble", code, detail))


def unique(number):
    return bytes((0xE6, 0x60, 0x58, 0x38, 0x83, number >> 8, number & 0xFF, number * 37 & 0xFF))


def build(world, count, attention=None, **sizes):
    """A controller and boards, all without power."""
    boards = [BoardActor(world, unique(number), attention, **sizes) for number in range(count)]
    line = (lambda: any(board.raised and board.target.plugged for board in boards)) if attention else None
    return Controller(world, attention=line), boards
