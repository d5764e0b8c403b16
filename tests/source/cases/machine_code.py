"""Native and viper functions, run on this computer through the stand-in."""

from array import array

from shoal import micropython
from shoal.micropython import const, ptr8, ptr16, uint, viper
from shoal.task import task

_STEPS = const(5)
LIMIT = micropython.const(100)


@micropython.viper
def total(buffer: ptr8, n: int) -> int:
    result: int = 0
    for i in range(n):
        result += buffer[i]
    return result + _STEPS + LIMIT


@viper
def fill(buffer: ptr16, n: int):
    for i in range(n):
        buffer[i] = i * 300


@micropython.native
def doubled(x):
    return x * 2


@task(native=True)
def entry(n):
    items = array("H", [0] * n)
    fill(items, n)
    return total(bytearray(range(n)), n), list(items), doubled(n)


@micropython.viper
def wraps(x: int) -> uint:
    return uint(x) >> 1


CALLS = [(entry, 9), (total, b"abc", 3), (doubled, 21), (wraps, 12)]
