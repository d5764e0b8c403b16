"""A touch panel with the controller XPT2046, on SPI, in front of a display of 240 x 320."""

_ACROSS = b"\xd0\0\0"
_DOWN = b"\x90\0\0"
_READINGS = 3  # the middle one counts: a finger that comes or goes gives wild ones


class Touch:
    def __init__(self, spi, irq=None, cs=None, edges=(412, 3575, 3625, 512)):
        """`spi`: a machine.SPI of at most 2 MHz; `irq`: Pin, low while touched; `cs`: Pin, already an output, if it has one.

        `edges`: readings (of 4096) at the left, right, top and bottom edge of the display; these are of PicoCray's panel.
        """
        self._spi = spi
        self._irq = irq
        self._cs = cs
        self._edges = edges
        self._three = bytearray(3)
        if cs:
            cs(1)

    def where(self):
        """The pixel that is touched, (x, y), or None."""
        if self._irq is not None and self._irq():
            return None
        left, right, top, bottom = self._edges
        x = self._middle(_ACROSS)
        y = self._middle(_DOWN)
        if not (x or y) or (self._irq is not None and self._irq()):
            return None  # let go of meanwhile
        return _pixel(x, left, right, 240), _pixel(y, top, bottom, 320)

    def _middle(self, question):
        readings = sorted(self._reading(question) for _ in range(_READINGS))
        return readings[_READINGS // 2]

    def _reading(self, question):
        if self._cs:
            self._cs(0)
        self._spi.write_readinto(question, self._three)
        if self._cs:
            self._cs(1)
        return (self._three[1] << 8 | self._three[2]) >> 3


def _pixel(reading, first, last, size):
    return min(size - 1, max(0, (reading - first) * size // (last - first)))
