"""Primes in one segment of the number line, by crossing out multiples."""

from shoal import micropython
from shoal.micropython import ptr8
from shoal.versions import versions


@micropython.viper
def _cross_viper(at: int, d: int, end: int, out: ptr8, start: int) -> None:
    # `end` comes as the count, and becomes the end of the segment.
    count: int = end
    end = start + count
    at = 0
    while at < count:
        out[at] = 1
        at += 1
    at = start
    while at < 2 and at < end:
        out[at - start] = 0
        at += 1
    d = 2
    while d * d < end:
        at = d * d
        if at < start:
            at = (start + d - 1) // d * d
        at -= start
        while at < count:
            out[at] = 0
            at += d
        d += 1 + (d & 1)


@versions(_cross_viper)
def _cross(at: int, d: int, end: int, out: bytearray, start: int) -> None:
    count = end
    end = start + count
    for at in range(count):
        out[at] = 1
    for at in range(start, min(2, end)):
        out[at - start] = 0
    d = 2
    while d * d < end:
        for at in range(max(d * d, (start + d - 1) // d * d) - start, count, d):
            out[at] = 0
        d += 1 + (d & 1)


def prime_flags(start: int, count: int = 10000) -> bytes:
    """For each of the numbers start to start + count - 1 a byte: 1 for a prime, else 0. All are at least 0 and below 2**30."""
    if start < 0 or count < 0 or start + count > 1073741824:
        raise ValueError("the numbers are 0 or more, and below 2**30")
    out = bytearray(count)
    _cross(0, 0, count, out, start)
    return bytes(out)


def count_primes(start: int, count: int = 10000) -> int:
    """How many of the numbers start to start + count - 1 are primes. All are at least 0 and below 2**30."""
    return prime_flags(start, count).count(b"\1")
