"""Slows a virtual board to the speed of a real one.

`Clock.now` may be read only when the real board would have got there: it sleeps until the wall clock has advanced by the
processor time spent since the last reading, times the ratio of the two speeds. `Port` adds the time that bytes take on the
real link, where the real board's processor is what moves them.

A Pico's second is some 5 ms of this computer's processor, so that time must be known to microseconds. Linux counts it in
nanoseconds, as of when a process last left a processor; so a reading naps for a moment first. Other work of this computer then
costs a board nothing: waiting for a processor is not counted, and who wakes late sleeps less the next time. A task's own sleep
takes what it takes. Little here leaves garbage in the board's heap, which would scatter there what stays.
"""

import gc
import time

_IMPORT_S = 0.003  # a native module of 583 bytes from a RAM file system, on an emulated RP2040 with MicroPython 1.28
_GRAIN = 1000  # microseconds: MicroPython's `time.clock` counts whole milliseconds of processor time
_PROBED_US = 300  # work of this length is levelled
_SLOWEST = 3  # a probe that takes so many times the best was interrupted
_SHORT_US = 30  # so short a time on the wall was all work: looking closer takes longer
_COLD_US = 2000  # after so long a sleep this computer's caches are cold, and a board's never are
_BEHIND_US = 50000  # a board that woke later than that stays late

if hasattr(time, "clock"):
    _ticks, _since, _add, _sleep_us = time.ticks_us, time.ticks_diff, time.ticks_add, time.sleep_us

    def _coarse():
        return int(time.clock() * 1e6)
else:  # CPython

    def _ticks():
        return time.perf_counter_ns() // 1000

    def _since(later, earlier):
        return later - earlier

    def _add(ticks, more):
        return ticks + more

    def _sleep_us(microseconds):
        time.sleep(microseconds / 1e6)

    def _coarse():
        return time.process_time_ns() // 1000


try:
    _schedstat = open("/proc/self/schedstat", "rb")  # noqa: SIM115 - read as long as the board runs
except OSError:
    _schedstat = None
_text = bytearray(64)


class Look:
    """A moment, in microseconds: on the wall, of this process on a processor, and of it waiting for one."""

    def __init__(self):
        self.take()

    def take(self):
        self.waited = self._value = 0
        if _schedstat:
            _sleep_us(1)
            _schedstat.seek(0)
            _schedstat.readinto(_text)
            at = self._number(0)
            self.processor = self._value
            self._number(at)
            self.waited = self._value
        else:
            self.processor = _coarse()
        self.wall = _ticks()

    def _number(self, at):
        """Read nanoseconds as microseconds; gives where the next number begins."""
        value = 0
        while _text[at] > 32:
            value = value * 10 + _text[at] - 48
            at += 1
        self._value = value // 1000
        return at + 1

    def same(self, other):
        self.wall, self.processor, self.waited = other.wall, other.processor, other.waited


def warm_up():
    """Have this computer's caches as they are in the midst of work; gives what `probe` does."""
    number = 0
    for step in range(1500):
        number = number * 3 + step & 1023
    return probe()


def probe():
    """Microseconds of a piece of work that is always the same: how fast this core is just now."""
    number = 0
    began = _ticks()
    for step in range(1000):
        number = number * 3 + step & 1023
    return _since(_ticks(), began)


def touch_heap():
    """Use all of the heap once: this computer's page faults must not be taken for work of the board."""
    size = gc.mem_free() // 64 if hasattr(gc, "mem_free") else 0
    pieces = []  # many: what lies on the stack may look like a pointer to one, which then stays
    try:
        while size:
            pieces.append(bytearray(size))
    except MemoryError:
        pass
    pieces.clear()
    gc.collect()


class Clock:
    def __init__(self, ratio):
        """`ratio`: the real board's seconds for one second of processor time here."""
        self._thousandths = int(ratio * 1000)
        self._last, self._look = Look(), Look()
        naps = costs = 1 << 20
        self._worked = self._slept = 0
        for trial in range(20):  # between two looks nothing happens but a look
            self._nap = self._cost = 0
            self._pass()
            if trial:
                naps, costs = min(naps, self._slept), min(costs, self._worked)
        self._nap, self._cost = naps, costs
        self._best = self._probe = min([warm_up() for trial in range(20)])
        self.skip()

    def now(self):
        """Microseconds on the wall, not before the real board would have got here."""
        self._worked, self._slept = _since(_ticks(), self._last.wall), 0
        if self._worked > _SHORT_US:
            self._pass()
            if self._worked > _PROBED_US:
                self._level()
        self.takes(self._worked * self._thousandths // 1000 + self._slept)
        return self._due

    def _level(self):
        """A core that others use too is slower at times, up to twice: count the work as what it is on one at its best."""
        before, after = self._probe, probe()
        self._best = best = min(self._best, before, after)
        both = min(before, best * _SLOWEST) + min(after, best * _SLOWEST)
        self._worked = self._worked * 2 * best // both

    def _pass(self):
        """Find out how many microseconds since the last look were work, and how many sleep by the task's own will."""
        last, look = self._last, self._look
        look.take()
        passed = _since(look.wall, last.wall)
        work = look.processor - last.processor
        if _schedstat:
            self._slept = max(0, passed - work - (look.waited - last.waited) - self._nap)
            self._worked = max(0, work - self._cost)
        else:
            self._worked = min(passed, work + _GRAIN)
            self._slept = max(0, passed - self._worked * self._thousandths // 1000)
        last.same(look)

    def takes(self, microseconds):
        """So much of the real board's time has passed since the last reading, and nothing else."""
        self._due = _add(self._due, microseconds)
        early = _since(self._due, _ticks())
        if early > 0:
            _sleep_us(early)
            if early > _COLD_US:
                self._probe = warm_up()
        self._last.take()
        if _since(self._last.wall, self._due) > _BEHIND_US:
            self._due = self._last.wall

    def imports(self, load, module, name):
        """Charge an import what it was measured to take on a Pico: of this computer's time, most goes to system calls."""
        self.now()
        value = load(module, name)
        self.takes(int(_IMPORT_S * 1e6))
        return value

    def skip(self):
        """What passed since the last reading was not the board's work: waiting for the host."""
        self._probe = warm_up()
        self._last.take()
        self._due = self._last.wall


class Port:
    def __init__(self, port, clock, to_board, to_host, latency):
        """Seconds a byte each way; the latency of a round trip is charged when the board had to wait for the host."""
        self._port = port
        self._clock = clock
        self._to_board = to_board
        self._to_host = to_host
        self._latency = latency

    def ready(self, milliseconds):
        self._clock.now()
        ready = self._port.ready(0)
        if ready or not milliseconds:
            self._clock.takes(0)
            return ready
        ready = self._port.ready(milliseconds)
        self._clock.skip()
        return ready

    def read(self, view):
        self._clock.now()
        waited = not self._port.ready(0)
        going = self._port.read(view)
        if waited:
            self._clock.skip()
        self._clock.takes(int(1e6 * (len(view) * self._to_board + (2 * self._latency if waited else 0))))
        return going

    def write(self, view):
        self._clock.now()
        self._clock.takes(int(1e6 * len(view) * self._to_host))
        self._port.write(view)
        self._clock.takes(0)
