"""The `time` module of a board on a breadboard: virtual time, which only waiting and charged work make pass."""

from utime import gmtime, localtime, mktime  # noqa: F401 - the rest of the module

from breadboard import charges, core

_WRAP = 0x3FFFFFFF  # ticks are 30 bits wide, as on rp2 and esp32
_HALF = 0x20000000


def ticks_us():
    core.charge(charges["ticks"])
    return (core.now - core.born) // 1000 & _WRAP


def ticks_ms():
    core.charge(charges["ticks"])
    return (core.now - core.born) // 1000000 & _WRAP


def ticks_cpu():
    return ticks_us()


def ticks_add(ticks, delta):
    return (ticks + delta) & _WRAP


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _WRAP) - _HALF


def sleep_us(microseconds):
    core.until(core.now + max(0, int(microseconds)) * 1000)


def sleep_ms(milliseconds):
    core.until(core.now + max(0, int(milliseconds)) * 1000000)


def sleep(seconds):
    core.until(core.now + max(0, int(seconds * 1000000000)))


def time():
    return core.now // 1000000000  # a board without a battery counts from the beginning


def time_ns():
    return core.now
