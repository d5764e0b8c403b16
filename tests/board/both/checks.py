"""Counts checks, and compares values by type and by bit. Runs under both interpreters."""

import array
import struct

_count = 0
# What a reader says to a value that is cut short.
SHORT = (ValueError, IndexError) + ((struct.error,) if hasattr(struct, "error") else ())


def check(fact, *told):
    """One check; `told` helps to find what failed."""
    global _count
    if not fact:
        raise AssertionError(" ".join(["check failed:"] + [repr(item) for item in told]))
    _count += 1


def raises(kind, function, *args):
    """Check that a call raises; returns the exception."""
    try:
        got = function(*args)
    except kind as error:
        check(True)
        return error
    raise AssertionError("%r instead of %s" % (got, kind))


def done():
    """Say that the script came to its end, and how much it checked."""
    print("ok", _count)


def _bits(value):
    return struct.pack("<d", value)


def same(a, b):
    """Whether two values are equal and of equal types all the way down: 1, 1.0 and True all differ, a nan equals itself."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is float:
        return (a != a and b != b) or _bits(a) == _bits(b)
    if kind is complex:
        return same(a.real, b.real) and same(a.imag, b.imag)
    if kind is array.array:
        return repr(a[:0]) == repr(b[:0]) and bytes(a) == bytes(b)
    if kind is list or kind is tuple:
        return len(a) == len(b) and all([same(a[at], b[at]) for at in range(len(a))])
    if kind is dict:
        return len(a) == len(b) and all([_twin(key, b) and same(item, b[key]) for key, item in a.items()])
    if kind is set:
        return len(a) == len(b) and all([_twin(item, b) for item in a])
    return a == b


def _twin(item, items):
    return any([same(item, other) for other in items])
