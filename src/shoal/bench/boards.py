"""The two figures that only boards have: eight paced Picos against one, and 200 virtual boards at once.

Every answer is compared with plain Python's before a time is reported.
"""

from concurrent.futures import as_completed
from time import perf_counter

from shoal import Cluster
from shoal.bench.figures import WORKERS
from shoal.bench.loader import Measured
from shoal.bench.work import mandelbrot_row, same
from shoal.errors import ShoalError

# Sized so that one paced Pico takes some 40 s: 240 rows are 280,000 steps of 0.12 to 0.16 ms.
_WIDTH = 32
_LIMIT = 150
_MANY = 200


def measure(_name: str, figure: str, repetitions: int, count: int, _where: str) -> Measured:
    """Measure `figure`: `count` is the rows of the image for "paced", the tasks for "many"."""
    if figure == "paced":
        return _paced(count)
    times = [_many(count) for _ in range(repetitions)]
    return {"up_s": [up for up, _ in times], "tasks_s": [tasks for _, tasks in times]}, ""


def _paced(rows: int) -> Measured:
    expected = [mandelbrot_row(y, _WIDTH, rows, _LIMIT) for y in range(rows)]
    one, one_computed = _mandelbrot("virtual:1xpico?pace=real&link=usb", rows, expected)
    eight, eight_computed = _mandelbrot(f"virtual:{WORKERS}xpico?pace=real&link=usb", rows, expected)
    note = (
        f"one run each, on boards already up; {_WIDTH} x {rows} points, {sum(map(sum, expected)):,} steps, "
        # Equal on a quiet computer; apart when other programs slowed the boards of one run more.
        f"which took the one board {one_computed:.1f} s and the eight {eight_computed:.1f} s together"
    )
    level = (one / one_computed) / (eight / eight_computed)
    return {"one_s": [one], "eight_s": [eight], "ratio": [one / eight], "level": [level]}, note


def _mandelbrot(spec: str, rows: int, expected: list[list[int]]) -> tuple[float, float]:
    """Seconds from the call of `map` to the last row, and those that all boards together spent computing."""
    with Cluster(spec) as cluster:
        cluster.run(same, 1)
        begin = perf_counter()
        sizes = [_WIDTH] * rows, [rows] * rows, [_LIMIT] * rows
        image = list(cluster.map(mandelbrot_row, range(rows), *sizes))
        seconds = perf_counter() - begin
        computed = sum(board.compute_s for board in cluster.account().boards)
    if image != expected:
        raise ShoalError(f"the image rendered on {spec} differs from plain Python's")
    return seconds, computed


def _many(count: int) -> tuple[float, float]:
    """Seconds until all 200 boards have answered, then for `count` single tasks."""
    begin = perf_counter()
    with Cluster(f"virtual:{_MANY}xpico") as cluster:
        answers = cluster.run(same, 1)
        up = perf_counter() - begin
        if list(answers.values()) != [1] * _MANY:
            raise ShoalError(f"{len(answers)} of {_MANY} boards answered")
        begin = perf_counter()
        futures = [cluster.submit(same, i) for i in range(count)]
        results = [future.result() for future in as_completed(futures)]
        seconds = perf_counter() - begin
    if sorted(results) != list(range(count)):
        raise ShoalError(f"{count} tasks on {_MANY} boards did not all give the right result")
    return up, seconds
