"""The simulated clock: a heap of what is to happen when. Nothing else in this package moves the time on."""

import heapq
import itertools

from shoal.predict.carrier import Then


class SimulatedClock:
    """An `Agenda`. Time passes only in `run`."""

    def __init__(self) -> None:
        self.now = 0.0
        self._stopped = False
        self._due: list[tuple[float, int, Then]] = []
        self._count = itertools.count()  # what is due at the same time happens in the order in which it was asked for

    def at(self, time: float, then: Then) -> None:
        """Have something happen at a time, or now if that has passed."""
        heapq.heappush(self._due, (time if time > self.now else self.now, next(self._count), then))

    def run(self) -> None:
        """Let time pass until nothing is left to happen, or `stop`."""
        due = self._due
        self._stopped = False
        while due and not self._stopped:
            self.now, _, then = heapq.heappop(due)
            then()

    def stop(self) -> None:
        """What is due after this does not happen any more."""
        self._stopped = True
