"""One connection: sequence, acknowledge, credit, resend. Knows neither its role, nor a clock, nor a wire.

Frames in: `receive(frame, now)`. Messages out: `send(op, parts)`, then `output(now)` until it returns None. `now` is in
milliseconds and wraps as `time.ticks_ms` does on a board; only differences are taken, by the function given.

Credit: a receiver says in every frame how many frames beyond `ack` it takes; a sender never has more in flight.
On a reliable link (`resend` 0) nothing is kept for resending and acknowledgements ride on answers; a lone ACK is sent only
when half of the credit is used up. On a lossy link frames are kept until acknowledged, a gap or a damaged frame is
answered by one NAK, and silence by going back to the oldest frame (go-back-N: a window is a few frames, and a board
has no memory for frames that came early).
"""

from . import wire
from .parts import part
from .wire import LOSSY

SCRATCH = wire.HEADER + wire.SMALL + wire.TRAILER


def _difference(later, earlier):
    return later - earlier


class Peer:
    outside = ()  # messages outside the sequence: (op, parts, length)
    _parts = ()  # of a message that is coming

    def __init__(self, frame, credit, resend=0, difference=None):
        """`frame`: largest payload to send; `credit`: frames taken at a time; `resend`: ms until a resend, 0 for never."""
        self._view = memoryview(bytearray(SCRATCH))
        if LOSSY:
            self._difference = difference or _difference
            self.resent = 0  # frames sent again
        self.reset(frame, credit, resend)

    def reset(self, frame, credit, resend):
        """Begin a new session: both sequences start again at 0."""
        self.frame = frame
        self.credit = credit  # what we grant
        self.granted = 1  # what the other end grants; its HELLO says more
        self._next = 0  # sequence number of the next new frame
        self._acked = 0  # the oldest frame not acknowledged
        self.expected = 0  # the next frame to receive
        self._unsaid = 0  # frames received since we last said `ack`
        self.reply = 0  # ACK or NAK that is due, or 0
        self.queue = []  # messages that wait for credit: [op, parts, bytes left, index of part, offset in part]
        if self.outside or self._parts:  # else they need no place in a peer
            self.outside = self._parts = ()
        if LOSSY:
            self.resend = self._patience = resend
            self._nakked = False
            self._kept = []  # frames in flight, for resending: (op, seq, parts, length)
            self._again = 0  # how many of _kept are to be sent again
            self._since = None  # when the oldest frame in flight was sent, or last progress

    def send(self, op, parts):
        """Queue one message; `parts` is a list of buffers that must not change until it is acknowledged."""
        total = 0
        for data in parts:
            total += len(data)
        self.queue.append([op, parts, total, 0, 0])

    def announce(self, op, parts):
        """Send a message outside the sequence: it fits one frame, goes before all others, and may be lost."""
        self.outside += ((op, parts, sum(map(len, parts))),)

    def settled(self):
        """Whether all that was sent has left, and on a lossy link has arrived."""
        return not self.queue and not (LOSSY and self._kept)

    def damaged(self):
        """Bytes were thrown away: on a lossy link, ask for what was lost."""
        if LOSSY and self.resend and not self._nakked:
            self._nakked = True
            self.reply = wire.NAK

    def nudge(self):
        """Say something, so that a reader that lost bytes of a frame gets enough to notice."""
        self.reply = self.reply or wire.ACK

    def acknowledge(self):
        """Say now what has arrived, if the other end would send it again: a board does so before it runs a task."""
        if self.resend and self._unsaid:
            self.nudge()

    def receive(self, frame, now):
        """Take one frame. Returns (op, payload) when it completes a message, else None."""
        op, seq, ack, credit, payload = frame
        acked = self._acked
        moved = (ack - acked) & 0xFF
        if not moved or moved <= (self._next - acked) & 0xFF:
            self.granted = credit if credit < wire.WINDOW else wire.WINDOW
            self._acked = ack
            if LOSSY and moved:
                self._since = now
                self._patience = self.resend
                self._kept = self._kept[moved:]
                self._again = min(self._again, len(self._kept))
        if op < wire.FIRST_SEQUENCED:
            if LOSSY and op == wire.NAK:
                self._again = len(self._kept)
            return None if op == wire.NAK or op == wire.ACK else (op, payload)
        if seq != self.expected:
            if LOSSY:
                if (seq - self.expected) & 0xFF >= 128:  # doubled: its acknowledgement was lost
                    self.nudge()
                elif not self._nakked:
                    self._nakked = True
                    self.reply = wire.NAK
            return None
        self.expected = (seq + 1) & 0xFF
        self._unsaid += 1
        if LOSSY:
            self._nakked = False
        if self._unsaid * 2 >= self.credit or (LOSSY and self.resend and op == wire.PART):
            self.reply = self.reply or wire.ACK
        if op == wire.PART:
            self._parts += (bytes(payload),)
            return None
        if self._parts:
            payload = memoryview(b"".join(self._parts + (bytes(payload),)))
            self._parts = ()
        return op, payload

    def due_in(self, now):
        """Milliseconds until `output` may have something to resend, or None."""
        if not self._kept:
            return None
        return max(0, self._patience - self._difference(now, self._since))

    def output(self, now):
        """The next frame as a tuple of buffers to write, valid until the next call, or None."""
        seq = 0
        parts = ()
        length = 0
        if self.outside:
            op, parts, length = self.outside[0]
            self.outside = self.outside[1:]
        elif LOSSY and self._resends(now):
            op, seq, parts, length = self._kept[len(self._kept) - self._again]
            self._again -= 1
            self.resent += 1
        elif self.queue and (self._next - self._acked) & 0xFF < self.granted:
            seq = self._next
            self._next = (seq + 1) & 0xFF
            op, parts, length, index, offset = self.queue[0]
            if length > self.frame or index or offset:
                op, parts, length = part("values").slices(self, self.queue[0])
            else:
                self.queue.pop(0)
            if LOSSY and self.resend:
                parts = (b"".join([bytes(part) for part in parts]),)  # the task may change its buffers before it is sent again
                if not self._kept:
                    self._since = now
                    self._patience = self.resend
                self._kept.append((op, seq, parts, length))
        elif self.reply:
            op = self.reply
            self.reply = 0
        else:
            return None
        self._unsaid = 0
        if self.reply == wire.ACK:  # every frame says as much
            self.reply = 0
        return wire.write_frame(self._view, op, seq, self.expected, self.credit, parts, length)

    def _resends(self, now):
        """Whether a frame is to be sent again."""
        if self._kept and not self._again and self.due_in(now) == 0:
            self._again = len(self._kept)
            self._since = now
            self._patience = min(self._patience * 2, 4 * self.resend)
        return self._again
