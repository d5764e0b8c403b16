"""What a program asked of its clusters, noted while it runs: the calls themselves, their sizes both ways, and when they came.

Calls are kept as they travel, so that some of them can be run again on another board. Jobs of one function that were open at the
same time (calls of `submit`) count as one.
"""

from array import array
from dataclasses import dataclass, field
from typing import Any, Union

from shoal import defaults
from shoal.blocks import Blocks, BlockWork
from shoal.protocol import Encoded, Result
from shoal.scheduler.sizing import RESULT_HEAD
from shoal.source import Shipment
from shoal.tap import Tap
from shoal.work import Calls, Numbers, Sink, Work

Items = Union[list[Encoded], "array[int]", "array[float]"]


@dataclass
class Noted:
    """A job. `items`: its calls; `block`: they run on both cores; `failed`: some call raised.

    `results`: bytes of each answer; `took`: seconds of each call where the program ran, 0 of those that were not answered.
    """

    shipment: Shipment
    names: dict[str, Any]
    items: Items
    block: bool
    chunk: int
    largest: int
    begun: float
    ended: float = 0.0
    results: "array[float]" = field(default_factory=lambda: array("d"))
    took: "array[float]" = field(default_factory=lambda: array("d"))
    answered: int = 0
    failed: bool = False
    stopped: int = 0  # calls that were cancelled

    @staticmethod
    def of(shipment: Shipment, names: dict[str, Any], items: Items) -> "Noted":
        """A job that nobody asked for."""
        noted = Noted(shipment, names, items, False, 0, 1 << 20, 0.0)
        noted.results, noted.took = array("d", bytes(8 * len(items))), array("d", bytes(8 * len(items)))
        return noted

    @property
    def title(self) -> str:
        """The function's name as its author knows it."""
        return self.shipment.title

    @property
    def kind(self) -> tuple[str, str]:
        """Jobs of the same kind are calls of one function, given alike."""
        return self.shipment.key, "calls" if isinstance(self.items, list) else f"{self.items.typecode}{self.block}"

    @property
    def sizes(self) -> int | tuple[int, ...]:
        """Bytes of each call's arguments."""
        if isinstance(self.items, list):
            return tuple([call.size for call in self.items])
        return self.items.itemsize

    def keep_answered(self) -> None:
        """Forget the calls that were cancelled before they had an answer."""
        kept = [place for place, size in enumerate(self.results) if size]
        self.stopped = len(self.items) - len(kept)
        if isinstance(self.items, list):
            self.items = [self.items[place] for place in kept]
        else:
            self.items = array(self.items.typecode, [self.items[place] for place in kept])
        self.results = array("d", [self.results[place] for place in kept])
        self.took = array("d", [self.took[place] for place in kept])

    def put_bytes(self) -> int:
        """Bytes of the values that were `put` and are named by these calls: they travel once to each board."""
        if not isinstance(self.items, list):
            return 0
        known = {reference.id: reference for call in self.items for reference in call.references}
        return sum(len(piece) for reference in known.values() for stored in reference.stored for piece in stored.pieces)

    def work(self, items: Items, sink: Sink, chunk: int) -> Work:
        """A job of some of the calls, for the first board."""
        if isinstance(items, list):
            return Work(self.shipment, self.names, Calls(items), sink, chunk=chunk, only=0)
        if self.block:
            blocks = Blocks(self.title, list(items))
            return BlockWork(self.shipment, self.names, blocks, sink, chunk=chunk, only=0)
        return Work(self.shipment, self.names, Numbers(items), sink, chunk=chunk, only=0)


class Notes(Tap):
    """Hears of the jobs of any number of clusters. `listening`: set it to False when the program has ended.

    `clusters`: the specs of the clusters that `noting` found.
    """

    def __init__(self) -> None:
        self.listening = True
        self.clusters: list[str] = []
        self.alone = 0  # calls that were meant for one board each
        self._jobs: dict[int, Noted] = {}

    def added(self, now: float, work: Work) -> None:
        if not self.listening:
            return
        if work.only is not None:
            self.alone += len(work.calls)
            return
        calls = work.calls
        items: Items = calls.items if isinstance(calls, Numbers) else list(calls.calls)
        block = isinstance(work, BlockWork)
        noted = self._jobs[work.id] = Noted.of(work.shipment, work.names, items)
        noted.block, noted.chunk, noted.begun = block, work.chunk, now
        noted.largest = calls.largest(defaults.BOARD_FRAME)

    def answered(self, now: float, board: int, work: Work, start: int, count: int, result: Result) -> None:
        noted = self._jobs.get(work.id)
        if noted is None:
            return
        arrived = len(result.results)
        noted.failed |= bool(result.failures)
        if arrived:
            each = max(1.0, (result.size - RESULT_HEAD) / arrived)
            noted.answered += sum(1 for place in range(start, start + arrived) if not noted.results[place])
            noted.results[start : start + arrived] = array("d", [each]) * arrived
            noted.took[start : start + arrived] = array("d", [max(1e-6, result.compute / arrived)]) * arrived

    def finished(self, now: float, work: Work) -> None:
        noted = self._jobs.get(work.id)
        if noted is not None:
            noted.ended = now

    def remarks(self) -> tuple[str, ...]:
        """What a prediction from these jobs leaves out."""
        told = []
        if self.alone:
            told.append(f"{self.alone} calls were for one board each (Cluster.run, Cluster.each, tuning); they are left out")
        stopped = sum(noted.stopped for noted in self._jobs.values())
        if stopped:
            told.append(f"{stopped} calls were cancelled by the program before they had an answer; they are left out")
        return tuple(told)

    def jobs(self) -> tuple[Noted, ...]:
        """The jobs in the order in which they came, without those that nothing came of; what was open together is one."""
        joined: list[Noted] = []
        for noted in sorted(self._jobs.values(), key=lambda noted: noted.begun):
            noted.ended = noted.ended or noted.begun
            before = joined[-1] if joined else None
            if before is not None and _together(before, noted):
                _join(before, noted)
            elif noted.answered:
                joined.append(noted)
        for noted in joined:
            if noted.answered < len(noted.items) and not noted.failed:
                noted.keep_answered()
        return tuple(joined)


def _together(before: Noted, noted: Noted) -> bool:
    """Whether both are calls of one function, and the one came while the other was open."""
    return before.kind == noted.kind and before.chunk == noted.chunk and noted.begun < before.ended


def _join(before: Noted, noted: Noted) -> None:
    before.items = before.items + noted.items  # type: ignore[operator]
    before.results += noted.results
    before.took += noted.took
    before.answered += noted.answered
    before.failed |= noted.failed
    before.ended = max(before.ended, noted.ended)
