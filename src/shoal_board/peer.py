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


def _difference(later, earlier):
    return later - earlier


class Peer:
    def __init__(self, frame, credit, resend=0, difference=_difference):
        """`frame`: largest payload to send; `credit`: frames taken at a time; `resend`: ms until a resend, 0 for never."""
        self._out = bytearray(wire.HEADER + wire.SMALL + wire.TRAILER)
        self._difference = difference
        self.resent = 0  # frames sent again
        self.reset(frame, credit, resend)

    def reset(self, frame, credit, resend):
        """Begin a new session: both sequences start again at 0."""
        self.frame = frame
        self.credit = credit  # what we grant
        self.granted = 1  # what the other end grants; its HELLO says more
        self.resend = resend
        self._patience = resend
        self._next = 0  # sequence number of the next new frame
        self._acked = 0  # the oldest frame not acknowledged
        self._expected = 0  # the next frame to receive
        self._unsaid = 0  # frames received since we last said `ack`
        self._reply = 0  # ACK or NAK that is due, or 0
        self._nakked = False
        self._queue = []  # messages not yet cut: [op, parts, index of part, offset in part, bytes left]
        self._kept = []  # frames in flight, for resending: (op, seq, parts, length)
        self._again = 0  # how many of _kept are to be sent again
        self._since = None  # when the oldest frame in flight was sent, or last progress
        self._outside = []  # messages outside the sequence
        self._parts = []

    def send(self, op, parts):
        """Queue one message; `parts` is a list of buffers that must not change until it is acknowledged."""
        total = 0
        for part in parts:
            total += len(part)
        self._queue.append([op, parts, 0, 0, total])

    def announce(self, op, parts):
        """Send a message outside the sequence: it fits one frame, goes before all others, and may be lost."""
        self._outside.append((op, parts, sum([len(part) for part in parts])))

    def blocked(self):
        """Whether messages wait for credit."""
        return bool(self._queue)

    def idle(self):
        """Whether all that was sent has left, and on a lossy link has arrived."""
        return not self._queue and not self._kept

    def damaged(self):
        """The decoder threw bytes away: on a lossy link, ask for what was lost."""
        if self.resend and not self._nakked:
            self._nakked = True
            self._reply = wire.NAK

    def nudge(self):
        """Say something, so that a reader that lost bytes of a frame gets enough to notice."""
        self._reply = self._reply or wire.ACK

    def acknowledge(self):
        """Say now what has arrived, if the other end would send it again: a board does so before it runs a task."""
        if self.resend and self._unsaid and not self._reply:
            self._reply = wire.ACK

    def receive(self, frame, now):
        """Take one frame. Returns (op, payload) when it completes a message, else None."""
        op, seq, ack, credit, payload = frame
        moved = (ack - self._acked) & 0xFF
        if moved <= (self._next - self._acked) & 0xFF:
            self.granted = min(credit, wire.WINDOW)
            if moved:
                self._acked = ack
                self._since = now
                self._patience = self.resend
                if self.resend:
                    self._kept = self._kept[moved:]
                    self._again = min(self._again, len(self._kept))
        if op < wire.FIRST_SEQUENCED:
            if op == wire.NAK:
                self._again = len(self._kept)
            return None if op == wire.NAK or op == wire.ACK else (op, payload)
        ahead = (seq - self._expected) & 0xFF
        if ahead:
            if ahead >= 128:  # doubled: its acknowledgement was lost
                self._reply = self._reply or wire.ACK
            elif not self._nakked:
                self._nakked = True
                self._reply = wire.NAK
            return None
        self._expected = (seq + 1) & 0xFF
        self._nakked = False
        self._unsaid += 1
        if self._unsaid * 2 >= self.credit or (self.resend and op == wire.PART):
            self._reply = self._reply or wire.ACK
        if op == wire.PART:
            self._parts.append(bytes(payload))
            return None
        if self._parts:
            self._parts.append(bytes(payload))
            payload = memoryview(b"".join(self._parts))
            self._parts = []
        return op, payload

    def wait(self, now):
        """Milliseconds until `output` may have something to resend, or None."""
        if not self._kept:
            return None
        return max(0, self._patience - self._difference(now, self._since))

    def output(self, now):
        """The next frame as a tuple of buffers to write, valid until the next call, or None."""
        if self._outside:
            op, parts, length = self._outside.pop(0)
            return self._write(op, 0, parts, length)
        if self._kept and not self._again and self.wait(now) == 0:
            self._again = len(self._kept)
            self._since = now
            self._patience = min(self._patience * 2, 4 * self.resend)
        if self._again:
            op, seq, parts, length = self._kept[len(self._kept) - self._again]
            self._again -= 1
            self.resent += 1
            return self._write(op, seq, parts, length)
        if self._queue and (self._next - self._acked) & 0xFF < self.granted:
            return self._cut(now)
        if self._reply:
            op = self._reply
            self._reply = 0
            return self._write(op, 0, (), 0)
        return None

    def _cut(self, now):
        """Make the next frame out of the first message in the queue."""
        message = self._queue[0]
        op, parts, index, offset, left = message
        length = min(left, self.frame)
        if length == left:
            self._queue.pop(0)
            if index or offset:
                parts = self._slices(message, length)
        else:
            op = wire.PART
            parts = self._slices(message, length)
        seq = self._next
        self._next = (seq + 1) & 0xFF
        if self.resend:
            parts = (b"".join([bytes(part) for part in parts]),)  # the task may change its buffers before it is sent again
            if not self._kept:
                self._since = now
                self._patience = self.resend
            self._kept.append((op, seq, parts, length))
        return self._write(op, seq, parts, length)

    @staticmethod
    def _slices(message, length):
        """The next `length` bytes of a message as buffers, without copying; moves the message's position on."""
        _, parts, index, offset, left = message
        slices = []
        message[4] = left - length
        while length:
            part = parts[index]
            take = min(length, len(part) - offset)
            slices.append(memoryview(part)[offset : offset + take])
            length -= take
            offset += take
            if offset == len(part):
                index += 1
                offset = 0
        message[2] = index
        message[3] = offset
        return slices

    def _write(self, op, seq, parts, length):
        self._unsaid = 0
        if self._reply == wire.ACK:  # every frame says as much
            self._reply = 0
        return wire.write_frame(self._out, op, seq, self._expected, self.credit, parts, length)
