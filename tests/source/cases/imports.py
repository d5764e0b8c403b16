"""Functions that use the user's own modules, and modules that only boards have."""

import time

import cases.library as library
import cases.library.deep
from cases.library import above
from cases.library import depth as how_deep
from cases.library.deep import Reading

try:
    import machine
except ImportError:
    machine = None

try:
    import micropython
except ImportError:

    class micropython:
        @staticmethod
        def native(function):
            return function


def by_name(x):
    return above(x), how_deep(x), Reading(x).packed()


def by_module(x):
    return library.above(x), library.deep.depth(x), library.BASE, library.LEVEL


def by_full_name(x):
    return cases.library.deep.depth(x)


@micropython.native
def fast(x):
    return x + 1


def uses_fast(x):
    return fast(x)


def optional_module():
    try:
        import numpy_for_boards
    except ImportError:
        numpy_for_boards = None
    return numpy_for_boards is None


def board_only(pin):
    return machine.Pin(pin).value(), time.ticks_ms()


CALLS = [(by_name, 3), (by_module, 3), (by_full_name, 3), (uses_fast, 3), (optional_module,)]
