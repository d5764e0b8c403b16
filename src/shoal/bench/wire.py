"""What a board's wire and heap are worth to a task: on an emulated board, whose every packet is timed by its own clock.

The same is measured for the bare firmware, with the same cable and the same clock, as the most that there could be.
"""

import gc
import os
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from shoal import Cluster, spec
from shoal.bench import bare
from shoal.bench.loader import Measured
from shoal.bench.packets import Trace, rate, turnaround_ms
from shoal.bench.work import same
from shoal.emulated.starting import TRACE
from shoal.errors import ShoalError

_BULK = 16384
_BLOCK = bytes(range(256)) * (_BULK // 256)


def heap() -> int:
    """Bytes that are free on the board, in a task."""
    gc.collect()
    return gc.mem_free()  # type: ignore[attr-defined,no-any-return]


def length(block: bytes) -> int:
    """What becomes of a block on the board."""
    return len(block)


def zeros(count: int) -> bytes:
    """A block from the board."""
    return bytes(count)


def measure(_name: str, _figure: str, repetitions: int, count: int, where: str) -> Measured:
    """Measure all of it: `count` no-ops, and a block each way, in each repetition."""
    with tempfile.TemporaryDirectory(prefix="shoal-trace-") as folder:
        os.environ[TRACE] = folder
        with Cluster(where) as cluster:
            values = _with_agent(cluster, Trace(Path(folder)), repetitions, count)
    with tempfile.TemporaryDirectory(prefix="shoal-trace-") as folder:
        os.environ[TRACE] = folder
        with bare.board(spec.parse(where)) as board:
            values |= _without(board, Trace(Path(folder)), repetitions)
    for name, base in (("from_board", "from_board_bare"), ("heap", "heap_bare")):
        values[f"{name}_share"] = [100 * value / median(values[base]) for value in values[name]]
    return values, f"blocks of {_BULK:,} B"


def _with_agent(cluster: Cluster, trace: Trace, repetitions: int, count: int) -> dict[str, list[float]]:
    for function, argument in ((same, 1), (length, b""), (zeros, 1)):
        cluster.submit(function, argument).result()  # the board knows them from here on
    values: dict[str, list[float]] = {}
    for _ in range(repetitions):
        calls = [_no_op(cluster, trace, number) for number in range(count)]
        to_board = rate(trace.during(lambda: cluster.put(_BLOCK), "in", _BULK), "in", _BULK)
        from_board = rate(trace.during(lambda: _zeros(cluster), "out", _BULK), "out", _BULK)
        sample = {
            "no_op_ms": median(times[0] for times in calls),
            "no_op_worst_ms": max(times[0] for times in calls),
            "round_trip_ms": median(times[1] for times in calls),
            "to_board": to_board,
            "from_board": from_board,
            "heap": float(cluster.submit(heap).result()),
        }
        for name, value in sample.items():
            values.setdefault(name, []).append(value)
    return values


def _no_op(cluster: Cluster, trace: Trace, number: int) -> tuple[float, float]:
    """Milliseconds of one no-op on the board's clock, and on ours."""
    waited = 0.0

    def call() -> None:
        nonlocal waited
        begin = perf_counter()
        answer = cluster.submit(same, number).result()
        waited = perf_counter() - begin
        if answer != number:
            raise ShoalError(f"the no-op of {number} returned {answer!r}")

    return turnaround_ms(trace.during(call)), waited * 1e3


def _zeros(cluster: Cluster) -> None:
    if cluster.submit(zeros, _BULK).result() != bytes(_BULK):
        raise ShoalError("the block from the board is not what was asked for")


def _without(board: bare.Bare, trace: Trace, repetitions: int) -> dict[str, list[float]]:
    rounds = range(repetitions)
    return {
        "heap_bare": [float(board.heap()) for _ in rounds],
        "to_board_bare": [rate(trace.during(lambda: board.read(_BLOCK), "in", _BULK), "in", _BULK) for _ in rounds],
        "from_board_bare": [rate(trace.during(lambda: board.write(_BULK), "out", _BULK), "out", _BULK) for _ in rounds],
    }
