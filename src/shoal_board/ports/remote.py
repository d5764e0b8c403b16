"""A transaction on a wire that Python serves: memory at the other end of a UART or of GPIO lines, read and written as on I2C.

The controller sends a head of eight bytes: the address (with its top bit set to read), the same inverted, place, count, check. To
write, `count` bytes and their CRC-32 follow, and the board answers with the CRC-32 of what it got; to read, the board answers
with `count` bytes and their CRC-32. Each CRC begins with the address. What came damaged is asked for again a few times, at once,
in shorter blocks.

A board answers only while its program waits: one that computes is silent, which is an OSError 110. So `served` is False.
"""

import struct
from binascii import crc32

from ..wire import const

_HEAD = const(8)
_TAIL = const(4)  # of what is written or read
_READ = const(0x80)
_FORMAT = ">BBHHH"
_CHECKED = const(6)  # bytes of the head that its check is of
_TRIES = const(6)  # of a block
_FEW = const(2)  # where little is moved: it may be damaged because two boards answer
_MOST = const(4096)  # bytes of one
_LEAST = const(64)
_MORE = const(32)
_EIO = const(5)
_ODDS = const(0xFFFF)


class Asking:
    """The controller's end. Subclasses have `_ask(head)`, `_put(view)`, `_get(view)`, `_end()`; all may raise OSError."""

    served = False  # whether memory is reached while the board computes

    def __init__(self):
        self._head = memoryview(bytearray(_HEAD))
        self._sum = memoryview(bytearray(_TAIL))
        self._most = _MOST  # bytes of a block now
        self.again = 0  # blocks that came damaged, and were tried again

    def writeto_mem(self, address, place, buffer, addrsize=16):
        """Write a buffer into a board's memory, its last byte last. Raises OSError 110 if nobody answers. As on I2C, what arrives
        may be damaged without an error."""
        self._move(self._write, address, place, memoryview(buffer))

    def readfrom_mem_into(self, address, place, view, addrsize=16):
        """Fill a view from a board's memory. Raises OSError as `writeto_mem` does. What could not be read is zeros."""
        if not self._move(self._read, address, place, memoryview(view)):
            view[:] = bytes(len(view))

    def _move(self, move, address, place, view):
        """By blocks; shorter ones after one that came damaged, longer ones again after some that did not. Whether all is well."""
        tries = _TRIES if len(view) > _LEAST else _FEW
        left = tries
        at = 0
        while at < len(view) or not at:
            part = view[at : at + self._most]
            try:
                if move(address, place + at, part):
                    if self._most < _MOST:
                        self._most += _MORE
                    left = tries
                    at += len(part) or 1
                    continue
            except OSError as error:
                if error.args[0] != _EIO and not at and left == tries:
                    raise  # else it was there a moment ago
            finally:
                self._end()
            self.again += 1
            left -= 1
            if not left:
                return False
            self._most = max(_LEAST, self._most >> 1)
        return True

    def _write(self, address, place, part):
        check = crc32(part, address)
        self._begin(address, place, len(part))
        self._put(part)
        struct.pack_into(">I", self._sum, 0, check)
        self._put(self._sum)
        self._get(self._sum)
        return struct.unpack_from(">I", self._sum, 0)[0] == check

    def _read(self, address, place, part):
        self._begin(address | _READ, place, len(part))
        self._get(part)
        self._get(self._sum)
        return struct.unpack_from(">I", self._sum, 0)[0] == crc32(part, address)

    def _begin(self, first, place, count):
        head = self._head
        struct.pack_into(_FORMAT, head, 0, first, first ^ 0xFF, place, count, 0)
        struct.pack_into(">H", head, _CHECKED, crc32(head[:_CHECKED]) & _ODDS)
        self._ask(head)


class Answering:
    """A board's end: answers at an address with a memory. Subclasses have `_put(view)`, `_get(view)`; both may raise OSError."""

    by_hand = True  # the memory is reached only while the program is in `wait`

    def __init__(self, before=0):
        """`before`: bytes that the wire has in front of a head."""
        self._asks = memoryview(bytearray(before + _HEAD))
        self._head = self._asks[before:]
        self._sum = memoryview(bytearray(_TAIL))
        self.listen(None, b"")

    def listen(self, address, mem):
        """Answer at this address with this memory from now on; at none if the address is None."""
        self._address = address
        self._mem = memoryview(mem)

    def _asked(self):
        """What the head that came asks for: (address, whether to read, place, count), or None if it is none."""
        first, second, place, count, check = struct.unpack_from(_FORMAT, self._head, 0)
        if first ^ second != 0xFF or crc32(self._head[:_CHECKED]) & _ODDS != check:
            return None
        return first & 0x7F, first & _READ, place, count

    def _answer(self, asked):
        """Do what was asked of us. Whether our memory was written; OSError if the controller stopped in the middle."""
        address, read, place, count = asked
        view = self._room(place, count)
        total = self._sum
        if read:
            struct.pack_into(">I", total, 0, crc32(view, address))
            self._put(view)
            self._put(total)
            return False
        self._get(view)
        self._get(total)
        check = crc32(view, address)
        written = struct.unpack_from(">I", total, 0)[0] == check
        struct.pack_into(">I", total, 0, check)
        self._put(total)
        return written

    def _room(self, place, count):
        """The part of our memory that is meant."""
        if place + count > len(self._mem):
            raise OSError(_EIO)
        return self._mem[place : place + count]
