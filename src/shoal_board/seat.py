"""What the controller of a bus knows of one board, and when it will look into that board's mailbox again.

A board that computes does not answer sooner for being asked, and each question costs the bus. So it is asked when its answer is
due by the time that its answers took before, and after that at intervals that grow with the time it has taken.
"""

import struct

from .mailbox import (
    ACK,
    ACK_AT,
    BLOCK,
    HEAD,
    HEAD_FORMAT,
    IN_AT,
    MORE,
    NEWCOMERS,
    WANTS_BLOCKS,
    after,
    seal,
)
from .ticks import ticks_add, ticks_diff
from .wire import const

# Microseconds.
SOON = const(1500)  # a board that waits has looked into its mailbox by then
OFTEN = const(1000)  # the shortest time between two polls of a board that computes
SELDOM = const(200000)  # and the longest
BEAT = const(900000)  # between two words to a board: it gives up a controller that is silent for thirty seconds
UNSEEN = const(60000)  # a packet that was not taken for so long may not be there: its MARK may be damaged
_OLD = const(60000000)  # times beyond that are not told apart
_CLEAN = const(64)  # packets without damage, until a board may leave out the CRCs of blocks


class Member:
    """One board. `joined` is False until it has confirmed its address, or the stream that was begun anew."""

    def __init__(self, address, at, unique_id, boot, in_size, out_size, now):
        self.address = address
        self.unique_id = unique_id
        self.boot = boot
        self.at = at  # where it reads our orders until it has joined
        self.known = False  # whether `events` know of it
        self.size = in_size
        self.out_size = out_size
        self.base = IN_AT + in_size
        self.piece = None  # a packet that the board has not yet taken, with HEAD and room for ACK
        self.rhythm = 0  # what its answers take, microseconds; 0: unknown
        self.repairs = self.beats = 0
        self.wired = False  # whether its attention line was seen to work
        self.due = self.since = self.spoke = self.first = now

    def begin(self, order):
        """A stream begins when the board has seen this ORDER."""
        self.order = order
        self.key = struct.unpack_from("<I", order, len(order) - 4)[0]
        self.joined = False
        self.piece = None
        self.unsent = self.owes = self.quick = False  # whether it, or an ACK, must be written; whether to look soon
        self.fresh = False  # whether it was never written
        self.seq = self.got = self.damaged = 0
        self.misses = self.nonsense = self.tries = 0
        self.clean = 0  # packets without damage
        self.patience = UNSEEN
        self.repairs &= ~WANTS_BLOCKS

    def confirmed(self, now):
        """The board has begun the stream."""
        self.joined = True
        self.order = None
        self.at = self.address
        self.misses = self.nonsense = self.tries = 0
        self.since = self.spoke = self.due = now

    # --- to the board ---

    def put(self, view):
        """Make a packet of as much as it takes; returns how much. Raises MemoryError."""
        count = min(len(view), BLOCK if self.repairs & WANTS_BLOCKS else self.size)
        number = after(self.seq)
        piece = memoryview(bytearray(count + HEAD + ACK))
        piece[:count] = view[:count]
        struct.pack_into(HEAD_FORMAT, piece, count, count, number)
        seal(piece[: count + HEAD - 1], self.key)
        piece[count + HEAD - 1] = number
        self.piece = piece
        self.seq = number
        self.unsent = self.fresh = True
        self.patience = UNSEEN
        return count

    def is_full(self):
        """Whether its packet is of the largest size: then there are more to come."""
        return len(self.piece) >= self.size + HEAD + ACK

    def due_piece(self, ack):
        """(place, bytes) that are to be written now: the packet, if there is one to write, and what we acknowledge (in `ack`)."""
        self.beats = (self.beats + 1) & 0xFF
        ack[0] = self.got
        ack[1] = self.repairs
        ack[2] = self.beats
        seal(ack, self.key)
        piece = self.piece
        if not self.unsent:
            return self.base + ACK_AT, ack
        at = len(piece) - ACK
        piece[at:] = ack
        return self.base + HEAD - at, piece

    def mend(self, blocks):
        """Ask the board to put everything into its place again."""
        self.repairs = (self.repairs + 1) & 0x7F | (WANTS_BLOCKS if blocks else self.repairs & WANTS_BLOCKS)
        self.owes = True

    def taken(self, number, damaged):
        """What the board says of our packet: the last that it took, its count of damaged ones. True if it has taken ours."""
        if number == self.seq:
            self.piece = None
            self.damaged = damaged
            return True
        if damaged != self.damaged:
            self.damaged = damaged
            self.unsent = True
        return False

    # --- when ---

    def learn(self, now, flags):
        """An answer came. What did it take?"""
        took = ticks_diff(now, self.since)
        if not flags & MORE:
            self.rhythm += (took - self.rhythm) >> (2 if took > self.rhythm > 0 else 0)
            self.since = now
        self.quick = bool(flags & MORE)
        self.clean += 1
        if self.clean == _CLEAN:
            self.repairs &= ~WANTS_BLOCKS

    def schedule(self, now, deaf=False):
        """Nothing is to be done for it now: when will there be? `deaf`: it hears nothing while it computes."""
        if (self.unsent or self.owes) and not deaf:
            self.due = now
            return
        spent = ticks_diff(now, self.since)
        if spent > _OLD:
            self.since = ticks_add(now, -_OLD)
        wait = spent >> 4
        soon = self.rhythm - (self.rhythm >> 3) - spent
        if soon > wait and not (self.quick and self.piece is None):
            wait = soon
        self.quick = False
        self.due = ticks_add(now, max(OFTEN, min(wait, SELDOM)))

    def retry(self, now, count):
        """The board was not heard, or not understood, so many times in a row: at once at first, then less and less often."""
        self.due = ticks_add(now, 0 if count < 3 else OFTEN << min(count - 3, 5))

    def retry_order(self, now):
        """It has not yet confirmed: a new board soon, one that may compute later and later."""
        most = 3 if self.at == NEWCOMERS else 7
        self.due = ticks_add(now, min(SOON << min(self.tries >> 2, most), SELDOM))
