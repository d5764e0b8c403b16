"""The `machine` module of a board on a breadboard: what the real one has of what we use, asked of the simulation."""

import struct

import ops

from breadboard import charges, core, facts

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
SOFT_RESET = 5

_IDLE = 1000000  # nanoseconds: the shortest sleep that `idle` may take
_LONGEST_IDLE = 16000000


class Pin:
    """A GPIO. Writing is noted and costs no round trip; reading asks, unless nothing can have changed."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    ALT = 3
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8
    _all = {}

    def __new__(cls, pin, mode=-1, pull=-1, *, value=None, alt=-1):
        if isinstance(pin, Pin):
            self = pin
        else:
            gpio = facts["pins"].get(pin, -1) if isinstance(pin, str) else pin
            if gpio not in facts["gpios"]:
                raise ValueError("invalid pin")
            self = cls._all.get(gpio)
            if self is None:
                self = cls._all[gpio] = object.__new__(cls)
                self.gpio = gpio
                self._bit = 1 << gpio
                self._state = 0
                self._followed = False
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)
        return self

    def __init__(self, *args, **options):
        pass

    def __repr__(self):
        return "Pin(GPIO%d)" % self.gpio

    def init(self, mode=-1, pull=-1, *, value=None, alt=-1):
        state = self._state
        if mode is not None and mode >= 0:
            state = state & ~ops.MODE | (mode if mode <= 2 else 0)
        if pull is None or pull >= 0:
            state = state & ~(ops.PULL_UP | ops.PULL_DOWN) | (pull or 0) << 2
        if value is not None:
            state = state | ops.HIGH if value else state & ~ops.HIGH
        self._note(state)

    def _note(self, state):
        core.charge(charges["pin_write"])
        if state != self._state:
            self._state = state
            core.note(ops.PIN, self.gpio, state)

    def value(self, *value):
        if value:
            state = self._state
            self._note(state | ops.HIGH if value[0] else state & ~ops.HIGH)
            return None
        core.charge(charges["pin_read"])
        if core.now >= core.horizon or not self._followed:
            self._followed = True
            core.ask(ops.LEVELS, self.gpio)
            core.after()
        return 1 if core.levels & self._bit else 0

    __call__ = value

    def on(self):
        self._note(self._state | ops.HIGH)

    def off(self):
        self._note(self._state & ~ops.HIGH)

    high = on
    low = off

    def toggle(self):
        self._note(self._state ^ ops.HIGH)

    def irq(self, handler=None, trigger=12, *, hard=False, priority=1, wake=None):
        """`handler(pin)` runs at the end of the call in which the board learns of the edge, or while it sleeps or idles."""
        state = self._state & ~(ops.FALLING | ops.RISING)
        core.handlers.pop(self.gpio, None)
        if handler:
            state |= (trigger & 12) << 3
            irq = _Irq(self, handler)
            core.handlers[self.gpio] = irq
        self._state = state
        core.note(ops.PIN, self.gpio, state)
        return core.handlers.get(self.gpio)


class _Irq:
    def __init__(self, pin, handler):
        self._pin = pin
        self._handler = handler
        self._flags = 0

    def __call__(self, which):
        self._flags = which
        self._handler(self._pin)

    def flags(self):
        return self._flags


def _number(pin):
    return pin if isinstance(pin, int) else pin.gpio


class I2C:
    """A controller."""

    _default = {0: (5, 4), 1: (7, 6)}

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._id = id
        scl = self._default[id][0] if scl is None else _number(scl)
        sda = self._default[id][1] if sda is None else _number(sda)
        _take(id, scl, sda)
        core.note(ops.CONTROLLER, id, 0, struct.pack("<BBII", scl, sda, freq, timeout))

    def _transfer(self, address, read, stop, parts):
        core.charge(charges["i2c_call"])
        head = struct.pack("<IB", read, not stop)
        for part in parts:
            head += part
        code = core.ask(ops.I2C, self._id, address, head)
        if code < 0:
            core.after()
            raise OSError(-code)
        return code

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self._transfer(addr, 0, True, (_big(memaddr, addrsize), buf))
        core.after()

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        self._transfer(addr, len(buf), True, (_big(memaddr, addrsize),))
        buf[:] = core.data
        core.after()

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        buffer = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buffer, addrsize=addrsize)
        return bytes(buffer)

    def writeto(self, addr, buf, stop=True):
        code = self._transfer(addr, 0, stop, (buf,))
        core.after()
        return code

    def writevto(self, addr, vector, stop=True):
        code = self._transfer(addr, 0, stop, vector)
        core.after()
        return code

    def readfrom_into(self, addr, buf, stop=True):
        self._transfer(addr, len(buf), stop, ())
        buf[:] = core.data
        core.after()

    def readfrom(self, addr, nbytes, stop=True):
        buffer = bytearray(nbytes)
        self.readfrom_into(addr, buffer, stop)
        return bytes(buffer)

    def scan(self):
        found = []
        for address in range(0x08, 0x78):
            try:
                self.writeto(address, b"")
                found.append(address)
            except OSError:
                pass
        return found

    def deinit(self):
        pass


def _big(place, bits):
    return place.to_bytes(bits // 8, "big")


def _take(id, scl, sda):
    """The pins are the I2C block's from now on."""
    if facts["platform"] == "rp2" and (scl % 4 != 2 * id + 1 or sda % 4 != 2 * id):
        raise ValueError("bad SCL pin" if scl % 4 != 2 * id + 1 else "bad SDA pin")
    for gpio in (scl, sda):
        Pin(gpio)._state = ops.IN | ops.PULL_UP


class I2CTarget:
    """A memory that a controller reads and writes. What this board writes to it is seen from its next question on."""

    IRQ_ADDR_MATCH_READ = 1
    IRQ_ADDR_MATCH_WRITE = 2
    IRQ_READ_REQ = 4
    IRQ_WRITE_REQ = 8
    IRQ_END_READ = 16
    IRQ_END_WRITE = 32

    def __init__(self, id=0, addr=None, *, addrsize=7, mem=None, mem_addrsize=8, scl=None, sda=None):
        if not facts["i2c_target"]:
            raise ValueError("this board cannot be an I2C target")
        if mem is None:
            raise ValueError("only targets with a memory are on the breadboard")
        scl = I2C._default[id][0] if scl is None else _number(scl)
        sda = I2C._default[id][1] if sda is None else _number(sda)
        _take(id, scl, sda)
        self._mem = memoryview(mem)
        self._seen = bytearray(mem)  # as the simulation knows it
        self.done = 0
        self._handler = None
        self._flags = 0
        targets = core.targets
        for number, other in enumerate(targets):
            if other._id == id:
                self._number = number
                targets[number] = self
                break
        else:
            self._number = len(targets)
            targets.append(self)
        self._id = id
        head = bytes((scl, sda, mem_addrsize // 8))
        core.note(ops.TARGET, self._number, addr, head + self._seen)

    def deinit(self):
        core.note(ops.TARGET, self._number, ops.NOWHERE)
        self._mem = self._seen = memoryview(b"")

    def irq(self, handler=None, trigger=48, hard=False):
        """`handler(target)`; END_READ and END_WRITE only."""
        self._handler = handler
        self._trigger = trigger
        core.note(ops.WATCH, self._number, trigger >> 4 if handler else 0)
        return self

    def flags(self):
        return self._flags

    # Of the door.

    def publish(self):
        """Tell the simulation what the program wrote."""
        if self._seen != self._mem:
            self._seen[:] = self._mem
            core.note(ops.MEMORY, self._number, 0, self._seen)

    def written(self, place, data):
        self._mem[place : place + len(data)] = data
        self._seen[place : place + len(data)] = data

    def interrupt(self):
        flags = self.done << 4
        self.done = 0
        if self._handler and flags & self._trigger:
            self._flags = flags & self._trigger
            self._handler(self)


class Timer:
    """A software timer (id -1). Its callback runs in the board's waits and calls."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **options):
        if options:
            self.init(**options)

    def init(self, *, mode=1, freq=-1, period=-1, callback=None, hard=False):
        self._period = int(1000000000 / freq) if freq > 0 else period * 1000000
        self._once = mode == 0
        self._callback = callback
        self.due = core.now + self._period
        if self not in core.timers:
            core.timers.append(self)
        core.plan()

    def deinit(self):
        if self in core.timers:
            core.timers.remove(self)
            core.plan()

    def fire(self):
        if self._once:
            self.deinit()
        else:
            self.due += self._period
        if self._callback:
            self._callback(self)


class WDT:
    def __init__(self, id=0, timeout=5000):
        self._timeout = struct.pack("<I", timeout * 1000)
        self.feed()

    def feed(self):
        core.note(ops.DOG, 0, 0, self._timeout)


class ADC:
    """Nothing is joined to it: it reads 0, the sensor of temperature too."""

    CORE_TEMP = 4

    def __init__(self, channel):
        pass

    def read_u16(self):
        return 0


class _Idle:
    nap = _IDLE
    until = 0


def idle():
    """Wait for an event from outside or a tick. Ticks that bring nothing become longer, up to 16 ms, one after the other."""
    if _Idle.until + 200000 < core.now:
        _Idle.nap = _IDLE
    if core.until(core.now + _Idle.nap, ops.ON_EVENT):
        _Idle.nap = _IDLE
    elif _Idle.nap < _LONGEST_IDLE:
        _Idle.nap *= 2
    _Idle.until = core.now


def time_pulse_us(pin, pulse_level, timeout_us=1000000):
    end = core.now + timeout_us * 1000
    value = core.ask(ops.PULSE, pin.gpio, 1 if pulse_level else 0, struct.pack("<q", end))
    core.after()
    return value


def reset():
    core.ask(ops.RESET)


soft_reset = reset


def reset_cause():
    return facts["cause"]


def unique_id():
    text = facts["unique_id"]
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])


def freq(*hz):
    if not hz:
        return facts["freq"]
    facts["freq"] = hz[0]


def disable_irq():
    return 0


def enable_irq(state=0):
    pass


from machine_spi import SPI  # noqa: E402, F401 - these need what stands above
from machine_uart import UART  # noqa: E402, F401
