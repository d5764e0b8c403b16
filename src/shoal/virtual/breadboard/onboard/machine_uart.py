"""`machine.UART` of a board on a breadboard: 8N1. What it sends is noted with its time; what it reads is asked for.

A TX pin that a UART has is an output that is high between bytes; `Pin.init` takes it away, and `UART.init` takes it back.
"""

import struct

import ops
import ops_uart
import served

from breadboard import charges, core, facts

_DEFAULTS = {"rp2": {0: (0, 1), 1: (4, 5)}, "esp32": {1: (10, 9), 2: (17, 16)}}  # tx, rx where no pins are given
_FIFO = {"rp2": 32, "esp32": 128}  # bytes between the transmit buffer and the line
_BITS = 10  # of a byte on the line: 8N1


class UART:
    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, **options):
        pins = _DEFAULTS[facts["platform"]].get(id)
        if pins is None:
            raise ValueError("UART(%d) does not exist" % id)
        if bits != 8 or parity is not None or stop != 1:
            raise NotImplementedError("only 8N1 is on the breadboard")
        self._id = id
        self._tx, self._rx = pins
        self._rxbuf = self._txbuf = 256
        self._first = self._gap = 0
        served.install()
        self._sent = 0  # when the line will have taken all
        self.init(baudrate, **options)

    def init(self, baudrate=0, *, tx=None, rx=None, rxbuf=None, txbuf=None, timeout=None, timeout_char=None):
        self._baud = baudrate or self._baud
        self._tx = self._pin("TX", tx, self._tx, 0)
        self._rx = self._pin("RX", rx, self._rx, 1)
        self._rxbuf = rxbuf or self._rxbuf
        self._txbuf = txbuf or self._txbuf
        if timeout is not None:
            self._first = timeout * 1000000
        self._byte = _BITS * 1000000000 // self._baud
        # Not less than a character, and whole milliseconds: ports/rp2/machine_uart.c.
        self._gap = max(timeout_char * 1000000 if timeout_char is not None else self._gap, (13000 // self._baud + 1) * 1000000)
        core.charge(charges["uart_call"])
        core.note(ops.PIN, self._tx, ops.OUT | ops.HIGH)
        if hasattr(tx, "gpio"):
            tx._state = ops.OUT | ops.HIGH
        core.note(ops_uart.OPEN, self._id, 0, struct.pack(ops_uart.OPEN_FORM, self._tx, self._rx, self._baud, self._rxbuf))

    def _pin(self, name, pin, old, function):
        gpio = old if pin is None else pin if isinstance(pin, int) else pin.gpio
        if facts["platform"] == "rp2" and (gpio & 3 != function or (gpio + 4) >> 3 & 1 != self._id):
            raise ValueError("bad %s pin" % name)
        return gpio

    def deinit(self):
        self.flush()
        core.note(ops.PIN, self._tx, ops.IN)

    def write(self, buf):
        """Returns when the transmit buffer has taken all, as it does while the line goes on."""
        size = len(buf)
        core.charge(charges["uart_call"])
        core.note(ops_uart.SEND, self._id, 0, buf)
        self._sent = max(self._sent, core.now) + size * self._byte
        full = self._sent - (self._txbuf + _FIFO[facts["platform"]]) * self._byte
        if full > core.now:
            core.until(full)
        return size

    def flush(self):
        core.charge(charges["uart_call"])
        if self._sent > core.now:
            core.until(self._sent)

    def txdone(self):
        return core.now >= self._sent

    def any(self):
        core.charge(charges["uart_call"])
        count = core.ask(ops_uart.ANY, self._id)
        core.after()
        return count

    def readinto(self, buf, nbytes=-1):
        size = len(buf) if nbytes < 0 else min(nbytes, len(buf))
        core.charge(charges["uart_call"])
        core.ask(ops_uart.READ, self._id, 0, struct.pack(ops_uart.READ_FORM, size, self._first, self._gap))
        count = len(core.data)
        memoryview(buf)[:count] = core.data
        core.after()
        return count or None

    def read(self, nbytes=-1):
        buf = bytearray(self.any() if nbytes < 0 else nbytes)
        count = self.readinto(buf) if buf else None
        return bytes(memoryview(buf)[:count]) if count else None
