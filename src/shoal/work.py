"""The calls of one job: how they travel, and where their answers go.

A job's calls are either numbers (one array, cut into lumps without touching the items) or calls encoded one by one. Its answers
go to futures (`submit`) or to a queue that an iterator reads (`map`).
"""

import itertools
import queue
import sys
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, Protocol

from shoal import protocol
from shoal.protocol import Encoded, Hello, Message, Reference, Result, Stored
from shoal.scheduler.messages import JobAdded
from shoal.source import Module, Shipment, compile_module, compile_python
from shoal.source.machine import usable_cores
from shoal.squeeze import spread
from shoal.task import TaskOptions

_ARCHITECTURES = (  # of sys.implementation._mpy, bits 10-15 without 14, a flag: mpy_arch of MicroPython's py/persistentcode.h
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc",
    "rv64imc",
)  # fmt: skip


def architecture(mpy: int) -> str:
    """The native architecture that a board's `sys.implementation._mpy` names, or ""."""
    number = mpy >> 10 & 0x2F
    return _ARCHITECTURES[number] if number < len(_ARCHITECTURES) else ""


class Calls:
    """Calls encoded one by one."""

    def __init__(self, calls: Sequence[Encoded]) -> None:
        self.calls = calls
        self.sizes: int | tuple[int, ...] = tuple([call.size for call in calls])
        self._ahead = any([call.stored or call.references for call in calls])

    def largest(self, frame: int) -> int:
        """Most bytes of these calls in one lump, for boards that take `frame` bytes: one message holds them."""
        return protocol.fits(frame)

    def __len__(self) -> int:
        return len(self.calls)

    def references(self, start: int, count: int) -> Iterator[Reference]:
        if self._ahead:
            for call in self.calls[start : start + count]:
                yield from call.references

    def message(
        self, lump: int, number: int, start: int, count: int, cancelled: Sequence[int], timeout: float | None
    ) -> tuple[list[Stored], Message]:
        calls = self.calls[start : start + count]
        data = [call.data for call in calls]
        for index in cancelled:
            data[index] = protocol.CANCELLED_CALL
        ahead = [stored for call in calls for stored in call.stored] if self._ahead else []
        return ahead, protocol.call(lump, number, data, timeout)


class Numbers:
    """One number for each call."""

    def __init__(self, items: "array[int] | array[float]") -> None:
        self.items = items
        self.sizes: int | tuple[int, ...] = items.itemsize

    def largest(self, frame: int) -> int:
        """Most bytes of these numbers in one lump: they travel ahead, so only the board's memory limits them."""
        return 1 << 20

    def __len__(self) -> int:
        return len(self.items)

    def references(self, start: int, count: int) -> Iterator[Reference]:
        return iter(())

    def message(
        self, lump: int, number: int, start: int, count: int, cancelled: Sequence[int], timeout: float | None
    ) -> tuple[list[Stored], Message]:
        stored, message = protocol.call_map(lump, number, self.items[start : start + count], timeout)
        return [stored] if stored else [], message


class Sink(Protocol):
    """Where answers go. Called by the owner thread only."""

    def begin(self, start: int, count: int) -> Sequence[int]:
        """These calls are about to travel: the places of those that were cancelled."""

    def deliver(self, start: int, results: list[Any]) -> None: ...

    def fail(self, index: int, error: BaseException) -> None: ...

    def cancel(self) -> bool:
        """Cancel what has not begun. True if nobody waits for anything any more."""


class Futures:
    """Answers for `submit`: one future a call."""

    _NEW, _BEGUN, _CANCELLED = 0, 1, 2

    def __init__(self, futures: Sequence[Future[Any]]) -> None:
        self._futures = futures
        self._states = bytearray(len(futures))  # asking a future takes its lock

    def begin(self, start: int, count: int) -> Sequence[int]:
        cancelled = []
        for place in range(count):
            state = self._states[start + place]
            if state == self._NEW:
                running = self._futures[start + place].set_running_or_notify_cancel()
                state = self._states[start + place] = self._BEGUN if running else self._CANCELLED
            if state == self._CANCELLED:
                cancelled.append(place)
        return cancelled

    def deliver(self, start: int, results: list[Any]) -> None:
        for index, result in enumerate(results, start):
            if self._states[index] == self._BEGUN:
                self._futures[index].set_result(result)

    def fail(self, index: int, error: BaseException) -> None:
        future = self._futures[index]
        if not future.done() and (future.running() or future.set_running_or_notify_cancel()):
            future.set_exception(error)

    def cancel(self) -> bool:
        # A list: every future must be asked, not only those up to the first that runs.
        return all([future.cancel() or future.done() for future in self._futures])


class Stream:
    """Answers for `map`: (start, results) or (index, exception), in the order in which they come."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[tuple[int, list[Any] | BaseException]] = queue.SimpleQueue()

    def begin(self, start: int, count: int) -> Sequence[int]:
        return ()

    def deliver(self, start: int, results: list[Any]) -> None:
        self.queue.put((start, results))

    def fail(self, index: int, error: BaseException) -> None:
        self.queue.put((index, error))

    def cancel(self) -> bool:
        self.queue.put((0, CancelledError()))
        return True


class Work:
    """One job: a function, its calls, and where the answers go."""

    _ids = itertools.count(1)

    def __init__(
        self,
        shipment: Shipment,
        names: dict[str, Any],
        calls: Calls | Numbers,
        sink: Sink,
        *,
        numpy: bool = False,
        chunk: int = 0,
        only: int | None = None,
    ) -> None:
        """`names`: the function's globals, to know its exceptions; `numpy`: arrays in answers become numpy arrays."""
        self.id = next(self._ids)
        self.shipment = shipment
        self.names = names
        self.calls = calls
        self.sink = sink
        self.numpy = numpy
        self.chunk = chunk
        self.only = only

    @property
    def options(self) -> TaskOptions:
        return self.shipment.options

    @property
    def title(self) -> str:
        """The function's name as its author knows it."""
        return self.shipment.title

    @property
    def modules(self) -> dict[str, Module]:
        return {module.name: module for module in self.shipment.modules}

    def added(self, now: float, frame: int) -> JobAdded:
        """What the scheduler is told of it; `frame`: bytes that boards take in a message."""
        options = self.shipment.options
        calls = self.calls
        return JobAdded(  # by position: twice as fast
            now,
            self.id,
            self.shipment.key,
            len(calls),
            calls.sizes,
            calls.largest(frame),
            self.chunk,
            options.retries,
            options.timeout,
            self.only,
            options.needs,
        )

    def code(self, board: Hello) -> Iterator[tuple[str, Stored]]:
        """The modules in the order in which they must be loaded: name, and code for that board as a value to store."""
        mpy = board.facts["mpy"]
        cores = usable_cores(board.facts["platform"], board.facts["cores"])
        for module in self.shipment.modules:
            version = (mpy & 0xFF, mpy >> 8 & 3)
            code = compile_module(module, architecture(mpy) or None, version, cores) if mpy else compile_python(module)
            yield module.name, Stored(next(protocol.ids), "y", len(code), (code,))

    def references(self, start: int, count: int) -> Iterator[Reference]:
        return self.calls.references(start, count)

    def message(self, lump: int, number: int, start: int, count: int) -> tuple[list[Stored], Message]:
        """Values to store first, and the CALL."""
        timeout = self.options.timeout
        if timeout is not None and self.chunk:
            timeout *= count  # lumps that the scheduler sizes are made short enough
        return self.calls.message(lump, number, start, count, self.sink.begin(start, count), timeout)

    def fail(self, error: BaseException) -> None:
        """Every call that has no answer yet fails."""
        for index in range(len(self.calls)):
            self.sink.fail(index, error)

    @property
    def unfolds(self) -> bool:
        """Whether an answer is not one result a call, as it was returned."""
        return self.shipment.packed

    def unfold(self, result: Result) -> Result:
        """An answer as one with a result for each call."""
        return result._replace(results=[spread(item) for item in result.results]) if self.shipment.packed else result

    def deliver(self, start: int, results: list[Any]) -> None:
        self.sink.deliver(start, [_to_numpy(result) for result in results] if self.numpy else results)


def _to_numpy(value: Any) -> Any:
    """Arrays as numpy arrays, wherever they are in a value."""
    if isinstance(value, array):
        return sys.modules["numpy"].frombuffer(value, dtype=value.typecode)
    if isinstance(value, list | tuple):
        return type(value)(map(_to_numpy, value))
    if isinstance(value, dict):
        return {key: _to_numpy(item) for key, item in value.items()}
    return value
