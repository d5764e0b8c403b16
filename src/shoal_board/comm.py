"""What a rank's program sees when boards talk to each other over GPIO lines, without a controller: names as in mpi4py.

Beside the lines of `ports.lines` there is a line from each board to the next, all round (the ring), and one that all share, which
is high when nobody holds it (the barrier). On the ring goes a token: rank 0 has it while its two ring pins are equal, any other
rank while its two differ, and whoever has it passes it on by turning its outgoing pin over. So it is never lost, however late a
board looks. Only who has it may talk on the data lines. Ranks are places in the ring, counted when all begin; no board is given a
number.

A rank that computes passes the token on from a timer, so it keeps the others waiting for some milliseconds only; what is sent to
it waits until it is in a call of `Comm`. All waiting ends after `patience`: OSError 110. So does all in a ring that is broken.
"""

from machine import Pin, Timer

from .codec import Reader, Writer
from .ports.gpio import Target, Wire
from .ports.lines import drain, until
from .ticks import ticks_diff, ticks_ms
from .wire import const

_NEW = const(0x1F)  # the address of whoever has the token, and no rank yet
_FIRST = const(0x20)  # of rank 0
_PATIENCE_US = const(1500)  # of who calls another
_HOLD_US = const(600)  # how long a board looks for calls before it looks for the token; less than that patience
_LOOK_US = const(1000)  # and the token for calls
_AGAIN_US = const(5000)
_TICK_MS = const(10)  # how often a rank that computes looks for the token
_LONGEST = const(65535)  # bytes of a message
_ETIMEDOUT = const(110)


class _Post(Target):
    """Takes messages: each into memory made for it."""

    def _room(self, place, count):
        self.place = place
        self.message = memoryview(bytearray(count))
        return self.message


class Comm:
    def __init__(self, lines, ring_in, ring_out, barrier, first, patience=60000):
        """Returns when all boards of the ring are there. `first`: whether this is rank 0; `patience`: milliseconds that others
        may keep us waiting. Raises OSError 110 after that."""
        self._in = Pin(ring_in, Pin.IN, Pin.PULL_DOWN)
        self._out = Pin(ring_out, Pin.OUT, value=0)
        self._level = 0  # of it
        self._barrier = drain(barrier)
        self._barrier(0)  # not there yet
        self._wire = Wire(lines, _PATIENCE_US)
        self._post = _Post(lines)
        self._patience = patience
        self._inbox = []  # (source, value)
        self._kept = False  # whether the program has taken the token
        self._heard = {}  # source -> number of its last message
        self._said = {}  # rank -> number of our last message to it
        self._busy = True  # whether we are in a call, and see to the token ourselves
        self.rank = 0 if first else None
        self.size = None
        self._count()
        self._busy = False
        self._timer = Timer(-1)
        self._timer.init(period=_TICK_MS, callback=self._tick)

    def close(self):
        """End taking part. The outgoing pin keeps its level: others may not have seen it yet."""
        self._timer.deinit()
        self._barrier(1)

    # --- the token ---

    def take(self):
        """Wait for the token, and keep it: nobody else has it, until `give`."""
        self._kept = True
        self._get(ticks_ms())

    def _get(self, start):
        while not self._has():
            until(self._in, self._level ^ (self.rank != 0), _LOOK_US)
            self._look(0)
            self._check(start)

    def give(self):
        """Pass the token on."""
        self._kept = False
        self._level ^= 1
        self._out(self._level)

    def _tick(self, _):
        """The program computes, perhaps: the token must not wait for it."""
        if not self._busy and not self._kept and self._has():
            self.give()

    def _has(self):
        return (self._in() == self._level) == (self.rank == 0)

    def _look(self, us):
        """Take a message, if one comes in that time."""
        post = self._post
        if post.wait(us):
            source = post.place & 0xFF
            if self._heard.get(source) != post.place >> 8:  # else it came twice
                self._heard[source] = post.place >> 8
                self._inbox.append((source, Reader(post.message).value()))

    def _idle(self, start):
        """What a rank does while it waits for others."""
        self._look(_HOLD_US)
        if self._has():
            self.give()
        self._check(start)

    def _check(self, start):
        if ticks_diff(ticks_ms(), start) > self._patience:
            raise OSError(_ETIMEDOUT)

    # --- who is there ---

    def _count(self):
        """The token goes round twice: first with the number of the next rank, then with the number of all."""
        if self.rank is None:
            self.rank = self._told(_NEW)
        self._tell(_NEW, self.rank + 1)
        if not self.rank:
            self.size = self._told(_NEW)
        else:
            self.size = self._told(_FIRST + self.rank)
        if self.rank + 1 < self.size:
            self._tell(_FIRST + self.rank + 1, self.size)
        else:
            self.give()
        self._post.listen(_FIRST + self.rank, b"")

    def _told(self, address):
        """The number that comes with the token."""
        start = ticks_ms()
        while not self._has():
            until(self._in, self._level ^ (self.rank != 0), 20000)
            self._check(start)
        self._post.listen(address, b"")
        while not self._post.wait(20000):
            self._check(start)
        self._post.listen(None, b"")
        return self._post.place

    def _tell(self, address, number):
        """Pass the token on, and a number with it."""
        start = ticks_ms()
        self.give()
        while True:
            try:
                self._wire.writeto_mem(address, number, b"")
                return
            except OSError:  # it does not look yet, or has no power yet
                self._post.wait(_AGAIN_US)
                self._check(start)

    # --- calls ---

    def send(self, value, dest):
        """Send a value to another rank; returns when it is there. A token that was taken is kept, as long as the other listens.
        Raises ValueError for one of more than 65,535 bytes."""
        writer = Writer()
        writer.value(value)
        data = b"".join(writer.finish())
        if len(data) > _LONGEST or dest == self.rank:
            raise ValueError("a message is for another rank, and has at most 65535 bytes")
        number = self._said[dest] = (self._said.get(dest, 0) + 1) & 0xFF
        start = ticks_ms()
        kept = self._kept
        self._busy = True
        try:
            while True:
                self._get(start)
                try:
                    self._wire.writeto_mem(_FIRST + dest, number << 8 | self.rank, data)
                    if not kept:
                        self.give()
                    return
                except OSError:  # it computes
                    self.give()
                    self._check(start)
                self._look(_HOLD_US)
        finally:
            self._busy = False

    def recv(self, source=None):
        """The next value from a rank, or from any."""
        start = ticks_ms()
        self._busy = True
        try:
            while True:
                for place, (rank, value) in enumerate(self._inbox):
                    if source is None or rank == source:
                        self._inbox.pop(place)
                        return value
                self._idle(start)
        finally:
            self._busy = False

    def barrier(self):
        """Returns when all ranks have called it. Who has the token and sees the line high knows that all are there; when the
        token has been round again, all know, and each holds the line for the next barrier before it goes on."""
        self._barrier(1)
        start = ticks_ms()
        known = False
        self._busy = True
        try:
            while True:
                self._get(start)
                if known:
                    self._barrier(0)
                    self.give()
                    return
                known = self._barrier() == 1
                self.give()
                self._look(0 if known else _HOLD_US)
                self._check(start)
        finally:
            self._busy = False

    def bcast(self, value, root=0):
        """The value of one rank, for all."""
        if self.rank != root:
            return self.recv(root)
        for rank in range(self.size):
            if rank != root:
                self.send(value, rank)
        return value

    def gather(self, value, root=0):
        """A list of the values of all ranks, for one; None for the others."""
        if self.rank != root:
            return self.send(value, root)
        return [value if rank == root else self.recv(rank) for rank in range(self.size)]
