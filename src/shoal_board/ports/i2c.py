"""The controller's end of an I2C bus, and what can be known of its two lines when nothing passes on them."""

from machine import I2C, Pin

from ..mailbox import NO_PULLUPS, STUCK_SCL, STUCK_SDA
from ..wire import const
from .block import on_block

# Fast-mode Plus. No chip of ours goes further: the RP2040 has no high-speed mode (catalogue, links.toml: rp2_max_hz).
FASTEST = const(1000000)


class Wire:
    """`too_fast`: a frequency that was asked for and is beyond what boards can, or 0."""

    served = True  # mailboxes are reached while boards compute

    def __init__(self, sda, scl, frequency):
        """GPIO numbers, Hz. Raises ValueError for pins that have no I2C."""
        self._sda = sda
        self._scl = scl
        self.too_fast = frequency if frequency > FASTEST else 0
        self.frequency = min(frequency, FASTEST)
        self._open()

    def _open(self):
        i2c = on_block(I2C, self._sda, scl=Pin(self._scl), sda=Pin(self._sda), freq=self.frequency)
        self.writeto_mem = i2c.writeto_mem
        self.readfrom_mem_into = i2c.readfrom_mem_into

    def lines(self):
        """What is wrong with the lines: (a code of `mailbox`, the level at which a line is stuck); (0, 0) if nothing is."""
        found = self._test(self._scl, STUCK_SCL)
        if not found[0]:
            found = self._test(self._sda, STUCK_SDA)
        self._open()
        return found

    def _test(self, gpio, stuck):
        pin = Pin(gpio, Pin.IN, None)
        if not pin():
            pin.init(Pin.IN, Pin.PULL_UP)
            return (NO_PULLUPS if _settled(pin) else stuck), 0
        pin.init(Pin.IN, Pin.PULL_DOWN)  # weaker than any pull-up that a bus needs
        if not _settled(pin):
            return NO_PULLUPS, 0
        pin.init(Pin.OPEN_DRAIN, None, value=0)
        if pin():
            pin.init(Pin.IN, None)
            return stuck, 1
        pin.init(Pin.IN, None)
        return 0, 0


def _settled(pin):
    """The level after some 40 microseconds."""
    for _ in range(16):
        level = pin()
    return level
