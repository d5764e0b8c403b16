"""The same sum three ways: bytecode, native code, and viper's machine integers."""

from shoal import micropython


def plain(n):
    total = 0
    for i in range(n):
        total += i * i & 0xFF
    return total


@micropython.native
def native(n):
    total = 0
    for i in range(n):
        total += i * i & 0xFF
    return total


@micropython.viper
def viper(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i & 0xFF
    return total
