"""execnet's channels: Python processes that exchange plain values, with neither futures nor a scheduler.

The floor that a pipe and pickled values set: work is dealt out in turn and answers are read in turn.
"""

from typing import Any

import execnet

# The best of 1,000 to 25,000 for 200,000 ints on two cores.
_LUMP = 5_000


def answer(channel: "Any") -> None:
    """Runs in each worker, which receives only its source, so the no-op is the built-in `int` of an int."""
    for item in channel:
        channel.send(list(map(int, item)) if isinstance(item, list) else int(item))


class ExecnetAdapter:
    """One gateway and one channel per worker."""

    note = f"lumps of {_LUMP:,} made by the caller"

    def start(self, where: str) -> None:
        """Start `where` processes, each waiting for items."""
        self._group = execnet.Group(["popen"] * int(where))
        self._channels = [gateway.remote_exec(answer) for gateway in self._group]

    def submit_many(self, count: int) -> int:
        """One message per task."""
        return sum(self._exchange(list(range(count))))

    def map_many(self, count: int) -> int:
        """One message per lump."""
        lumps = [list(range(i, min(i + _LUMP, count))) for i in range(0, count, _LUMP)]
        return sum(map(sum, self._exchange(lumps)))

    def round_trip(self) -> int:
        """One message, waited for."""
        return int(self._exchange([1])[0])

    def stop(self) -> None:
        """Close the channels and end the processes."""
        self._group.terminate(timeout=5)

    def _exchange(self, items: list[Any]) -> list[Any]:
        """Deal `items` to the workers in turn, then collect the answers in the same turn."""
        turns = len(self._channels)
        for number, item in enumerate(items):
            self._channels[number % turns].send(item)
        return [self._channels[number % turns].receive() for number in range(len(items))]


def create() -> ExecnetAdapter:
    """An adapter whose `start` takes the number of workers."""
    return ExecnetAdapter()
