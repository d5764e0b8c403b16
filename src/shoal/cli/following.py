"""The clusters that a script makes while `shoal run` runs it: their progress, their end, their accounts."""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from shoal import Cluster, clock
from shoal.cli.screen import Screen, seconds

_LOOK_EVERY_S = 0.2
_SHOW_AFTER_S = 1.0  # work that is done sooner needs no bar


class Following:
    """Told of every cluster by `add`. A thread looks after the bar, because the script has the main one."""

    def __init__(self, screen: Screen, *, keep: bool, measure: bool = False) -> None:
        """`keep`: hold on to the clusters for their accounts; else each may end when the script drops it.

        `measure`: before each ends, it finds out how long one board alone takes.
        """
        self.kept: list[Cluster] = []
        self._screen = screen
        self._keep = keep
        self._measure = measure
        self._clusters: weakref.WeakSet[Cluster] = weakref.WeakSet()
        self._ended = threading.Event()
        self._since: float | None = None  # calls have been open all the time since
        self._before = (0, 0)  # calls done and calls asked for until then

    def add(self, cluster: Cluster) -> None:
        """The script made a cluster."""
        self._clusters.add(cluster)
        if self._keep:
            self.kept.append(cluster)
        if self._measure:
            cluster.measure_at_end()

    def shutdown(self) -> None:
        """The script has ended: what it asked for is still done, as at the end of any program."""
        for cluster in list(self._clusters):
            cluster.shutdown()

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show a bar whenever calls have been open for a while."""
        looking = threading.Thread(target=self._look, name="shoal-progress", daemon=True)
        looking.start()
        try:
            yield
        finally:
            self._ended.set()
            looking.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            if self._open_for() >= _SHOW_AFTER_S:
                with self._screen.bar(self._open, lambda: seconds(self._open_for())):
                    while self._open_for() and not self._ended.wait(_LOOK_EVERY_S):
                        pass

    def _open_for(self) -> float:
        """Seconds that calls have been open without a break; 0 if none is."""
        done, asked = self._count()
        if done == asked:
            self._since, self._before = None, (done, asked)
            return 0.0
        self._since = self._since or clock.now()
        return clock.now() - self._since

    def _open(self) -> tuple[int, int]:
        """Calls done and calls asked for since then."""
        done, asked = self._count()
        return max(0, done - self._before[0]), max(0, asked - self._before[1])

    def _count(self) -> tuple[int, int]:
        """Calls done and calls asked for, over all clusters that the script has."""
        counts = [cluster.progress() for cluster in list(self._clusters)]
        return sum(done for done, _ in counts), sum(asked for _, asked in counts)
