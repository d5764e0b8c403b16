"""The host's half of the wire for one board on a bus: greets it, teaches it functions, asks it lumps, reads its answers.

The bus below is reliable and in order, so nothing is kept for sending again. A frame that makes no sense, or a HELLO that was
not asked for, ends the session: the board begins again as a new one. Frames are read where the bus shows them, and copied only if
they come in several packets.
"""

import struct
from binascii import crc32, hexlify

from . import wire
from .codec import Reader, Writer
from .peer import Peer
from .wire import const, write_frame

_LIMIT = const(4208)  # largest payload that we take, bytes: its frame is one packet of a mailbox, and read where that lies
_CREDIT = const(8)  # frames that a board may send us ahead of our word
_FIRST = const(64)  # largest payload to a board that has not said what it takes
_PACKET = const(1024)  # bytes of frames that are put together for the bus
_CALL_HEAD = const(11)  # struct.calcsize(wire.CALL_FORMAT)
_RESULT_HEAD = const(18)  # struct.calcsize(wire.RESULT_FORMAT)


class Member(Peer):
    """One board. For jobs: `name`, `address`, `unique_id` (hex digits), `calls` that it answered first, `busy_us` in the user's
    code, `lumps` that it has now. There are sixteen of them on a small heap: what they share, or seldom need, is of the class."""

    bus = None
    _view = None  # where frames are put together
    _frame = None  # one that has come in part
    _have = 0  # bytes of it

    def __init__(self, address, unique_id, session):
        """`session`: u32 that differs from those before it."""
        self.reset(_FIRST, _CREDIT, 0)
        self.address = address
        self.calls = self.busy_us = 0
        self.line = None  # what the scheduler calls it; None: it has not answered our HELLO
        self.known = ()  # numbers of functions, and names of modules, that the board has
        self._id = unique_id
        hello = struct.pack(wire.HELLO_FORMAT, wire.HELLO_MARK, wire.VERSION, session, _LIMIT, _CREDIT, 0)
        (frame,) = write_frame(self._view, wire.HELLO, 0, 0, _CREDIT, (hello,), len(hello))
        self._out = memoryview(bytes(frame))  # for the bus; None: nothing

    @property
    def name(self):
        return "0x%02x" % self.address

    @property
    def unique_id(self):
        return hexlify(self._id).decode()

    @property
    def lumps(self):
        return len(self.line.lumps) if self.line else 0

    # --- to the board ---

    def settled(self):
        """Whether all that was asked has gone to the bus."""
        return not (self._out or self.queue)

    def push(self):
        """Give the bus what it takes."""
        while True:
            if self._out is None:
                self._out = self._gathered()
                if self._out is None:
                    return
            try:
                taken = self.bus.send(self.address, self._out)
            except MemoryError:
                return  # later
            if not taken:
                return
            self._out = self._out[taken:] if taken < len(self._out) else None

    def _gathered(self):
        """The frames that are due, as one view, or None."""
        data = None
        while data is None or len(data) < _PACKET:
            frame = self.output(0)
            if frame is None:
                break
            if data is None:
                data = bytearray()
            for part in frame:
                data.extend(part)
        return data and memoryview(data)

    def ask(self, lump, number, calls):
        """Have the board run calls: (args, kwargs) of each."""
        writer = Writer(_CALL_HEAD)
        writer.copies = True
        struct.pack_into(wire.CALL_FORMAT, writer.buf, 0, lump, number, wire.CALLS, 0)
        writer.length(len(calls))
        for args, kwargs in calls:
            writer.depth = -1
            writer.items(b"t", args)
            writer.value(kwargs or None)
        self.send(wire.CALL, writer.finish())

    def withdraw(self, lump):
        self.send(wire.CANCEL, [struct.pack("<I", lump)])

    # --- from the board ---

    def take(self, view, events):
        """Bytes have come. `events` is told: ready(member), answered(member, lump, compute us, size, results, errors),
        printed(member, text). False if the session is over: they make no sense, or the board was reset."""
        while len(view):
            if self._have or len(view) < wire.HEADER:
                view = self._keep(view)
                if self._have < len(self._frame):
                    return True
                whole = memoryview(self._frame)
            else:
                whole = view
            _, _, _, _, _, length, _ = head = struct.unpack_from(wire.HEADER_FORMAT, whole, 0)
            end = wire.HEADER + length + (wire.TRAILER if length else 0)
            if head[0] != wire.MAGIC or length > _LIMIT or crc32(whole[: wire.HEADER]) != wire.RESIDUE:
                return False
            if end > len(whole):
                self._grow(whole, end)
                view = view[len(view) :] if whole is view else view
                continue
            if length and crc32(whole[wire.HEADER : end], head[6]) != wire.RESIDUE:
                return False
            if whole is view:
                view = view[end:]
            if self._have:
                self._frame = None
                self._have = 0
            if self.line is None and head[1] >= wire.FIRST_SEQUENCED:
                continue  # of a session before this one: its HELLO comes first
            message = self.receive(head[1:5] + (whole[wire.HEADER : wire.HEADER + length],), 0)
            if message and not self._message(message[0], message[1], events):
                return False
        return True

    def _keep(self, view):
        """Add bytes to the frame that is coming; gives the rest."""
        if self._frame is None:
            self._frame = bytearray(wire.HEADER)
        have = self._have
        count = min(len(self._frame) - have, len(view))
        self._frame[have : have + count] = view[:count]
        self._have = have + count
        return view[count:]

    def _grow(self, part, size):
        """The frame that has come in part has that size."""
        whole = bytearray(size)
        whole[: len(part)] = part
        self._have = len(part)
        self._frame = whole

    def _message(self, op, payload, events):
        if op == wire.RESULT:
            lump, compute, _, _, _ = struct.unpack_from(wire.RESULT_FORMAT, payload, 0)
            reader = Reader(payload, None, _RESULT_HEAD)
            results = reader.value()
            self.busy_us += compute
            events.answered(self, lump, compute, len(payload), results, reader.value())
        elif op == wire.PRINT:
            events.printed(self, str(payload[4:], "utf-8"))
        elif op == wire.HELLO:
            _, _, _, limit, credit, _ = struct.unpack_from(wire.HELLO_FORMAT, payload, 0)
            if self.line:
                return False  # it has lost the session: its stream began anew, or it had no memory
            self.frame = limit
            self.granted = min(credit, wire.WINDOW)
            events.ready(self)
        elif op == wire.REFUSE:
            events.refused(self)
        return True
