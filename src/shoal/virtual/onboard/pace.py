"""Slows a virtual board to the speed of a real one.

`Clock.now` may be read only when the real board would have got there: it sleeps until the wall clock has advanced by the
processor time spent since the last reading, times the ratio of the two speeds. `Port` adds the time that bytes take on the
real link, where the real board's processor is what moves them.
"""

import gc
import time

_IMPORT_S = 0.003  # a native module of 583 bytes from a RAM file system, on an emulated RP2040 with MicroPython 1.28
_GRAIN = 1000  # microseconds: MicroPython's `time.clock` counts whole milliseconds of processor time

if hasattr(time, "clock"):
    _ticks, _since = time.ticks_us, time.ticks_diff

    def _processor():
        return int(time.clock() * 1e6)
else:  # CPython

    def _ticks():
        return time.perf_counter_ns() // 1000

    def _since(later, earlier):
        return later - earlier

    def _processor():
        return time.process_time_ns() // 1000


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
        self._ratio = ratio
        self.skip()

    def now(self):
        """Microseconds on the wall, not before the real board would have got here."""
        wall = _since(_ticks(), self._wall)
        # The wall clock is fine, but counts what other processes took; the processor clock bounds that to one grain.
        work = min(wall, _processor() - self._processor + _GRAIN)
        late = work * self._ratio - wall
        if late > 0:
            time.sleep(late / 1e6)
        self.skip()
        return self._wall

    def imports(self, load, module, name):
        """Charge an import what it was measured to take on a Pico: of this computer's time, most goes to system calls."""
        self.now()
        value = load(module, name)
        time.sleep(_IMPORT_S)
        self.skip()
        return value

    def skip(self):
        """What passed since the last reading was not the board's work: waiting, or this computer's system calls."""
        self._processor = _processor()
        self._wall = _ticks()


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
        ready = self._port.ready(milliseconds)
        self._clock.skip()
        return ready

    def read(self, view):
        self._clock.now()
        waited = not self._port.ready(0)
        going = self._port.read(view)
        time.sleep(len(view) * self._to_board + (2 * self._latency if waited else 0))
        self._clock.skip()
        return going

    def write(self, view):
        self._clock.now()
        time.sleep(len(view) * self._to_host)
        self._port.write(view)
        self._clock.skip()
