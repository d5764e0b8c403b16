"""Dask's distributed scheduler with local worker processes, on this computer's loopback only.

Lumps for `map` are made here: `Client.map` sends one task per item, at the speed of `submit`.
"""

import logging

from distributed import Client, LocalCluster, as_completed

from shoal.bench.work import same, same_lump

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_LUMP = 10_000


class DaskAdapter:
    """Workers with one thread each, as boards have; no dashboard."""

    note = f"lumps of {_LUMP:,} made by the caller"

    def start(self, where: str) -> None:
        """Start a scheduler and `where` workers."""
        self._cluster = LocalCluster(
            host="127.0.0.1",
            dashboard_address=None,
            processes=True,
            n_workers=int(where),
            threads_per_worker=1,
            silence_logs=logging.ERROR,
        )
        self._client = Client(self._cluster)

    def submit_many(self, count: int) -> int:
        """One future per task; `pure=False` because equal calls would otherwise be answered from memory."""
        futures = [self._client.submit(same, i, pure=False) for i in range(count)]
        return sum(result for _, result in as_completed(futures, with_results=True))

    def map_many(self, count: int) -> int:
        """One future per lump."""
        lumps = [list(range(i, min(i + _LUMP, count))) for i in range(0, count, _LUMP)]
        return sum(map(sum, self._client.gather(self._client.map(same_lump, lumps, pure=False))))

    def round_trip(self) -> int:
        """One future, waited for."""
        return int(self._client.submit(same, 1, pure=False).result())

    def stop(self) -> None:
        """Close the client, then the workers."""
        self._client.close()
        self._cluster.close()


def create() -> DaskAdapter:
    """An adapter whose `start` takes the number of workers."""
    return DaskAdapter()
