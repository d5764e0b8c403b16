"""`machine.SPI` of a board on a breadboard: what it shifts out is noted with its time; only what it reads needs an answer."""

import ops_spi

from breadboard import charges, core, facts

# What a port takes where no pins are given: (sck, mosi, miso) by id.
_DEFAULTS = {"rp2": {0: (18, 19, 16), 1: (10, 11, 8)}, "esp32": {1: (14, 13, 12), 2: (18, 23, 19)}}
_RP2_CLOCK = 48000000  # the peripheral clock of MicroPython's rp2 port
_ESP32_CLOCK = 80000000


class SPI:
    MSB = 0
    LSB = 1

    def __init__(self, id, baudrate=1000000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None):
        defaults = _DEFAULTS[facts["platform"]].get(id)
        if defaults is None:
            raise ValueError("SPI(%s) doesn't exist" % id)
        self._id = id
        sck = self._gpio("SCK", sck, defaults[0], 2)
        mosi = self._gpio("MOSI", mosi, defaults[1], 3)
        self._wires = sck | mosi << 8
        self._miso = self._gpio("MISO", miso, defaults[2], 0)
        self.init(baudrate, polarity=polarity, phase=phase, bits=bits, firstbit=firstbit)

    def _gpio(self, name, pin, default, function):
        gpio = default if pin is None else pin if isinstance(pin, int) else pin.gpio
        if facts["platform"] == "rp2" and (gpio & 3 != function or gpio >> 3 & 1 != self._id):
            raise ValueError("bad %s pin" % name)
        return gpio

    def init(self, baudrate=None, *, polarity=0, phase=0, bits=8, firstbit=0):
        if firstbit != 0:
            raise NotImplementedError("LSB")
        if baudrate is not None:
            self._bit_ns = 1000000000 / (_rp2_rate(baudrate) if facts["platform"] == "rp2" else _esp32_rate(baudrate))

    def deinit(self):
        pass

    def write(self, buf):
        data = buf if isinstance(buf, (bytes, bytearray)) else bytes(buf)  # items of arrays have several bytes
        core.charge(charges["spi_call"])
        core.note(ops_spi.SHIFT, self._miso, self._wires, data)
        core.charge(int(len(data) * 8 * self._bit_ns))

    def write_readinto(self, write_buf, read_buf):
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        core.charge(charges["spi_call"])
        core.ask(ops_spi.EXCHANGE, self._miso, self._wires, write_buf)
        read_buf[:] = core.data
        core.charge(int(len(read_buf) * 8 * self._bit_ns))
        core.after()

    def readinto(self, buf, write=0):
        self.write_readinto(bytes((write,)) * len(buf), buf)

    def read(self, nbytes, write=0):
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)


def _rp2_rate(wanted):
    """The nearest rate at or below what is wanted, as the chip divides its clock: by an even number, then by 1 to 256."""
    first = 2
    while first < 254 and (first + 2) * 256 * wanted <= _RP2_CLOCK:
        first += 2
    second = 256
    while second > 1 and _RP2_CLOCK // (first * (second - 1)) <= wanted:
        second -= 1
    return _RP2_CLOCK / (first * second)


def _esp32_rate(wanted):
    return _ESP32_CLOCK / max(1, -(-_ESP32_CLOCK // wanted))
