"""A bus of GPIO lines, for boards that cannot be I2C targets: both ends of what `remote` says, over `lines`.

The board that is called, if it waits, holds NRFD low until the transaction has ended. A controller that finds a line low which
nobody should hold does not begin, and `stuck` then names it.
"""

from ..mailbox import STUCK_LINE
from ..ticks import ticks_diff, ticks_us
from ..wire import const
from .lines import Lines, until
from .remote import Answering, Asking

_PATIENCE_US = const(700)  # for a board to take its address: it takes 0.1 ms, or 7 if it collects its memory meanwhile
_REST_US = const(70000)  # for one that was called too late, and still holds NRFD
_NAP_US = const(20000)  # a board's timers and terminal are looked at so often
_EIO = const(5)
_ETIMEDOUT = const(110)
_DATA = const(8)
NAMES = ("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "dav", "nrfd", "ndac", "atn")


def lines(pins):
    """The lines that a dict of pins such as {"d0": 13, ..., "dav": 23, ...} names: eight data lines, or four without "d4"."""
    data = [pins["d%d" % place] for place in range(8 if "d4" in pins else 4)]
    return Lines(data, *[pins[name] for name in NAMES[_DATA:]])


class Wire(Asking):
    """The controller's end."""

    def __init__(self, lines, patience=_PATIENCE_US):
        """`patience`: microseconds for a board to take its address."""
        super().__init__()
        self._lines = lines
        self._patience = patience
        self._put = lines.put
        self._get = lines.get
        self._end = lines.release
        self.stuck = ""  # the line that kept the last transaction from beginning, one of NAMES

    def _ask(self, head):
        lines = self._lines
        self.stuck = self._held()
        if self.stuck or not lines.call(head[0] & 0x7F, self._patience):
            raise OSError(_ETIMEDOUT)
        lines.hope = lines.nrfd
        lines.put(head)

    def _held(self):
        lines = self._lines
        if not until(lines.nrfd, 1, _REST_US):
            return "nrfd"
        if not lines.atn():
            return "atn"
        pin = lines.stuck()
        if not pin:
            return ""
        return NAMES[lines.data.index(pin)] if pin in lines.data else "dav" if pin is lines.dav else "ndac"

    def lines(self):
        """What is wrong with the lines: (STUCK_LINE, the place of its name in NAMES), or (0, 0)."""
        held = self._held()
        return (STUCK_LINE, NAMES.index(held)) if held else (0, 0)


class Target(Answering):
    """A board's end."""

    def __init__(self, lines):
        super().__init__()
        self._lines = lines
        self._put = lines.put
        self._get = lines.get

    def wait(self, us):
        """Answer the controller for so many microseconds; less if it writes something, and then True."""
        start = ticks_us()
        left = us
        while left >= 0:
            if until(self._lines.atn, 0, min(left, _NAP_US)) and self._turn():
                return True
            left = us - ticks_diff(ticks_us(), start) - 1
        return False

    def _turn(self):
        """Somebody is called. Whether it was us, and our memory was written."""
        lines = self._lines
        try:
            if lines.called(self._address):
                lines.get(self._head)
                asked = self._asked()
                if asked and asked[0] == self._address:
                    return self._answer(asked)
        except OSError:  # the controller has stopped in the middle, and will try again
            pass
        finally:
            lines.release()
        return False
