"""The one dynamic import of the benchmark: a subject's adapter or a figure's measurement, by its table entry.

A process loads only what it measures, so a peer that is not installed, or is slow to import, disturbs nobody.
"""

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from shoal.bench.subjects import BY_NAME

Measured = tuple[dict[str, list[float]], str]
Measurement = Callable[[str, str, int, int, str], Measured]


class Adapter(Protocol):
    """What the rates need of a subject. The sums let the caller check that every call was really made."""

    note: str
    """How this subject's `map` was fed, for the report."""

    def start(self, where: str) -> None:
        """Start `where` workers (Shoal: the cluster of that spec)."""

    def submit_many(self, count: int) -> int:
        """Run `same(0)` to `same(count - 1)` as single tasks; their sum."""

    def map_many(self, count: int) -> int:
        """Run `same` over `range(count)` in lumps; the sum of the results."""

    def round_trip(self) -> int:
        """Run `same(1)` and wait for it."""

    def stop(self) -> None:
        """End the workers."""


def adapter(name: str) -> Adapter:
    """The adapter of subject `name`. Raises ImportError if its package is not installed."""
    module = importlib.import_module(f"shoal.bench.peers.{BY_NAME[name].adapter}")
    return cast(Adapter, module.create())


def measurement(module: str) -> Measurement:
    """The function `measure` of the module that a figure names."""
    return cast(Measurement, importlib.import_module(f"shoal.bench.{module}").measure)
