"""The decoder of hosts: a stream of bytes in, frames out. (A board reads its frames one by one: see `main`.)"""

import struct
from binascii import crc32

from . import wire


class Decoder:
    """Bytes in, frames out; resynchronises after garbage. Holds one buffer, made once.

    Read up to `len(room())` bytes into `room()` (a board, which must not block for more than is coming, exactly `need`),
    say `pushed(n)`, then call `pop()` until it returns None. A payload is a view, valid until the next `room()`.
    """

    def __init__(self, limit, size=0):
        self.limit = limit
        self._buf = bytearray(max(size, wire.HEADER + limit + wire.TRAILER))
        self._view = memoryview(self._buf)
        self._start = self._end = 0
        self._head = None  # of the frame at _start, once it has been checked
        self.need = wire.HEADER
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
            body = start + wire.HEADER
            head = self._head
            if head is None:
                if body > self._end:
                    self.need = body - self._end
                    if start == self._end:
                        self._start = self._end = 0
                    return None
                head = struct.unpack_from(wire.HEADER_FORMAT, self._buf, start)
                if head[0] != wire.MAGIC or head[5] > self.limit or crc32(view[start:body]) != wire.RESIDUE:
                    self._resync()
                    continue
                if not head[5]:
                    self._consume(body)
                    return head[1], head[2], head[3], head[4], view[body:body]
                self._head = head
            _, op, seq, ack, credit, length, check = head
            end = body + length
            if end + wire.TRAILER > self._end:
                self.need = end + wire.TRAILER - self._end
                return None
            self._head = None
            self._consume(end + wire.TRAILER)
            if crc32(view[body : end + wire.TRAILER], check) != wire.RESIDUE:
                # The header was right, so the frame is skipped whole: its payload may look like frames.
                self.damaged += 1
                continue
            return op, seq, ack, credit, view[body:end]

    def _consume(self, to):
        self._start = to
        self.need = max(1, wire.HEADER - (self._end - to))

    def _resync(self):
        """Go to the next place where a frame could begin."""
        self.damaged += 1
        start, end = self._start + 1, self._end
        found = bytes(self._view[start:end]).find(wire.MAGIC_BYTES)
        if found >= 0:
            self._start = start + found
        else:  # the last byte may be the first of a magic
            self._start = end - 1 if self._buf[end - 1] == wire.MAGIC_BYTES[0] else end
