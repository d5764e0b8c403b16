"""A processor on an I2C bus: memory behind `machine.I2CTarget`, which its chip serves while the board computes."""

import machine
from machine import I2CTarget, Pin

from ..mailbox import STUCK_SCL, STUCK_SDA
from .block import on_block


class Target:
    """Memory at an address. Needs MicroPython 1.26 or later."""

    by_hand = False  # it is reached whatever the program does

    def __init__(self, sda, scl):
        """GPIO numbers."""
        self._gpio = sda
        self._sda = Pin(sda)
        self._scl = Pin(scl)
        self._target = None

    def listen(self, address, mem):
        """Answer at that address with that memory; None: nowhere. Raises ValueError for pins that have no I2C."""
        if self._target:
            self._target.deinit()
            self._target = None
        if address is not None:
            pins = {"scl": self._scl, "sda": self._sda}
            self._target = on_block(I2CTarget, self._gpio, address, mem=mem, mem_addrsize=16, **pins)

    def wait(self, us):
        """Let some time pass, less if the controller wrote."""
        machine.idle()

    def lines(self):
        """What is wrong with the lines: (a code of `mailbox`, the level of a stuck line), or zeros if nothing can be seen."""
        for pin, code in ((self._scl, STUCK_SCL), (self._sda, STUCK_SDA)):
            if not any([pin() for _ in range(64)]):
                return code, 0
        return 0, 0
