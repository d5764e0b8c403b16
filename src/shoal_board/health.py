"""What is wrong with a bus as a whole: its lines, its noise, its clock; and whom nobody answers.

Trouble is told once, and once more (MENDED) when it is over.
"""

from .exchange import Unheard
from .mailbox import (
    JOIN,
    JOIN_AT,
    MENDED,
    NO_PULLUPS,
    NOBODY,
    NOISY,
    STATUS,
    STATUS_AT,
    STUCK_LINE,
    STUCK_SCL,
    STUCK_SDA,
    TOO_FAST,
    TWO_CONTROLLERS,
    WEAK_PULLUPS,
)
from .ticks import ticks_add, ticks_diff
from .wire import const

# Microseconds.
PAUSE = const(50000)  # between two looks at lines that are stuck
_ALONE = const(3000000)  # without any board: the user should hear of it
_GAUGE = const(4000000)  # between two looks at how fast the clock is
_LONGEST = const(20000)
_FAST = const(400000)  # Hz; beyond, targets stretch the clock, and nothing can be said of its edges
_SLOW_EDGE_NS = const(600)  # twice what fast mode allows (catalogue, links.toml: i2c.mode)
_MODEST = const(100000)  # Hz; up to here edges may take longer
_SLOWER_EDGE_NS = const(1500)
_FAILURES = const(8)  # transactions in a row that nobody answered


class Health:
    """`troubles`: code -> detail of what is wrong now; `stuck`: whether nothing can pass."""

    def __init__(self, bus):
        self._bus = bus
        self._wire = bus.wire
        self.troubles = {}
        self.stuck = False
        self._looked = None  # when the lines were looked at
        self._gauged = self.alone = bus.now()
        self._slow = 0  # times in a row that edges were seen to be slow

    def trouble(self, code, detail):
        """Tell of trouble, once."""
        if self.troubles.get(code) != detail:
            self.troubles[code] = detail
            self._bus.events.trouble(code, detail)

    def mended(self, code):
        """That trouble is over, if there was any."""
        if code in self.troubles:
            del self.troubles[code]
            self._bus.events.trouble(MENDED, code)

    def doubtful(self):
        """Whether the lines should be looked at."""
        return self._looked is None or self.stuck or self._bus.exchange.errors >= _FAILURES

    def examine(self, now):
        """See what is wrong with the lines, if anything; not too often."""
        if self._looked is None:
            fast = getattr(self._wire, "too_fast", 0)
            if fast:
                self.trouble(TOO_FAST, fast)
        elif ticks_diff(now, self._looked) < PAUSE:
            return
        self._looked = now
        self._bus.exchange.errors = 0
        code, detail = self._wire.lines() if hasattr(self._wire, "lines") else (0, 0)
        for known in (STUCK_SDA, STUCK_SCL, STUCK_LINE):
            if known != code:
                self.mended(known)
        if code:  # pull-ups that were missed are there again when edges are steep: boards have weak ones of their own
            self.mended(NOBODY)
            self.trouble(code, detail)
        self.stuck = code in (STUCK_SDA, STUCK_SCL, STUCK_LINE)

    def step(self, now):
        """What is looked at now and then."""
        members = self._bus.members
        if not members:
            if ticks_diff(now, self.alone) > _ALONE:
                self.alone = ticks_add(now, -_ALONE)
                self.examine(now)
                if not self.troubles:
                    self.trouble(NOBODY, 0)
        elif ticks_diff(now, self._gauged) > _GAUGE:
            self._gauged = now
            for member in members.values():
                if member.joined:
                    self.gauge(member)
                    break
        verdict = self._bus.exchange.verdict()
        if verdict == NOISY:
            self.trouble(NOISY, 0)
        elif verdict == 0:
            self.mended(NOISY)

    def gauge(self, member):
        """How fast the clock really is, from the times of a longer and a shorter read: slow edges make it slower."""
        frequency = getattr(self._wire, "frequency", 0)
        if not 0 < frequency <= _FAST:
            return
        longer, shorter = self._took(member, JOIN_AT, JOIN), self._took(member, member.base + STATUS_AT, STATUS)
        if longer is None or shorter is None:
            return
        period = (longer - shorter) * 1000 // (9 * (JOIN - STATUS))
        if period - 1000000000 // frequency <= (_SLOWER_EDGE_NS if frequency <= _MODEST else _SLOW_EDGE_NS):
            self._slow = 0
            self.mended(WEAK_PULLUPS)
            self.mended(NO_PULLUPS)
            return
        self._slow += 1
        if self._slow < 3:  # not by chance
            self._gauged = ticks_add(self._gauged, -_GAUGE)
        elif not (WEAK_PULLUPS in self.troubles or NO_PULLUPS in self.troubles or TWO_CONTROLLERS in self.troubles):
            self.trouble(WEAK_PULLUPS, 1000000 // period)

    def _took(self, member, place, size):
        """Microseconds that a read takes, the quicker of two, as others may have had the bus; None if nobody answers."""
        view = bytearray(size)
        best = _LONGEST
        bus = self._bus
        try:
            for _ in range(2):
                start = bus.now()
                bus.exchange.get(member.address, place, view)
                best = min(best, ticks_diff(bus.now(), start))
        except Unheard:
            return None
        return best
