"""Two peers and a wire between them that may lose, double and damage what it carries. Time is a number that the test moves."""

import random

from checks import check
from frames import whole

from shoal_board import wire
from shoal_board.decoder import Decoder
from shoal_board.peer import Peer


class End:
    """A peer with its decoder, as the agent and the host have them; `got`: messages that came, `sent`: headers written."""

    def __init__(self, frame, credit, resend, other_credit):
        self.peer = Peer(frame, credit, resend)
        self.peer.granted = other_credit
        self.decoder = Decoder(frame)
        self.credit = credit
        self.expected = 0  # sequence number of the next frame to come, by our own count
        self.got = []
        self.sent = []

    def take(self, data, now):
        """Bytes from the wire, in pieces of any size."""
        decoder = self.decoder
        while len(data):
            room = decoder.room()
            count = min(len(room), len(data))
            room[:count] = data[:count]
            decoder.pushed(count)
            data = data[count:]
            damaged = decoder.damaged
            frame = decoder.pop()
            while frame:
                self._frame(frame, now)
                frame = decoder.pop()
            if decoder.damaged != damaged:
                self.peer.damaged()

    def _frame(self, frame, now):
        if frame[0] >= wire.FIRST_SEQUENCED and frame[1] == self.expected:
            self.expected = (self.expected + 1) & 0xFF
        message = self.peer.receive(frame, now)
        if message:
            self.got.append((message[0], bytes(message[1])))


class Wire:
    """Carries whole frames; `lose`, `double` and `flip` are probabilities, the last of a byte."""

    def __init__(self, lose=0, double=0, flip=0, cut=0):
        self.lose, self.double, self.flip, self.cut = lose, double, flip, cut

    def carry(self, frame):
        """What arrives of a frame."""
        if random.random() < self.lose:
            return b""
        data = bytearray(frame)
        if random.random() < self.cut:
            data = data[: random.randrange(len(data))]
        if self.flip:
            for at in range(len(data)):
                if random.random() < self.flip:
                    data[at] ^= 1 << random.getrandbits(3)
        return bytes(data) * (2 if random.random() < self.double else 1)


class Pair:
    """Two ends and the wire."""

    def __init__(self, frame=40, credits=(8, 8), resend=0, carrier=None):
        self.a = End(frame, credits[0], resend, credits[1])
        self.b = End(frame, credits[1], resend, credits[0])
        self.wire = carrier or Wire()
        self.now = 0

    def turn(self, source, target):
        """Write all that one end has to write; check that it keeps to the credit of the other."""
        data = b""
        buffers = source.peer.output(self.now)
        while buffers is not None:
            frame = whole(buffers)
            op, seq = frame[2], frame[3]
            if op >= wire.FIRST_SEQUENCED:
                ahead = (seq - target.expected) & 0xFF
                check(ahead < target.credit or ahead >= 256 - wire.WINDOW, "credit", seq, target.expected)
            source.sent.append((op, seq, frame[4], frame[5]))
            data += self.wire.carry(frame)
            buffers = source.peer.output(self.now)
        target.take(data, self.now)
        return bool(data)

    def settle(self, turns=100000):
        """Go on until nothing moves and nothing is left; time passes when nothing moves."""
        for _ in range(turns):
            moved = self.turn(self.a, self.b)
            if not self.turn(self.b, self.a) and not moved:
                if self.a.peer.settled() and self.b.peer.settled():
                    return
                self.now += 10
        check(False, "did not settle", self.a.sent[-5:], self.b.sent[-5:])


def message(largest):
    """An op and its parts: any number of buffers, some of them empty."""
    op = random.choice((wire.STORE, wire.PIECE, wire.CALL, wire.RESULT, wire.PRINT))
    parts = []
    left = random.randrange(largest) if random.getrandbits(3) else 0
    while left > 0:
        size = min(left, random.randrange(1 + largest // 3))
        parts.append(bytes([random.getrandbits(8) for _ in range(size)]))
        left -= max(1, size)
    return op, parts
