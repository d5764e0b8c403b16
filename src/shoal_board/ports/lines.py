"""Bytes over GPIO lines: four or eight data lines and four that say when. The names are those of IEEE 488.

All lines are open drain with a pull-up each, so no two boards can damage each other. Whoever talks sets the data lines and turns
DAV over: each edge is a byte (or half of one, on four lines). Whoever is meant reads them and turns NDAC over. A block has an
even number of edges, so both lines are high between blocks, and the two ends may change places. ATN low: an address is on the
lines. NRFD low: the board that was addressed is at work, so that one that is slow is told from one that is gone.

A board that computes touches no line, and so is in nobody's way.
"""

from machine import Pin, time_pulse_us

from ..wire import const

_EDGE_US = const(200)  # within which an edge comes if nothing is wrong
_WAIT_US = const(1000)
_WAITS = const(60)  # that one at work may take: collecting its memory, for one
_SPINS = const(200)
_FIRST = const(0x20)  # addresses from here on are told apart by four lines
_HALF = const(15)
_EIO = const(5)


def drain(number):
    """A line that we may pull low, released."""
    return Pin(number, Pin.OPEN_DRAIN, value=1)


def until(pin, level, us):
    """Wait until a pin has a level; False if it has not within `us` microseconds (at most 2**29)."""
    return pin() == level or (us and time_pulse_us(pin, not level, us) >= 0) or pin() == level


class Lines:
    def __init__(self, data, dav, nrfd, ndac, atn):
        """GPIO numbers; `data`: of four or eight lines, the lowest bit first. Raises ValueError for another number of them."""
        if len(data) not in (4, 8):
            raise ValueError("4 or 8 data lines")
        self.data = [drain(number) for number in data]
        self.dav = drain(dav)
        self.nrfd = drain(nrfd)
        self.ndac = drain(ndac)
        self.atn = drain(atn)
        self._listened = False  # whether somebody else talked last
        self.hope = None  # the line that is low as long as the other end is there; None: nobody tells

    def free(self):
        """Let go of the data lines."""
        for pin in self.data:
            pin(1)

    def release(self):
        """Let go of every line."""
        self.free()
        self.dav(1)
        self.ndac(1)
        self.nrfd(1)
        self.atn(1)

    def stuck(self):
        """The first line that is low although nobody should hold it, by its pin; None if there is none."""
        for pin in self.data + [self.dav, self.ndac]:
            if not pin() and not self._rises(pin):
                return pin
        return None

    def _rises(self, pin):
        for _ in range(_SPINS):  # most often its owner is about to let go
            if pin():
                return True
        return False

    def call(self, address, us):
        """Show an address; whether its board takes it within so many microseconds. Addresses: to 127; on four lines to 0x2E."""
        symbol = self._symbol(address)
        self.atn(0)
        for pin in self.data:
            pin(symbol & 1)
            symbol >>= 1
        self.dav(0)
        there = until(self.ndac, 0, us)
        self.free()
        self.dav(1)
        if there:
            self._late(self.ndac, 1)
        self.atn(1)
        return there

    def called(self, address):
        """ATN is low: take the address if it is ours, and hold NRFD from then on; else wait until it has been shown."""
        if until(self.dav, 0, _EDGE_US):
            symbol = 0
            for pin in reversed(self.data):
                symbol = symbol << 1 | pin()
            if address is not None and symbol == self._symbol(address):
                self.nrfd(0)
                self.ndac(0)
                self.hope = None
                self._late(self.dav, 1)
                self.ndac(1)
                return True
        until(self.atn, 1, _WAIT_US)
        return False

    def _symbol(self, address):
        if len(self.data) == 8:
            return address
        return address & _HALF if address >= _FIRST else _HALF

    def put(self, view):
        """Talk. Raises OSError 5 if the listener has gone, or a line is held low."""
        if self._listened:  # whoever talked before may not have let go yet
            if self.stuck():
                raise OSError(_EIO)
            self._listened = False
        if len(self.data) == 8:
            self._put_bytes(view)
        else:
            self._put_halves(view)
        self.free()

    def get(self, view):
        """Listen. Raises OSError 5 if the talker stops."""
        self._listened = True
        if len(self.data) == 8:
            self._get_bytes(view)
        else:
            self._get_halves(view)

    def _put_bytes(self, view):
        d0, d1, d2, d3, d4, d5, d6, d7 = self.data
        dav, ndac = self.dav, self.ndac
        level = 0
        for byte in view:
            d0(byte & 1)
            d1(byte & 2)
            d2(byte & 4)
            d3(byte & 8)
            d4(byte & 16)
            d5(byte & 32)
            d6(byte & 64)
            d7(byte & 128)
            dav(level)
            if time_pulse_us(ndac, not level, _EDGE_US) < 0:
                self._late(ndac, level)
            level = not level
        if level:  # the edge that makes their number even
            dav(1)
            self._late(ndac, 1)

    def _put_halves(self, view):
        d0, d1, d2, d3 = self.data
        dav, ndac = self.dav, self.ndac
        for byte in view:
            for half, level in ((byte >> 4, 0), (byte, 1)):
                d0(half & 1)
                d1(half & 2)
                d2(half & 4)
                d3(half & 8)
                dav(level)
                if time_pulse_us(ndac, not level, _EDGE_US) < 0:
                    self._late(ndac, level)

    def _get_bytes(self, view):
        d0, d1, d2, d3, d4, d5, d6, d7 = self.data
        dav, ndac = self.dav, self.ndac
        level = 0
        if len(view):
            self._late(dav, 0)  # it may have come before we look
        for place in range(len(view)):
            if place and time_pulse_us(dav, not level, _EDGE_US) < 0:
                self._late(dav, level)
            view[place] = d0() | d1() << 1 | d2() << 2 | d3() << 3 | d4() << 4 | d5() << 5 | d6() << 6 | d7() << 7
            ndac(level)
            level = not level
        if level:
            self._late(dav, 1)
            ndac(1)

    def _get_halves(self, view):
        d0, d1, d2, d3 = self.data
        dav, ndac = self.dav, self.ndac
        if len(view):
            self._late(dav, 0)
        for place in range(len(view)):
            byte = 0
            for level in (0, 1):
                if (place or level) and time_pulse_us(dav, not level, _EDGE_US) < 0:
                    self._late(dav, level)
                byte = byte << 4 | d0() | d1() << 1 | d2() << 2 | d3() << 3
                ndac(level)
            view[place] = byte

    def _late(self, pin, level):
        """Wait for an edge that was not seen to come: it came before we looked, or is to come yet."""
        for _ in range(_WAITS):
            if until(pin, level, _WAIT_US):
                return
            if self.hope and self.hope():
                break
        raise OSError(_EIO)
