"""The standard library's ProcessPoolExecutor, with this Python's default start method."""

from concurrent.futures import ProcessPoolExecutor

from shoal.bench.peers.executor import ExecutorAdapter

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_CHUNKSIZE = 2_500


def create() -> ExecutorAdapter:
    """An adapter whose `start` takes the number of workers."""
    return ExecutorAdapter(lambda workers: ProcessPoolExecutor(int(workers)), _CHUNKSIZE)
