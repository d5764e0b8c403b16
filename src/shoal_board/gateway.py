"""The gateway: a controller at a host carries bytes between it and every board on its bus. It looks into none of them.

Towards the host it is the shell of an agent with other messages: the same frames, sequence, credit and HELLO, with facts "bus"
and, as an echo, "session".
Each board on the bus is a stream, numbered anew whenever its bytes begin anew. All messages but HELLO are sequenced:

    CARRY     both ways  stream u8, bytes of it. To a board: only with room, which each new stream has once
    RENEW     from host  streams, u8 each: they end, and others begin with the same boards (JOINED tells)
    JOINED    to host    stream u8, address u8, unique id of the board: it begins; what that board had before has ended
    LEFT      to host    stream u8, reason u8 (of `trouble_on_bus`): it has ended
    ROOM      to host    stream u8: room for one more CARRY, of the largest payload that our HELLO tells
    COUNTERS  to host    four times a second, see COUNTERS_FORMAT
    TROUBLE   to host    code u8 (of `trouble_on_bus`), detail: 0 and an i32, or 1 and bytes

A host that is new renews every stream: what a board and the host before it had begun is dropped at both ends.
"""

import gc
import struct

from . import wire
from .main import Board, ticks_diff, ticks_ms, ticks_us
from .parts import part
from .peer import Peer
from .wire import MICROPYTHON, const

CARRY = const(48)
RENEW = const(49)
JOINED = const(50)
LEFT = const(51)
ROOM = const(52)
COUNTERS = const(53)
TROUBLE = const(54)
COUNTERS_FORMAT = "<IIIIIIII"  # milliseconds, then the bus's counters, all of them modulo WRAP: microseconds that the bus was
# busy, payload bytes from boards and to boards, packets sent again, boards that joined and that left, clashes
WRAP = const(0x40000000)

_COUNT_EVERY_MS = const(250)
_BLOCKED_MS = const(20)  # the host takes nothing: then nothing is fetched for it either
_STREAMS = const(255)


class Gateway(Board):
    """What a bus tells its `events`, passed on to a host, and back. `bus` is set by `serve`."""

    guard = None  # as an agent has: a controller runs no tasks
    store = None

    def __init__(self, port, boot, described, packet, credit, clock=ticks_us):
        """`described`: facts for the HELLO, "bus" among them; `packet`: bytes for a board that are taken at a time;
        `credit`: frames that the port's buffers hold."""
        self.port = port
        self.agent = self  # that which frames are for
        self.boot = boot
        self.described = described
        self.limit = packet + 1
        self.clock = clock
        self.peer = Peer(self.limit, credit, 0, ticks_diff)
        self.bus = None
        self.temperature = wire.NO_TEMPERATURE
        self._head = memoryview(bytearray(wire.HEADER))
        self._have = 0
        self._number = 0  # of the last stream
        self._told = ticks_ms()  # when the counters were
        self.hang_up()

    def serve(self, bus):
        """Serve the bus, and one host after another, until the port ends."""
        self.bus = bus
        port = self.port
        while True:
            self.write()
            if self.peer.queue:
                bus.beat()
                wait = _BLOCKED_MS
            else:
                wait = bus.turn() // 1000
                if self.session is not None and ticks_diff(ticks_ms(), self._told) >= _COUNT_EVERY_MS:
                    self._count()
            while port.ready(wait):
                if not self.read():
                    return
                self.write()
                wait = 0

    # --- what the shell asks of an agent ---

    def hang_up(self):
        """The session with a host has ended, and nothing of it is left; or none has begun."""
        self.session = None
        self._streams = {}  # stream -> address
        self._numbers = {}  # address -> stream
        self._waiting = {}  # address -> what the bus has not yet taken of a CARRY
        self.peer.reset(self.limit, self.peer.credit, 0)

    def measure(self):
        """Look at the heap."""
        gc.collect()
        self.heap = gc.mem_free() if MICROPYTHON else 0

    def receive(self, frame, now):
        """Take one frame of the host."""
        session = self.session
        if frame[0] == wire.HELLO:
            self.described["session"] = bytes(frame[4][6:10])  # so that a host knows an answer to the host before it
            part("session").hello(self, frame[4])
            if self.session != session:
                self._count()
                self._renew([address for address, member in self.bus.members.items() if member.known])
                for code, detail in self.bus.troubles.items():
                    self.trouble(code, detail)
        elif session is None:
            part("session").announce(self)  # we were reset, and the host does not know yet
        else:
            message = self.peer.receive(frame, now)
            if message and len(message[1]):
                op, payload = message
                if op == CARRY:
                    address = self._streams.get(payload[0])
                    if address is not None:  # else it has ended, and the host does not know yet
                        self._waiting[address] = payload[1:]
                        self.room(address)
                elif op == RENEW:
                    self._renew([self._streams[stream] for stream in payload if stream in self._streams])

    def _renew(self, addresses):
        members = self.bus.members
        for address in addresses:
            if address in members:
                self.bus.renew(address)
                self.joined(address, members[address].unique_id)

    # --- what a bus tells ---

    def joined(self, address, unique_id):
        """A board is on the bus, or its bytes begin anew."""
        self._end(address)
        if self.session is not None:
            stream = self._number
            while True:
                stream = (stream + 1) % _STREAMS
                if stream not in self._streams:
                    break
            self._number = stream
            self._streams[stream] = address
            self._numbers[address] = stream
            self._say(JOINED, bytes((stream, address)) + unique_id)

    def left(self, address, reason):
        stream = self._end(address)
        if stream is not None:
            self._say(LEFT, bytes((stream, reason)))

    def received(self, address, view):
        """Bytes of a board; the view is valid during this call."""
        stream = self._numbers.get(address)
        if stream is not None:
            self._say(CARRY, bytes((stream,)), view)

    def room(self, address):
        """The bus takes bytes for a board again."""
        view = self._waiting.get(address)
        if view is not None:
            view = view[self.bus.send(address, view) :]
            if len(view):
                self._waiting[address] = view
            else:
                del self._waiting[address]
                self._say(ROOM, bytes((self._numbers[address],)))

    def trouble(self, code, detail):
        """Something is wrong with the bus; `detail`: a number or bytes."""
        if self.session is None:  # then a human may be listening
            print("shoal:", part("trouble_on_bus").sentence(code, detail))
            return
        number = isinstance(detail, int)
        self._say(TROUBLE, bytes((code, not number)) + (struct.pack("<i", detail) if number else detail))

    # --- to the host ---

    def _end(self, address):
        """Forget the stream of a board; gives its number, or None."""
        self._waiting.pop(address, None)
        stream = self._numbers.pop(address, None)
        self._streams.pop(stream, None)
        return stream

    def _count(self):
        self._told = ticks_ms()
        counted = self.bus.counters
        numbers = self._told, counted.busy_us, counted.bytes_in, counted.bytes_out, counted.retries
        numbers += counted.joined, counted.left, counted.clashes
        self._say(COUNTERS, struct.pack(COUNTERS_FORMAT, *[number % WRAP for number in numbers]))

    def _say(self, op, head, view=b""):
        """Send a message now; what the host does not take yet is kept, but not the memory of others."""
        peer = self.peer
        message = [head, view]
        peer.send(op, message)
        self.write()
        if peer.queue and len(view):
            message[1] = bytes(view)
