"""This computer's end of a gateway (`shoal_board.gateway`): bytes in, events out; streams of boards in, bytes out. No I/O.

Times are milliseconds of any forward clock. What the other end may not get yet (a stream without room) is the caller's to keep.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shoal import defaults, protocol
from shoal.errors import ProtocolError
from shoal.protocol import Hello
from shoal_board import gateway, wire

_GREETINGS = (wire.HELLO, wire.REFUSE)


class Joined(NamedTuple):
    """A stream begins: the board with this unique id (hex) is on the bus, and has room for one packet."""

    stream: int
    address: int
    unique_id: str


class Left(NamedTuple):
    """A stream has ended: its board is not on the bus any more. `reason`: a code of `shoal_board.trouble_on_bus`."""

    stream: int
    reason: int


class Carried(NamedTuple):
    """Bytes that a board wrote; the view is valid until the next event."""

    stream: int
    data: memoryview


class Room(NamedTuple):
    """One more packet may be sent in a stream."""

    stream: int


class Counted(NamedTuple):
    """What the bus did since it was counted before. Seconds, bytes of payload, and how many."""

    seconds: float
    busy_s: float
    bytes_in: int
    bytes_out: int
    retries: int
    joined: int
    left: int
    clashes: int


class Troubled(NamedTuple):
    """Something is wrong with the bus. `code`, `detail`: as `shoal_board.trouble_on_bus` takes them."""

    code: int
    detail: int | bytes


Event = Hello | Joined | Left | Carried | Room | Counted | Troubled


class Trunk:
    """One session with one gateway. Streams of the session before mean nothing in this one."""

    def __init__(self, session: int, lossy: bool = False) -> None:
        """`session`: u32 that differs from the one before; `lossy`: the link to the controller may lose or damage bytes."""
        self.hello: Hello | None = None
        self._session = session
        self._resend = defaults.RESEND_MS if lossy else 0
        self._frame = defaults.LOSSY_FRAME if lossy else defaults.RECEIVE_LIMIT
        self._decoder = protocol.Decoder(defaults.RECEIVE_LIMIT, defaults.RECEIVE_BUFFER)
        self._peer = protocol.Peer(self._frame, defaults.CREDIT, self._resend)
        self._counted: tuple[int, ...] | None = None

    @property
    def packet(self) -> int:
        """Most bytes for a board at a time; 0 before the controller has answered."""
        return min(self._frame, self.hello.limit) - 1 if self.hello else 0

    # --- to the controller ---

    def greet(self) -> None:
        """Queue a HELLO; harmless when repeated."""
        self._peer.announce(*protocol.hello(self._session, self._frame, defaults.CREDIT, self._resend))

    def carry(self, stream: int, data: bytes) -> None:
        """Queue a packet for a board: at most `packet` bytes, and only with room."""
        self._peer.send(gateway.CARRY, [bytes((stream,)), data])

    def renew(self, streams: Iterable[int]) -> None:
        """Queue that these streams end, and new ones begin with the same boards."""
        self._peer.send(gateway.RENEW, [bytes(streams)])

    def nudge(self) -> None:
        """Queue a few bytes that mean nothing new: on a lossy link they complete what the controller waits for."""
        self._peer.nudge()

    def output(self, now: int) -> bytes:
        """What may be written now."""
        out = bytearray()
        while (frame := self._peer.output(now)) is not None:
            for buffer in frame:
                out += buffer
        return bytes(out)

    def wait(self, now: int) -> int | None:
        """Milliseconds until something must be sent again, or None."""
        return self._peer.due_in(now)  # type: ignore[no-any-return]

    # --- from the controller ---

    def room(self) -> memoryview:
        """Where bytes of the controller go; say `pushed` how many came."""
        return self._decoder.room()  # type: ignore[no-any-return]

    def pushed(self, count: int, now: int) -> Iterator[Event]:
        """What so many bytes in `room` say. Raises ProtocolError, or VersionError for another version of the protocol."""
        self._decoder.pushed(count)
        damaged = self._decoder.damaged
        while (frame := self._decoder.pop()) is not None:
            if self.hello is None and frame[0] not in _GREETINGS:  # of a session before this one
                continue
            message = self._peer.receive(frame, now)
            if message is None:
                continue
            yield self._read(*message)
        if self._decoder.damaged != damaged:
            self._peer.damaged()
        self._peer.acknowledge()

    def _read(self, op: int, payload: memoryview) -> Event:
        if op < gateway.CARRY:
            said = protocol.read(op, payload)
            if not isinstance(said, Hello):
                raise ProtocolError(f"a controller of a bus says what a board would (op {op})")
            self._accept(said)
            return said
        try:
            return self._decode(op, payload)
        except (struct.error, IndexError, ValueError) as error:
            raise ProtocolError(f"a message of a gateway (op {op}, {len(payload)} bytes) makes no sense: {error}") from error

    def _accept(self, hello: Hello) -> None:
        """Begin, if this is the answer to our HELLO and not to one before it."""
        if "bus" in hello.facts and hello.facts.get("session") == struct.pack("<I", self._session):
            self.hello = self.hello or hello
            self._peer.frame = min(self._frame, hello.limit)
            self._peer.granted = hello.credit

    def _decode(self, op: int, payload: memoryview) -> Event:
        if op == gateway.CARRY:
            return Carried(payload[0], payload[1:])
        if op == gateway.ROOM:
            return Room(payload[0])
        if op == gateway.JOINED:
            return Joined(payload[0], payload[1], payload[2:].hex())
        if op == gateway.LEFT:
            return Left(payload[0], payload[1])
        if op == gateway.TROUBLE:
            return Troubled(payload[0], bytes(payload[2:]) if payload[1] else struct.unpack("<i", payload[2:])[0])
        if op == gateway.COUNTERS:
            return self._count(struct.unpack(gateway.COUNTERS_FORMAT, payload))
        raise ValueError("no such message")

    def _count(self, numbers: tuple[int, ...]) -> Counted:
        """The difference to the counters before, whose first ones are a beginning."""
        before = self._counted or numbers
        self._counted = numbers
        passed, busy, *others = ((now - then) % gateway.WRAP for now, then in zip(numbers, before, strict=True))
        return Counted(passed / 1000, busy / 1e6, *others)
