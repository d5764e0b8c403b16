"""The clock of what runs on a bus: microseconds and milliseconds that wrap, as `time.ticks_us` does on a board."""

from .wire import MICROPYTHON, const

if MICROPYTHON:
    from time import ticks_add, ticks_diff, ticks_ms, ticks_us
else:
    import time

    _PERIOD = const(1 << 30)  # that of a board with 32-bit words

    def ticks_us():
        return time.perf_counter_ns() // 1000 % _PERIOD

    def ticks_ms():
        return time.perf_counter_ns() // 1000000 % _PERIOD

    def ticks_add(ticks, more):
        return (ticks + more) % _PERIOD

    def ticks_diff(later, earlier):
        return (later - earlier + _PERIOD // 2) % _PERIOD - _PERIOD // 2
