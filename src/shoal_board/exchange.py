"""What passes between a controller and one mailbox on its bus: each function is one or a few transactions, and keeps count."""

import struct
from binascii import crc32

from .mailbox import ACK, BLOCK, HEAD, NOISY, OUT_AT, OUT_SIZE, STATUS, STATUS_AT, STATUS_FORMAT, TRAILER, sound
from .ticks import ticks_diff
from .wire import const

_WRAP = const(0x3FFFFFFF)
_SAMPLE = const(256)  # reads, of which the damaged ones are counted
_NOISY = const(25)
_QUIET = const(8)
_TRIES = const(6)


class Unheard(Exception):
    """Nobody answered, or was not heard. Its argument: the errno that the wire gave."""


class Counters:
    """Since the start; those of time and bytes wrap at 2**30."""

    def __init__(self):
        self.busy_us = self.bytes_in = self.bytes_out = 0  # the wire's time; payload from and to boards
        self.packets_in = self.packets_out = self.polls = 0
        self.retries = 0  # packets that had to be read or written again, as a whole or in part
        self.damaged = 0  # reads whose CRC was wrong
        self.joined = self.left = self.clashes = 0


class Exchange:
    """Reads and writes mailboxes. All but `verdict` raise Unheard if nobody answers."""

    def __init__(self, wire, clock):
        self.wire = wire
        self.now = clock
        self.counters = Counters()
        self.errors = 0  # transactions that failed since one went well
        self._room = memoryview(bytearray(OUT_SIZE + TRAILER))
        self._status = memoryview(bytearray(STATUS))
        self._ack = memoryview(bytearray(ACK))
        self._reads = self._bad = 0

    def enlarge(self, size):
        """Packets may have that size. Raises MemoryError."""
        if size + TRAILER > len(self._room):
            self._room = memoryview(bytearray(size + TRAILER))

    def get(self, address, place, view):
        """Fill a view from there."""
        start = self.now()
        self.errors += 1
        try:
            self.wire.readfrom_mem_into(address, place, view, addrsize=16)
            self.errors = 0
        except OSError as error:
            raise Unheard(error.args[0])
        finally:
            self._count(start)

    def put(self, address, place, view):
        """Write a view there."""
        start = self.now()
        self.errors += 1
        try:
            self.wire.writeto_mem(address, place, view, addrsize=16)
            self.errors = 0
        except OSError as error:
            raise Unheard(error.args[0])
        finally:
            self._count(start)

    def _count(self, start):
        counters = self.counters
        counters.busy_us = (counters.busy_us + ticks_diff(self.now(), start)) & _WRAP

    def _check(self, view, key):
        self._reads += 1
        if sound(view, key):
            return True
        self._bad += 1
        self.counters.damaged += 1
        return False

    def verdict(self):
        """After each sample of reads: NOISY if too many were damaged, 0 if few were; else None."""
        if self._reads < _SAMPLE:
            return None
        bad = self._bad
        self._reads = self._bad = 0
        return NOISY if bad > _NOISY else 0 if bad < _QUIET else None

    def write(self, member):
        """Write what is due for a board."""
        place, view = member.due_piece(self._ack)
        self.put(member.address, place, view)
        member.owes = False
        if member.unsent:
            member.unsent = False
            counters = self.counters
            counters.packets_out += 1
            counters.bytes_out = (counters.bytes_out + len(view) - HEAD - ACK) & _WRAP

    def stands(self, member):
        """Whether the head of our packet is in the mailbox as we wrote it."""
        head = bytearray(HEAD)
        self.get(member.address, member.base, head)
        at = len(member.piece) - ACK
        return head == member.piece[at - HEAD : at]

    def poll(self, member):
        """A board's STATUS as a tuple, or None if it is damaged."""
        self.counters.polls += 1
        self.get(member.address, member.base + STATUS_AT, self._status)
        if self._check(self._status, member.key):
            return struct.unpack_from(STATUS_FORMAT, self._status, 0)
        return None

    def fetch(self, member, number, length, blocks):
        """The packet that a board offers, valid until the next; None if it is damaged. `blocks`: whether those have CRCs."""
        view = self._room[: length + TRAILER]
        self.get(member.address, member.base + OUT_AT, view)
        if not self._check(view, member.key) or view[length] != number:
            self.counters.retries += 1
            member.clean = 0
            if not blocks or not self._patch(member, view, length, number):
                return None
        counters = self.counters
        counters.packets_in += 1
        counters.bytes_in = (counters.bytes_in + length) & _WRAP
        return view[:length]

    def _patch(self, member, view, length, number):
        """Read again the blocks of a packet that are damaged. False if that did not help."""
        start = crc32(bytes((number,)), member.key)
        place = member.base + OUT_AT
        sums = bytearray(4 * ((length + BLOCK - 1) // BLOCK) + 4)
        for _ in range(_TRIES):
            self.get(member.address, place + length + TRAILER, sums)
            if self._check(sums, start):
                break
        else:
            return False
        for _ in range(_TRIES):
            for at in range(0, length, BLOCK):
                piece = view[at : min(at + BLOCK, length)]
                if crc32(piece, start) != struct.unpack_from("<I", sums, at // BLOCK * 4)[0]:
                    self.get(member.address, place + at, piece)
            if sound(view, member.key):
                return True
            self.get(member.address, place + length, view[length:])
            if sound(view, member.key):
                return view[length] == number
        return False
