"""loky's executor, in the copy that joblib carries."""

from concurrent.futures import Executor
from typing import cast

from joblib.externals import loky

from shoal.bench.peers.executor import ExecutorAdapter

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_CHUNKSIZE = 2_500


def create() -> ExecutorAdapter:
    """An adapter whose `start` takes the number of workers."""
    return ExecutorAdapter(lambda workers: cast(Executor, loky.ProcessPoolExecutor(int(workers))), _CHUNKSIZE)
