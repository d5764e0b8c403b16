"""Who listens to the engine room: jobs as they come, lumps as they travel. A listener decides nothing.

Listeners stand in `Driver.taps`. They are called by the owner thread, in the order of what happens; they have to be quick, and
what they raise breaks the cluster. Seconds are on the clock of the boards (`Fleet.now`).
"""

from shoal.protocol import Hello, Result
from shoal.work import Work


class Tap:
    """Hears everything and keeps nothing: a listener overrides what it wants to hear of."""

    def up(self, now: float, board: int, hello: Hello) -> None:
        """A board is ready, for the first time or again. `work.code(hello)` gives what that board would have to be sent."""

    def added(self, now: float, work: Work) -> None:
        """A job was posted."""

    def sent(self, now: float, board: int, lump: int, work: Work, start: int, count: int) -> None:
        """A lump, the calls `start` .. `start + count` of a job, was handed to the link of a board."""

    def answered(self, now: float, board: int, work: Work, start: int, count: int, result: Result) -> None:
        """A board answered a lump; `result.size` is the bytes of the answer. Not called of a lump that was withdrawn."""

    def finished(self, now: float, work: Work) -> None:
        """Every call of a job is answered, failed or cancelled."""


class Taps(Tap):
    """All listeners, as one."""

    def __init__(self, *taps: Tap) -> None:
        self._taps = list(taps)

    def append(self, tap: Tap) -> None:
        """One more."""
        self._taps.append(tap)

    def up(self, now: float, board: int, hello: Hello) -> None:
        for tap in self._taps:
            tap.up(now, board, hello)

    def added(self, now: float, work: Work) -> None:
        for tap in self._taps:
            tap.added(now, work)

    def sent(self, now: float, board: int, lump: int, work: Work, start: int, count: int) -> None:
        for tap in self._taps:
            tap.sent(now, board, lump, work, start, count)

    def answered(self, now: float, board: int, work: Work, start: int, count: int, result: Result) -> None:
        for tap in self._taps:
            tap.answered(now, board, work, start, count, result)

    def finished(self, now: float, work: Work) -> None:
        for tap in self._taps:
            tap.finished(now, work)
