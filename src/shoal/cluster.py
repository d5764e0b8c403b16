"""`Cluster`: the boards named by one spec, as a standard `concurrent.futures.Executor` that knows a little more."""

import atexit
import contextlib
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from types import TracebackType
from typing import Any

from shoal import blocks, clock, failures, fleets, protocol, spec
from shoal.driver import Driver
from shoal.errors import BrokenClusterError, UsageError, ValueTravelError
from shoal.locate import locate
from shoal.model import Account, Board
from shoal.protocol import CodecError, Encoded, Reference
from shoal.results import in_order, unordered
from shoal.snapshot import Snapshot
from shoal.source import Shipment, pack
from shoal.tap import Tap
from shoal.timeline import Span
from shoal.tune import tuned
from shoal.work import Calls, Futures, Numbers, Stream, Work

UP_WITHIN_S = 60.0  # `boards` waits this long for all of them


class Cluster(Executor):
    """Runs functions on boards. Use it as a context manager, or call `shutdown`.

    >>> with Cluster("virtual:4xpico") as cluster:        # doctest: +SKIP
    ...     list(cluster.map(abs, [-1, 2]))
    """

    def __init__(
        self,
        on: str | None = None,
        *,
        on_print: Callable[[str, str], None] | None = None,
        record: str | os.PathLike[str] | None = None,
    ) -> None:
        """Start the boards of a spec such as "virtual:8xpico"; does not wait for them.

        `on`: the spec; None takes $SHOAL_CLUSTER, else `[cluster] spec` of ./shoal.toml, else "virtual:8xpico".
        `on_print(board, text)`: called with what tasks print, by the cluster's thread; None prints it, headed by the board.
        `record`: a file for every event the scheduler sees, to replay it with `shoal.scheduler.replay`.
        Raises SpecError for a spec that is wrong.
        """
        self.spec = spec.resolve(on, os.environ, Path.cwd())
        with contextlib.ExitStack() as undo:
            log = undo.enter_context(Path(record).open("w", encoding="utf-8")) if record is not None else None
            self._fleet = fleets.fleet(self.spec)
            undo.pop_all()
        if self._fleet.warning:
            print(f"shoal: {self._fleet.warning}", file=sys.stderr)
        self._driver = Driver(self._fleet, on_print or _print, log)
        self._closed = False
        _drivers.add(self._driver)
        atexit.unregister(_finish_all)
        atexit.register(_finish_all)  # the last registered runs first: what a fleet cleans up at the end is needed until then
        weakref.finalize(self, self._driver.post_stop).atexit = False
        for told in _watchers:
            told(self)

    def __repr__(self) -> str:
        return f"<Cluster {self.spec.text}{' (shut down)' if self._closed else ''}>"

    # --- the Executor ---

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(*args, **kwargs)` on a board.

        Raises FunctionError or ValueTravelError if function or arguments cannot travel, BrokenClusterError if no board is
        left, RuntimeError after `shutdown`.
        """
        shipment = self._one_call(fn)
        call, numpy = self._encode(fn, args, kwargs)
        if shipment.options.tune:
            shipment = tuned(self._driver, fn, shipment, [(args, kwargs)])
        shipment = self._driver.habits.choose(shipment)
        future: Future[Any] = Future()
        self._driver.post_call(shipment, fn.__globals__, call, numpy, future)
        return future

    def map(
        self,
        fn: Callable[..., Any],
        /,
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        ordered: bool = True,
    ) -> Iterator[Any]:
        """The results of `fn` over the iterables, as the built-in `map` would give them.

        All arguments are taken at once; the calls begin at once. `timeout`: seconds from now until the last result may be
        asked for, else TimeoutError. `chunksize`: calls in a lump; None lets the scheduler decide from what it measures.
        `ordered=False` gives results as they come. The first call that raises ends the iterator with its exception.
        """
        if chunksize is not None and chunksize < 1:
            raise ValueError(f"chunksize must be 1 or more, not {chunksize}")
        end = None if timeout is None else clock.now() + timeout
        shipment = pack(fn)
        self._check_open(shipment.options.needs)
        stream = Stream()
        if shipment.options.cores > 1:
            shipment = self._driver.habits.choose(shipment)
            work: Work = blocks.work(shipment, fn, iterables, stream, chunk=chunksize or 0)
        else:
            if shipment.options.tune:
                iterables = tuple(map(list, iterables))
            calls, numpy = self._encode_all(fn, iterables)
            if shipment.options.tune:
                shipment = tuned(self._driver, fn, shipment, [(args, {}) for args in zip(*iterables, strict=False)])
            shipment = self._driver.habits.choose(shipment)
            work = Work(shipment, fn.__globals__, calls, stream, numpy=numpy, chunk=chunksize or 0)
        self._driver.post_work(work)
        results = in_order if ordered else unordered
        return results(stream.queue, len(work.calls), end, lambda: self._driver.post_cancel(work))

    def _encode_all(self, fn: Callable[..., Any], iterables: tuple[Iterable[Any], ...]) -> tuple[Calls | Numbers, bool]:
        if len(iterables) == 1:
            items = list(iterables[0])
            numbers = protocol.numbers(items)
            if numbers is not None:
                return Numbers(numbers), False
            arguments: Iterable[tuple[Any, ...]] = ((item,) for item in items)
        else:
            arguments = zip(*iterables, strict=False)
        encoded: list[Encoded] = []
        any_numpy = False
        for args in arguments:
            call, numpy = self._encode(fn, args, {}, len(encoded))
            any_numpy |= numpy
            encoded.append(call)
        return Calls(encoded), any_numpy

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the cluster when its calls are done; `cancel_futures` cancels those that have not begun."""
        self._closed = True
        if not self._driver.finished.is_set():
            self._driver.post_stop(cancel_futures)
        if wait:
            self._driver.join()

    def abort(self) -> None:
        """End the cluster now: what is running is given up, its futures are cancelled."""
        self._closed = True
        self._driver.post_stop(abort=True)
        self._driver.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.abort()  # who pressed Ctrl-C does not want to wait for the rest
        else:
            self.shutdown()
        return None

    # --- and more ---

    def run(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a call once on every board: {board name: result}.

        If it raises on some, the first such exception is raised, with a note on how many boards failed and how.
        """
        futures = self.each(fn, *args, **kwargs)
        ended = {name: future.exception() for name, future in futures.items()}
        errors = {name: failure for name, failure in ended.items() if failure is not None}
        if errors:
            first = next(iter(errors.values()))
            first.add_note(f"{len(errors)} of {len(futures)} boards failed: {failures.summary(errors)}")
            raise first
        return {name: future.result() for name, future in futures.items()}

    def each(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> dict[str, Future[Any]]:
        """Run a call once on every board: {board name: future}."""
        shipment = self._driver.habits.choose(self._one_call(fn))
        call, numpy = self._encode(fn, args, kwargs)
        futures: dict[str, Future[Any]] = {}
        names = [board.name for board in self.boards]
        for index, slot in enumerate(self._fleet.slots):
            if slot.name in names:
                future = futures[slot.name] = Future()
                work = Work(shipment, fn.__globals__, Calls([call]), Futures([future]), numpy=numpy, only=index)
                self._driver.post_work(work)
        return futures

    def put(self, value: Any) -> Reference:
        """Send a value to every board once; pass the Reference as an argument, and the function gets the value.

        Boards share nothing: a function that changes the value changes its own board's copy. The boards drop the value when
        the Reference is forgotten here.
        """
        self._check_open(())
        try:
            reference = protocol.refer(self._driver, value)
        except (CodecError, RecursionError) as error:
            path = locate(value, "the value") or str(error)
            raise ValueTravelError(f"put: {path} cannot travel to a board") from None
        self._driver.post_put(reference)
        weakref.finalize(reference, self._driver.post_let_go, reference.id).atexit = False
        return reference

    @property
    def boards(self) -> list[Board]:
        """The boards that answered; waits until all have, or have failed to.

        Raises BrokenClusterError if none is left.
        """
        self._driver.all_up.wait(UP_WITHIN_S)
        if self._driver.broken:
            raise self._driver.broken
        return self._driver.ledger.boards()

    def account(self, *, measure: bool = False) -> Account:
        """Where the time went since the first call: seconds, bytes, joules. Valid after `shutdown` too.

        `measure=True`: the speed-up is not estimated but found out, by running some of the calls once more on one board alone,
        which takes some ten seconds at most; functions should do nothing but compute. Raises UsageError while calls are open.
        """
        if measure:
            self._driver.measure()
        fleet = self._fleet
        bus = self._driver.measuring.bus
        return self._driver.ledger.account(fleet.now(), paced=fleet.paced, notes=fleet.notes(), bus=bus)

    def timeline(self) -> tuple[Span, ...]:
        """What each board did and when: a span a lump, in bounded memory. Boards are numbered as in the account."""
        return self._driver.ledger.spans()

    def measure_at_end(self) -> None:
        """Have the account measured before the cluster ends, as `account(measure=True)` does, unless it is aborted."""
        self._driver.measuring.at_end = True

    def listen(self, tap: Tap) -> None:
        """Have a listener hear of every job, lump and answer; see `shoal.tap`."""
        self._driver.taps.append(tap)

    def snapshot(self) -> Snapshot:
        """The cluster at this moment, board by board: what `shoal top` shows."""
        return self._driver.snapshot()

    def progress(self) -> tuple[int, int]:
        """Calls answered, failed or cancelled so far, and calls asked for so far."""
        return self._driver.done, self._driver.asked

    # --- refusals ---

    def _check_open(self, needs: tuple[str, ...]) -> None:
        if self._driver.broken:
            raise BrokenClusterError(str(self._driver.broken)) from self._driver.broken.__cause__
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if needs and not any(set(needs) <= set(slot.tags) for slot in self._fleet.slots):
            tags = "; ".join(f"{slot.name}: {', '.join(slot.tags)}" for slot in self._fleet.slots if slot.tags) or "none"
            raise UsageError(
                f"the task needs {', '.join(needs)}, which no board of {self.spec.text} has (tags of its boards: {tags}); "
                f"tags stand in {spec.FILE_NAME}"
            )

    def _one_call(self, fn: Callable[..., Any]) -> Shipment:
        """The shipment of a function that is called by itself."""
        shipment = pack(fn)
        self._check_open(shipment.options.needs)
        if shipment.options.cores > 1:
            raise UsageError(f"{fn.__name__}: cores=2 splits what `map` is given; call cluster.map({fn.__name__}, numbers)")
        return shipment

    def _encode(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], index: int | None = None
    ) -> tuple[Encoded, bool]:
        """A call ready to travel, and whether numpy is in it. `index`: its place in a `map`, for the error."""
        try:
            call, numpy = protocol.encode_call(args, kwargs)
        except (CodecError, RecursionError) as error:
            where = "" if index is None else f"call {index}: "
            raise self._refused(fn, args, kwargs, error, where) from None
        for reference in call.references:
            if reference.owner is not self._driver:
                raise UsageError(f"{reference!r} belongs to another cluster; put the value on this one")
        return call, numpy

    @staticmethod
    def _refused(
        fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], error: BaseException, where: str
    ) -> ValueTravelError:
        """The error that names the path of what cannot travel."""
        found = None
        for number, value in enumerate(args, 1):
            found = found or locate(value, f"argument {number}")
        for name, value in kwargs.items():
            found = found or locate(value, f"argument {name}")
        return ValueTravelError(
            f"{fn.__name__}: {where}{found or error} cannot travel to a board; numbers, text, bytes, arrays, "
            "and lists, tuples, dicts and sets of them can"
        )


def _print(board: str, text: str) -> None:
    for line in text.splitlines():
        sys.stdout.write(f"[{board}] {line}\n")
    sys.stdout.flush()


_drivers: weakref.WeakSet[Driver] = weakref.WeakSet()
_watchers: list[Callable[[Cluster], None]] = []


def watch(told: Callable[[Cluster], None]) -> None:
    """`told` is called with every Cluster made from now on, by the thread that makes it."""
    _watchers.append(told)


def abort_all() -> None:
    """End every cluster of this program now, as `Cluster.abort` does."""
    for driver in list(_drivers):
        driver.post_stop(abort=True)
        driver.join()


def _finish_all() -> None:
    """At the end of the program, as `concurrent.futures` does: calls that were asked for are still done."""
    for driver in list(_drivers):
        if not driver.finished.is_set():
            driver.post_stop()
            driver.join()


