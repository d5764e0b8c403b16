"""Ray's remote functions, on this computer's loopback only.

Ray has no `as_completed`: `ray.get` of all references is its fastest way to the same results. Lumps for
`map` are made here, which is many times faster than `ray.util.multiprocessing.Pool.map`.
"""

import logging
from typing import cast

import ray

from shoal.bench.work import same, same_lump

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_LUMP = 12_500


class RayAdapter:
    """Eight one-CPU workers, however many cores there are."""

    note = f"lumps of {_LUMP:,} made by the caller"

    def start(self, where: str) -> None:
        """Start Ray with `where` workers."""
        ray.init(
            num_cpus=int(where),
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            logging_level=logging.ERROR,
        )
        self._same = ray.remote(same)
        self._same_lump = ray.remote(same_lump)

    def submit_many(self, count: int) -> int:
        """One remote call per task."""
        return sum(ray.get([self._same.remote(i) for i in range(count)]))

    def map_many(self, count: int) -> int:
        """One remote call per lump."""
        lumps = [list(range(i, min(i + _LUMP, count))) for i in range(0, count, _LUMP)]
        return sum(map(sum, ray.get([self._same_lump.remote(lump) for lump in lumps])))

    def round_trip(self) -> int:
        """One remote call, waited for."""
        return cast(int, ray.get(self._same.remote(1)))

    def stop(self) -> None:
        """End Ray and its processes."""
        ray.shutdown()


def create() -> RayAdapter:
    """An adapter whose `start` takes the number of workers."""
    return RayAdapter()
