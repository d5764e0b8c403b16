"""A processor's end of a bus: a port (`read`, `write`, `ready`) on a mailbox that the controller reads and writes.

The board does nothing but look into its own memory and put things there; so it may compute for as long as it likes. What the
controller wrote is copied before it is believed. What the board wants to say is kept until the controller has it, because a
write that went astray can hit any part of the mailbox.

`wait` until a controller has taken the board; then the port is one stream, until `read` says that it has ended; `wait` again.
"""

import struct
from binascii import crc32

from .mailbox import (
    ACK,
    ACK_AT,
    ASSIGN,
    BLOCK,
    BLOCKS,
    HEAD,
    HEAD_FORMAT,
    IN_AT,
    IN_SIZE,
    JOIN,
    JOIN_AT,
    JOIN_FORMAT,
    LEAVE,
    MORE,
    NEWCOMERS,
    NO_CONTROLLER,
    OFFERS,
    ORDER,
    ORDER_AT,
    ORDER_FORMAT,
    OUT_AT,
    OUT_SIZE,
    RAISED,
    SCATTER,
    STATUS,
    STATUS_AT,
    STATUS_FORMAT,
    TRAILER,
    VERSION,
    WANTS_BLOCKS,
    after,
    seal,
    size,
    sound,
)
from .parts import part
from .ticks import ticks_add, ticks_diff, ticks_ms
from .wire import const

_SILENCE_MS = const(30000)  # a controller writes to each of its boards every second, if only to say that it is there
_ALONE_MS = const(3500)  # without a word of a controller: the user should hear of it
_WINDOW_MS = const(25)  # for the controller to fetch what is offered, where that takes our help
_LOOK_MS = const(10)  # the longest wait between two looks


class Processor:
    quiet = False  # Ctrl-C on the board's terminal is never a byte of ours

    def __init__(self, target, unique_id, boot, attention=None, in_size=IN_SIZE, out_size=OUT_SIZE, clock=ticks_ms):
        """`target`: has `listen(address, mem)` (address None: nowhere), `wait(us)` (less, when the controller wrote) and perhaps
        `lines()` (code and detail of trouble with the wires, or zeros); `unique_id`: 8 bytes at most; `boot`: u32 that differs at
        every start; `attention`: sets the attention line when called with True or False; `clock`: milliseconds that wrap."""
        self._target = target
        self._id = unique_id
        self._boot = boot
        self._attention = attention
        self._clock = clock
        self._in_size = in_size
        self._out_size = out_size
        self._mem = bytearray(size(in_size, out_size))
        view = self._view = memoryview(self._mem)
        head = IN_AT + in_size
        self._mark = head + HEAD - 1
        # Windows on what is looked at often, and what should be or was there.
        self._acks, self._ack = view[head + ACK_AT : head + ACK_AT + ACK], bytearray(ACK)
        self._shown, self._status = view[head + STATUS_AT : head + STATUS_AT + STATUS], bytearray(STATUS)
        self._named, self._name = view[JOIN_AT : JOIN_AT + JOIN], bytearray(JOIN)
        self._orders, self._order = view[ORDER_AT : ORDER_AT + ORDER], bytearray(ORDER)
        self._slot = view[head + OUT_AT :]
        self._in = memoryview(bytearray(in_size + HEAD - 1))
        self._out = memoryview(bytearray(len(self._slot)))
        self._dice = crc32(unique_id, boot)
        self._owner = 0
        self._raised = False
        self._key = None  # of the stream; None: we have no address
        self._ended = False  # a stream has, and nobody has been told
        self._away = None  # until when we answer nowhere
        self._address = None
        self._begin(None, None)

    # --- what is told of us ---

    def _begin(self, key, address):
        """A stream begins; or none (key None)."""
        self._key = key
        self._at = self._left = 0  # what is left to read of `_in`
        self._used = 0  # bytes in `_out`: gathered, or offered
        self._offered = self._hurt = False
        self._seq = self._taken = self._damaged = self._flags = self._length = self._repairs = 0
        self._view[self._mark] = 0
        self._heard = self._clock()
        moved, self._address = address != self._address, address
        self._tell()
        self._introduce()
        if moved:
            self._target.listen(address, self._mem)

    def _introduce(self):
        """Put the JOIN record."""
        known = self._id + bytes(8 - len(self._id))
        sizes = len(self._id), self._address or 0, self._in_size, self._out_size
        struct.pack_into(JOIN_FORMAT, self._name, 0, known, *sizes, self._boot, self._owner, VERSION)
        seal(self._name, VERSION)
        self._named[:] = self._name

    def _tell(self):
        """Put the STATUS, and set the attention line."""
        wants = self._key is None and self._address is not None or self._offered or self._hurt
        if self._attention and wants != self._raised:
            self._raised = wants
            self._attention(wants)
        flags = self._flags
        if self._offered:
            flags |= OFFERS
        if self._raised:
            flags |= RAISED
        status = self._status
        struct.pack_into(STATUS_FORMAT, status, 0, self._seq, self._taken, self._damaged, flags, self._length)
        seal(status, self._key or 0)
        self._shown[:] = status

    # --- what the controller wrote ---

    def _look(self):
        """See what the controller has written, and mend what it did not mean to write."""
        if self._orders != self._order:
            self._order[:] = self._orders
            if sound(self._order, VERSION):
                self._obey()
        if self._named != self._name:
            self._named[:] = self._name
        if self._key is None:
            return
        if self._acks != self._ack:
            self._ack[:] = self._acks
            if sound(self._ack, self._key):
                self._acknowledged()
        if self._view[self._mark] != self._taken and not self._left:
            self._take()
        if self._shown != self._status:
            self._shown[:] = self._status
        if ticks_diff(self._clock(), self._heard) > _SILENCE_MS:
            self._end(None)

    def _obey(self):
        """Carry out an ORDER."""
        code, address, number, known, boot, owner = struct.unpack_from(ORDER_FORMAT, self._order, 0)
        if code == ASSIGN:
            if boot == self._boot and known[: len(self._id)] == self._id:
                key = struct.unpack_from("<I", self._order, ORDER - 4)[0]
                if key != self._key:  # else it is the same again
                    self._owner = owner
                    self._ended = self._ended or self._key is not None
                    self._begin(key, address)
        elif code == LEAVE and self._key is not None:  # whatever address: two boards have one, and we may be where we should not
            self._end(number)
        elif code == SCATTER and self._key is None and address == self._address:
            self._hide(number)
        self._heard = self._clock()

    def _end(self, number):
        """Give up the address, and for a random time of up to so many milliseconds answer nowhere."""
        self._ended = True
        self._owner = 0
        self._begin(None, None)
        self._hide(number or 1)

    def _hide(self, number):
        self._dice = crc32(self._id, self._dice)
        self._address = None
        self._target.listen(None, self._mem)
        self._away = ticks_add(self._clock(), 1 + (self._dice & 0xFFFF) * number // 0x10000)
        self._tell()

    def _acknowledged(self):
        """The controller said what it has, and that it is there."""
        self._heard = self._clock()
        got, repairs = self._ack[0], self._ack[1]
        if self._offered and got == self._seq:
            self._offered = False
            self._used = 0
            self._tell()
        if repairs != self._repairs:
            self._repairs = repairs
            self._introduce()
            if self._offered:
                self._offer()
            else:
                self._tell()

    def _take(self):
        """Take a packet out of IN, if it is the next one and whole."""
        head = self._mark - HEAD + 1
        length, number = struct.unpack_from(HEAD_FORMAT, self._mem, head)
        whole = False
        if length <= self._in_size:
            packet = self._in[: length + HEAD - 1]
            packet[:] = self._view[head - length : head + HEAD - 1]
            whole = sound(packet, self._key)
        if not whole:
            self._damaged = (self._damaged + 1) & 0xFF
        elif number == after(self._taken):
            self._taken = number
            self._at, self._left = 0, length
        self._hurt = not whole
        self._view[self._mark] = self._taken  # it is looked at again when it was written again, as a whole
        self._tell()

    # --- the port ---

    def wait(self):
        """Return when a controller has taken us, with a new stream."""
        since = self._clock()
        said = False
        self._ended = False
        while self._key is None:
            now = self._clock()
            if self._address is None and (self._away is None or ticks_diff(now, self._away) >= 0):
                self._away = None
                self._begin(None, NEWCOMERS)
            self._look()
            if self._key is None:
                if ticks_diff(self._heard, since) > 0:
                    since = self._heard
                    said = False
                elif not said and ticks_diff(now, since) > _ALONE_MS:
                    said = True
                    code, detail = self._target.lines() if hasattr(self._target, "lines") else (0, 0)
                    print(part("trouble_on_bus").sentence(code or NO_CONTROLLER, detail))
                self._target.wait(_LOOK_MS * 1000)
        self._ended = False

    def ready(self, milliseconds):
        """Whether there is something to read, or the end; waits that long for it."""
        if self._used and not self._offered:
            self._offer()
        start = self._clock()
        while True:
            self._look()
            if self._left or self._ended:
                return True
            spent = ticks_diff(self._clock(), start)
            left = milliseconds - spent
            if self._offered and self._target.by_hand:  # nobody can fetch it while we compute
                left = max(left, _WINDOW_MS - spent)
            if left <= 0:
                return False
            self._target.wait(min(left, _LOOK_MS) * 1000)

    def read(self, view):
        """Block until the view is full; False when the stream has ended."""
        view = memoryview(view)
        while len(view):
            while not self._left or self._ended:
                if self.ready(1000) and self._ended:
                    return False
            count = min(len(view), self._left)
            view[:count] = self._in[self._at : self._at + count]
            self._at += count
            self._left -= count
            view = view[count:]
        return True

    def write(self, view):
        """Take all of it; what is for a stream that has ended is lost."""
        view = memoryview(view)
        while len(view) and not self._ended:
            if self._offered:  # the packet before must have arrived
                self._look()
                if self._offered:
                    self._target.wait(_LOOK_MS * 1000)
                continue
            at = self._used
            count = min(len(view), self._out_size - at)
            self._out[at : at + count] = view[:count]
            self._used = at + count
            view = view[count:]
            if self._used == self._out_size:
                self._offer(MORE if len(view) else 0)

    def _offer(self, more=0):
        """Put what was gathered into OUT, or put it there again."""
        out = self._out
        if not self._offered:
            self._offered = True
            self._flags = more
            self._seq = after(self._seq)
            self._length = self._used
        length = self._length
        out[length] = self._seq
        seal(out[: length + TRAILER], self._key)
        self._slot[: length + TRAILER] = out[: length + TRAILER]
        if self._repairs & WANTS_BLOCKS:
            self._flags |= BLOCKS
            self._divide(length)
        self._tell()

    def _divide(self, length):
        """Put the CRCs of the packet's blocks behind it."""
        out = self._out
        start = crc32(out[length : length + 1], self._key)
        at = first = length + TRAILER
        for block in range(0, length, BLOCK):
            struct.pack_into("<I", out, at, crc32(out[block : min(block + BLOCK, length)], start))
            at += 4
        seal(out[first : at + 4], start)
        self._slot[first : at + 4] = out[first : at + 4]
