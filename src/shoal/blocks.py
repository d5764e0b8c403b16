"""The calls of a job that runs on both cores: lumps travel as ONE call with the array of their items, and come back as one array.

The scheduler does not see it: for it a lump is so many calls with one number each, as for `work.Numbers`.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shoal import protocol
from shoal.errors import UsageError
from shoal.protocol import Message, Result, Stored
from shoal.source import Shipment
from shoal.work import Numbers, Sink, Work

SMALLEST, LARGEST = -(1 << 31), (1 << 31) - 1


class Blocks(Numbers):
    """One whole number for each call. Raises UsageError for items that are none, or have more than 32 bits."""

    def __init__(self, name: str, items: list[Any]) -> None:
        for place, item in enumerate(items):
            if type(item) is not int or not SMALLEST <= item <= LARGEST:
                raise UsageError(f"{name}: cores=2 takes whole numbers of 32 bits, and item {place} is {item!r:.60}")
        super().__init__(array("i", items))

    def message(
        self, lump: int, number: int, start: int, count: int, cancelled: Sequence[int], timeout: float | None = None
    ) -> tuple[list[Stored], Message]:
        call, _ = protocol.encode_call((self.items[start : start + count],), {})
        return list(call.stored), protocol.call(lump, number, [call.data], timeout)


class BlockWork(Work):
    """A job on both cores."""

    @property
    def unfolds(self) -> bool:
        return True

    def unfold(self, result: Result) -> Result:
        """The array that a lump came back as, as one result a call. A lump that failed has no results."""
        result = super().unfold(result)
        if result.failures or len(result.results) != 1:
            return result
        whole = result.results[0]
        width = self.options.width
        if not width:
            return result._replace(results=list(whole))
        rows = [whole[at : at + width] for at in range(0, len(whole), width)]
        return result._replace(results=[row.tobytes() for row in rows] if whole.typecode == "B" else rows)


def work(
    shipment: Shipment, function: Callable[..., Any], iterables: Sequence[Iterable[Any]], sink: Sink, *, chunk: int
) -> BlockWork:
    """The job of `map(function, *iterables)`. Raises UsageError for more than one iterable, and for wrong items."""
    if len(iterables) != 1:
        raise UsageError(f"{function.__name__}: cores=2 takes one iterable of whole numbers, not {len(iterables)}")
    calls = Blocks(function.__name__, list(iterables[0]))
    return BlockWork(shipment, function.__globals__, calls, sink, chunk=chunk)
