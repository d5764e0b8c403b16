"""The joblib backend "shoal": after `import shoal.joblib`, programs written for joblib run their calls on boards.

    import shoal.joblib
    with joblib.parallel_config("shoal", spec="virtual:16xpico"):
        squares = joblib.Parallel()(joblib.delayed(square)(i) for i in range(100))

joblib hands over batches of calls; each call is submitted by itself, so that the cluster's scheduler decides which board
runs it and what travels together. The only file that imports joblib.
"""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from shoal import spec as specs
from shoal.cluster import Cluster
from shoal.errors import UsageError

try:
    from joblib.parallel import ParallelBackendBase, register_parallel_backend
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"shoal.joblib needs {error.name}: pip install 'shoal[joblib]'", name=error.name) from error

NAME = "shoal"
SHORT_S, LONG_S = 0.2, 1.0  # seconds for a batch: below, joblib's own work shows; above, results wait for their batch
MOST = 256  # calls in a batch: while the cluster's thread takes them over, it does not feed boards
Futures = list[Future[Any]]


class ShoalBackend(ParallelBackendBase):  # type: ignore[misc]
    """One cluster behind joblib's interface: started by the first call, used by all that follow.

    It ends with the program, or when nothing refers to the backend any more: after the `with` of `parallel_config`.
    """

    supports_retrieve_callback = True
    default_n_jobs = -1  # all boards

    def __init__(self, spec: str | None = None, nesting_level: int | None = None, **unknown: Any) -> None:
        """`spec`: as for `Cluster`, None for its default. Raises SpecError if it is wrong, UsageError for other options."""
        if unknown:
            raise UsageError(f"the joblib backend {NAME!r} has no option {next(iter(unknown))!r}; it knows spec")
        if spec is not None:
            specs.parse(spec)
        super().__init__(nesting_level=nesting_level)
        self._spec = spec
        self._batch = 1
        self._cluster: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster, for its `account()` and `boards`; starts it if need be."""
        if self._cluster is None:
            self._cluster = Cluster(self._spec)
        return self._cluster

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """For how many boards joblib is to hand over calls; which boards run them is the cluster's affair.

        1 only if `n_jobs` is 1: joblib then calls the functions itself, on this computer. A lone board counts as 2, which
        keeps its next call ready. Raises ValueError for 0, BrokenClusterError if no board is left.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 has no meaning; -1 stands for all boards")
        if n_jobs == 1:
            return 1
        boards = len(self.cluster.boards)
        wanted = -1 if n_jobs is None else n_jobs
        return max(2, min(wanted, boards) if wanted > 0 else boards + 1 + wanted)

    def configure(self, n_jobs: int = 1, parallel: object = None, **options: Any) -> int:
        """The beginning of a `Parallel` call. Its options (prefer, max_nbytes ...) are for processes that share memory.

        `parallel` is not kept, as other backends do: it refers to this backend, and the ring would keep boards alive.
        """
        return self.effective_n_jobs(n_jobs)

    def compute_batch_size(self) -> int:
        """Calls to hand over at a time: as many as come back in a fraction of a second."""
        return self._batch

    def batch_completed(self, batch_size: int, duration: float) -> None:
        """`duration`: seconds from handing a batch over to its last result."""
        if duration < SHORT_S:
            self._batch = max(self._batch, min(2 * batch_size, MOST))
        elif duration > LONG_S:
            self._batch = max(1, min(self._batch, batch_size // 2))

    def submit(self, func: Any, callback: Callable[[Futures], None] | None = None) -> Futures:
        """Run a batch: `func.items` are (function, args, kwargs). `callback` gets what this returns when all are done."""
        futures = [self._submit(*item) for item in func.items]
        if callback is not None:
            _Batch(futures, callback).go_on()
        return futures

    apply_async = submit  # its name before joblib 1.5

    def _submit(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:
        try:
            if self._cluster is None:
                raise CancelledError("given up meanwhile")  # by another thread; joblib does not look at it any more
            return self._cluster.submit(function, *args, **kwargs)
        except Exception as error:  # joblib would wait for ever for a batch whose `submit` raised
            refused: Future[Any] = Future()
            refused.set_exception(error)
            return refused

    def retrieve_result_callback(self, out: Futures) -> list[Any]:
        """The results of a batch that is done; raises the first exception among them."""
        return [future.result() for future in out]

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """After an exception or Ctrl-C: give up what runs, as joblib's own processes do. The next call starts anew."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.abort()

    def terminate(self) -> None:
        """The end of one `Parallel` call: the cluster stays for the next one."""
        self._batch = 1


class _Batch:
    """Futures of calls that joblib handed over together; calls `then` in the thread that finishes the last one."""

    def __init__(self, futures: Futures, then: Callable[[Futures], None]) -> None:
        self._futures = futures
        self._waiting = iter(futures)
        self._then = then

    def go_on(self, _: Future[Any] | None = None) -> None:
        for future in self._waiting:  # from where it stopped
            if not future.done():
                future.add_done_callback(self.go_on)
                return
        futures, then = self._futures, self._then
        # A future keeps its callbacks. Through `then` they would hold the backend, and so the boards, in a ring.
        del self._futures, self._then
        then(futures)


register_parallel_backend(NAME, ShoalBackend)
