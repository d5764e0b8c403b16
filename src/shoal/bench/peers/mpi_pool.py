"""mpi4py.futures, started by `mpiexec -n 9 python -m mpi4py.futures`: rank 0 is the host, the others work.

Started that way rather than by MPI's own spawning, which needs a network between the ranks in some MPIs.
"""

from concurrent.futures import Executor
from typing import cast

from mpi4py.futures import MPIPoolExecutor

from shoal.bench.peers.executor import ExecutorAdapter

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_CHUNKSIZE = 5_000


def create() -> ExecutorAdapter:
    """An adapter whose `start` takes the number of workers, which must be the ranks beside the first."""
    return ExecutorAdapter(lambda workers: cast(Executor, MPIPoolExecutor(int(workers))), _CHUNKSIZE)
