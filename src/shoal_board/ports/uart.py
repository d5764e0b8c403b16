"""A multi-drop UART: both ends of what `remote` says. The controller's TX goes to all RX; the boards share the line back.

That line needs a pull-up: a board drives it only while it answers, and otherwise its TX is an input. Each head is announced by a
mark, by which a board that was computing finds the next one. It answers at once or never: what came while it computed is stale,
and to answer it then would disturb another's answer.
"""

from machine import UART, Pin

from ..ticks import ticks_diff, ticks_us
from ..wire import const
from .remote import Answering, Asking

_MARK = const(0xC5)
_MARKED = b"\xc5"
_PATIENCE_MS = const(3)  # for a board to answer; it takes less than 1 if it waits
_GAP_MS = const(2)  # between two bytes of one block
_STALE_US = const(1500)  # half of what the controller waits
_NAP_MS = const(10)
_EIO = const(5)
_ETIMEDOUT = const(110)
_SCRATCH = const(64)


def _write(uart, view):
    """Write all of it: a UART takes as much as its buffer holds."""
    while len(view):
        view = view[uart.write(view) or 0 :]


def _read(uart, view, ms):
    """Fill a view. Raises OSError: 110 if nothing comes for so many milliseconds, 5 if it ends too soon.

    A UART's own timeouts are not enough: an ESP32 counts them in ticks of 10 ms, and gives less than all although more is coming.
    """
    code = _ETIMEDOUT
    since = ticks_us()
    while len(view):
        count = uart.readinto(view)
        if count:
            view = view[count:]
            code = _EIO
            since = ticks_us()
        elif ticks_diff(ticks_us(), since) >= ms * 1000:
            raise OSError(code)


class Wire(Asking):
    """The controller's end."""

    def __init__(self, number, baud, tx, rx):
        """`number` of the UART, and GPIO numbers. Raises ValueError for pins that it cannot have."""
        super().__init__()
        self._uart = UART(number, baud, tx=Pin(tx), rx=Pin(rx), rxbuf=512, timeout=_PATIENCE_MS, timeout_char=_GAP_MS)
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._sent = True  # nothing is left to be sent before the answer comes
        self._heard = False  # something of the answer

    def _ask(self, head):
        uart = self._uart
        while uart.any():  # of one that answered too late
            uart.readinto(self._scratch)
        self._heard = False
        _write(uart, _MARKED)
        self._put(head)

    def _put(self, view):
        self._sent = False
        _write(self._uart, memoryview(view))

    def _get(self, view):
        if not self._sent:
            self._uart.flush()
            self._sent = True
        try:
            _read(self._uart, view, _PATIENCE_MS)
        except OSError as error:
            raise OSError(_EIO if self._heard else error.args[0])
        self._heard = True

    def _end(self):
        pass


class Target(Answering):
    """A board's end."""

    def __init__(self, number, baud, tx, rx):
        """As for a Wire."""
        super().__init__(1)  # the mark
        self._tx = Pin(tx)
        self._rx = Pin(rx)
        self._uart = UART(number, baud, tx=self._tx, rx=self._rx, rxbuf=1024, timeout=_NAP_MS, timeout_char=_GAP_MS)
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._have = 0
        self._left = ticks_us()
        self._talks = True
        self._hush()

    def _hush(self):
        """Let go of the line that all share."""
        if self._talks:
            self._talks = False
            self._uart.flush()
            self._tx.init(Pin.IN, Pin.PULL_UP)

    def wait(self, us):
        """Answer the controller for so many microseconds, and up to 10 ms more; less if it writes something, and then True."""
        uart = self._uart
        start = ticks_us()
        if ticks_diff(start, self._left) > _STALE_US:
            self._have = 0
            while uart.any():
                uart.readinto(self._scratch)
        written = False
        left = us
        while not written and (left > 0 or uart.any()):
            written = self._turn()
            left = us - ticks_diff(ticks_us(), start)
        self._left = ticks_us()
        return written

    def _turn(self):
        """Take what comes next, if anything does. Whether our memory was written."""
        ask = self._asks
        have, self._have = self._have, 0
        try:
            _read(self._uart, ask[have:], _GAP_MS)
        except OSError:  # silence: what comes next is a mark
            return False
        asked = self._asked() if ask[0] == _MARK else None
        if asked is None:
            self._hunt()
            return False
        try:
            if asked[0] == self._address:
                return self._answer(asked)
            if not asked[1]:
                self._skip(asked[3] + len(self._sum))
        except OSError:  # the controller has stopped in the middle, and will try again
            pass
        finally:
            self._hush()
        return False

    def _hunt(self):
        """Keep what may be the beginning of a head."""
        rest = bytes(self._asks[1:])
        at = rest.find(_MARKED)
        if at >= 0:
            self._have = len(rest) - at
            self._asks[: self._have] = rest[at:]

    def _skip(self, count):
        """What is for another board."""
        while count > 0:
            part = self._scratch[: min(count, _SCRATCH)]
            _read(self._uart, part, _GAP_MS)
            count -= len(part)

    def _put(self, view):
        if not self._talks:
            self._talks = True
            self._uart.init(tx=self._tx, rx=self._rx)
        _write(self._uart, memoryview(view))

    def _get(self, view):
        _read(self._uart, view, _GAP_MS)
