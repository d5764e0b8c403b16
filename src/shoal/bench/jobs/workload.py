"""A workload: a function, the arguments of its calls, and how to run them on a cluster or on this computer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shoal import Cluster


@dataclass(frozen=True)
class Workload:
    """Calls of one `function`, `calls` of them unless told otherwise; `arguments(calls)` is what `map` takes after it."""

    name: str
    title: str
    function: Callable[..., Any]
    arguments: Callable[[int], tuple[Sequence[Any], ...]]
    calls: int

    def run(self, cluster: Cluster, calls: int | None = None, chunksize: int | None = None) -> list[Any]:
        """The answers of a cluster, in order."""
        return list(cluster.map(self.function, *self.arguments(calls or self.calls), chunksize=chunksize))

    def here(self, calls: int | None = None) -> list[Any]:
        """The answers of this computer's Python: what every cluster has to answer."""
        return list(map(self.function, *self.arguments(calls or self.calls)))
