"""What is going to happen, in the order of virtual time; what is planned for the same moment happens in the order of planning."""

import heapq
from collections.abc import Callable
from typing import Any

NEVER = 1 << 60
"""Nanoseconds after which nothing happens (36 years)."""

Entry = list[Any]


class Agenda:
    """Times are nanoseconds."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._count = 0

    def at(self, when: int, action: Callable[..., None], *arguments: Any) -> Entry:
        """Plan something. What it gives is for `cancel`."""
        self._count += 1
        entry = [when, self._count, action, arguments]
        heapq.heappush(self._heap, entry)
        return entry

    @staticmethod
    def cancel(entry: Entry | None) -> None:
        """Forget what was planned; once it has happened, nothing."""
        if entry is not None:
            entry[2] = None

    def next(self) -> int:
        """When the next thing happens; NEVER if nothing is planned."""
        heap = self._heap
        while heap and heap[0][2] is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else NEVER

    def take(self) -> Entry:
        """The next thing, which `next` has found to be there."""
        return heapq.heappop(self._heap)
