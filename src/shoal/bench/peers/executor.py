"""The adapter of everything that is a `concurrent.futures.Executor`: the same calls for each, Shoal too."""

from collections.abc import Callable
from concurrent.futures import Executor, as_completed

from shoal.bench.work import same


class ExecutorAdapter:
    """Drive the executor that `create_pool(where)` makes; `chunksize=None` leaves the lumps to it."""

    def __init__(self, create_pool: Callable[[str], Executor], chunksize: int | None) -> None:
        self._create_pool = create_pool
        self._map_options: dict[str, int] = {} if chunksize is None else {"chunksize": chunksize}
        self.note = "lumps chosen by itself" if chunksize is None else f"chunksize {chunksize:,}"

    def start(self, where: str) -> None:
        """Create the executor; its first tasks start the workers."""
        self._pool = self._create_pool(where)

    def submit_many(self, count: int) -> int:
        """`submit` and `as_completed`, as the library's users write it."""
        futures = [self._pool.submit(same, i) for i in range(count)]
        return sum(future.result() for future in as_completed(futures))

    def map_many(self, count: int) -> int:
        """The executor's own `map`."""
        return sum(self._pool.map(same, range(count), **self._map_options))

    def round_trip(self) -> int:
        """One task, waited for."""
        return self._pool.submit(same, 1).result()

    def stop(self) -> None:
        """Shut down and wait for the workers."""
        self._pool.shutdown()
