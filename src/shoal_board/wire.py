"""The wire: frame layout, op codes and limits, and the decoder. The one place for each of these facts.

A frame is a 12-byte header, `length` bytes of payload, and (only if there is a payload) a CRC-32 of it:

    magic u16 | op u8 | seq u8 | ack u8 | credit u8 | length u16 | check u32      all little-endian

`check` is the CRC-32 of the eight bytes before it, so a length can be trusted before its payload has come. The payload's
CRC-32 starts from `check`: a payload can never pass under another frame's header.
Both CRCs are computed by `binascii.crc32`, which is C on every board; no byte is ever looked at by Python code.
"""

import struct
from binascii import crc32

try:
    from micropython import const  # `_NAME = const(number)` costs a board nothing: the compiler puts the number in its place
except ImportError:  # CPython

    def const(value):
        return value


VERSION = 1  # of everything in this file, the codec and the messages; both ends must agree

MAGIC = 0x53A5
_MAGIC_BYTES = b"\xa5\x53"
_FORMAT = "<HBBBBHI"
HEADER = 12
TRAILER = 4
MAX_PAYLOAD = 0xFFFF
WINDOW = 64  # most frames in flight: well under half of the 256 sequence numbers

# Ops below FIRST_SEQUENCED stand outside the sequence: lost or doubled, they do no harm.
HELLO = 1  # both ways: who I am, what I can take
REFUSE = 2  # board to host: I speak another version
ACK = 3  # only the ack and credit fields matter
NAK = 4  # the same, and: send again from `ack`
FIRST_SEQUENCED = 16
# both ways
PART = 16  # the beginning of a message that is too long for one frame
# host to board; each fits one frame, so that a board never has to assemble a message
STORE = 17  # begin a stored value: id, kind, size
PIECE = 18  # the next piece of the value begun by the last STORE
FORGET = 19  # drop stored values
MODULE = 20  # a stored value is a module: give it its name
BIND = 21  # number a function of a module
CALL = 22  # run a lump of calls
CANCEL = 23  # do not run a lump that has not begun
DROP = 24  # drop functions and modules
# board to host
RESULT = 32  # the results and errors of one lump
PRINT = 33  # text printed by a task

# How the calls of a lump travel: one argument each, as one sequence; or each call as a tuple and a dict (or None).
MAP = 0
CALLS = 1
CALL_FORMAT = "<IHB"  # lump id, function number, MAP or CALLS; then the calls
RESULT_FORMAT = "<IIII"  # lump id, microseconds in the user's code and in the agent, heap free (0: not asked); then
# the list of results of the first calls of the lump, and the list of errors: (index, type name, args, text, traceback)
ERRORS_A_LUMP = 8  # a lump stops at its eighth error (a MAP at its first); calls without a result were not run

# The first bytes of a HELLO's payload never change between versions, so that any two versions can refuse each other:
# b"SHOAL", version u8. Then: session or boot id u32, largest payload u16, credit u8, resend ms u16 (0: reliable link).
HELLO_FORMAT = "<5sBIHBH"
HELLO_SIZE = 15
HELLO_MARK = b"SHOAL"


SMALL = 256  # frames up to this payload are put together; the parts of larger ones are written where they lie


def write_frame(out, op, seq, ack, credit, parts, length):
    """A frame as a tuple of buffers to write one after the other. `parts`: buffers of `length` bytes in all.

    `out` (HEADER + SMALL + TRAILER bytes or more) holds what is not in `parts`, until the next frame.
    """
    struct.pack_into("<HBBBBH", out, 0, MAGIC, op, seq, ack, credit, length)
    view = memoryview(out)
    check = crc32(view[:8])
    struct.pack_into("<I", out, 8, check)
    if not length:
        return (view[:HEADER],)
    for part in parts:
        check = crc32(part, check)
    if length > SMALL:
        struct.pack_into("<I", out, HEADER, check)
        return (view[:HEADER],) + tuple(parts) + (view[HEADER : HEADER + TRAILER],)
    at = HEADER
    for part in parts:
        end = at + len(part)
        view[at:end] = part
        at = end
    struct.pack_into("<I", out, at, check)
    return (view[: at + TRAILER],)


class Decoder:
    """Bytes in, frames out; resynchronises after garbage. Holds one buffer, made once.

    Read up to `len(room())` bytes into `room()` (a board, which must not block for more than is coming, exactly `need`),
    say `pushed(n)`, then call `pop()` until it returns None. A payload is a view, valid until the next `room()`.
    """

    def __init__(self, limit, size=0):
        self.limit = limit
        self._buf = bytearray(max(size, HEADER + limit + TRAILER))
        self._view = memoryview(self._buf)
        self._start = self._end = 0
        self._head = None  # of the frame at _start, once it has been checked
        self.need = HEADER
        self.damaged = 0  # times that bytes had to be thrown away

    def room(self):
        start, end = self._start, self._end
        if start:
            if start < end:
                # Through a copy: overlapping slices of one buffer are not safe on every board.
                self._buf[: end - start] = bytes(self._view[start:end])
            self._end = end = end - start
            self._start = 0
        return self._view[end:]

    def pushed(self, count):
        self._end += count

    def pop(self):
        """The next whole frame as (op, seq, ack, credit, payload), or None: then `need` more bytes are wanted."""
        view = self._view
        while True:
            start = self._start
            body = start + HEADER
            head = self._head
            if head is None:
                if body > self._end:
                    self.need = body - self._end
                    if start == self._end:
                        self._start = self._end = 0
                    return None
                head = struct.unpack_from(_FORMAT, self._buf, start)
                if head[0] != MAGIC or head[5] > self.limit or crc32(view[start : start + 8]) != head[6]:
                    self._resync()
                    continue
                if not head[5]:
                    self._consume(body)
                    return head[1], head[2], head[3], head[4], view[body:body]
                self._head = head
            _, op, seq, ack, credit, length, check = head
            end = body + length
            if end + TRAILER > self._end:
                self.need = end + TRAILER - self._end
                return None
            self._head = None
            self._consume(end + TRAILER)
            payload = view[body:end]
            if crc32(payload, check) != struct.unpack_from("<I", self._buf, end)[0]:
                # The header was right, so the frame is skipped whole: its payload may look like frames.
                self.damaged += 1
                continue
            return op, seq, ack, credit, payload

    def _consume(self, to):
        self._start = to
        self.need = max(1, HEADER - (self._end - to))

    def _resync(self):
        """Go to the next place where a frame could begin."""
        self.damaged += 1
        start, end = self._start + 1, self._end
        found = bytes(self._view[start:end]).find(_MAGIC_BYTES)
        if found >= 0:
            self._start = start + found
        else:  # the last byte may be the first of a magic
            self._start = end - 1 if self._buf[end - 1] == _MAGIC_BYTES[0] else end
