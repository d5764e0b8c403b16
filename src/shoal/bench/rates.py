"""The three figures that every subject has: tasks a second, items a second, and the time of one round trip.

Workers are started and warmed up before the stopwatch runs; a wrong sum is an error, not a figure.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from shoal.bench import loader
from shoal.errors import ShoalError

_WARM_UP_SHARE = 10


def measure(name: str, figure: str, repetitions: int, count: int, where: str) -> loader.Measured:
    """Measure `figure` of subject `name`: one number per repetition for each of its values, and a note."""
    adapter = loader.adapter(name)
    adapter.start(where)
    try:
        if figure == "round_trip":
            return _round_trips(adapter, repetitions, count), ""
        call = adapter.submit_many if figure == "submit" else adapter.map_many
        note = adapter.note if figure == "map" else ""
        return {"rate": rates(call, repetitions, count)}, note
    finally:
        adapter.stop()


def rates(call: Callable[[int], int], repetitions: int, count: int) -> list[float]:
    """Calls per second of `call(count)`, once per repetition. Raises `ShoalError` if a sum is wrong."""
    call(max(count // _WARM_UP_SHARE, 1))
    measured = []
    for _ in range(repetitions):
        begin = perf_counter()
        total = call(count)
        seconds = perf_counter() - begin
        if total != count * (count - 1) // 2:
            raise ShoalError(f"the results of {count} no-ops add up to {total}: some are missing or wrong")
        measured.append(count / seconds)
    return measured


def _round_trips(adapter: loader.Adapter, repetitions: int, count: int) -> dict[str, list[float]]:
    """Median and 99th percentile, in ms, of `count` round trips made one after another."""
    medians, worst = [], []
    _times(adapter, max(count // _WARM_UP_SHARE, 1))
    for _ in range(repetitions):
        times = sorted(_times(adapter, count))
        medians.append(median(times) * 1e3)
        worst.append(times[len(times) * 99 // 100] * 1e3)
    return {"median_ms": medians, "p99_ms": worst}


def _times(adapter: loader.Adapter, count: int) -> list[float]:
    times = []
    for _ in range(count):
        begin = perf_counter()
        answer = adapter.round_trip()
        times.append(perf_counter() - begin)
        if answer != 1:
            raise ShoalError(f"the no-op of 1 returned {answer!r}")
    return times
