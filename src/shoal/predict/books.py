"""Where the time of one board goes, on the simulated clock: the predicted side of `ledger`, with the same four parts.

The wall time is counted while a job is open. What a board does beyond that (the end of a lump that another board answered first)
is left out, so that the four parts are the wall time.
"""

import math

from shoal.model import BoardAccount
from shoal.predict.model import BoardModel


class Book:
    """One board's page. Times are seconds of the simulated clock; those told never decrease by more than a turn of the host."""

    def __init__(self) -> None:
        self.calls = 0  # answered first by this board
        self.ran = 0
        self.lumps = 0
        self.bytes_out = 0
        self.bytes_in = 0
        self._compute = 0.0
        self._link = 0.0
        self._idle = 0.0
        self._busy = False
        self._begun = 0.0  # since when what it does now is not yet counted
        self._link_left = 0.0  # of what it does now: first so many seconds of its agent, which serves the link,
        self._compute_left = 0.0  # then so many of the user's code
        self._asked = 0  # lumps under way
        self._since: float | None = None  # since when it is idle
        self._open = False

    def begin(self, now: float, link: float = math.inf, compute: float = 0.0) -> None:
        """It serves its link, for so many seconds or until it ends, then computes."""
        self._rest(now)
        self._busy = True
        self._begun, self._link_left, self._compute_left = now, link, compute

    def end(self, now: float, worked: float = math.inf) -> None:
        """It does nothing any more; it served its link for `worked` seconds of it, or began before we were told."""
        before = worked - (now - self._begun)
        if self._open and 0 < before < math.inf:  # a resting board reads the first frames of a message before the last one comes
            self._link += before
        if worked < self._link_left:
            self._link_left = worked
        self._pass(now)
        self._busy = False
        if not self._asked:
            self._look(now)

    def asked(self, now: float) -> None:
        """A lump is under way to it."""
        self._asked += 1
        self._rest(now)

    def settled(self, now: float) -> None:
        """A lump was answered, or taken back."""
        self._asked -= 1
        self._look(now)

    def open(self, now: float) -> None:
        """A job was added, and none was open."""
        self._pass(now)
        self._open = True
        self._look(now)

    def close(self, now: float) -> None:
        """No job is open any more."""
        self._pass(now)
        self._rest(now)
        self._open = False

    def account(self, board: BoardModel, wall: float) -> BoardAccount:
        """The page as it stands, when no job is open."""
        busy = self._compute + self._link
        return BoardAccount(
            name=board.name,
            calls=self.calls,
            repeated=self.ran - self.calls,
            lumps=self.lumps,
            compute_s=self._compute,
            link_s=self._link,
            waiting_s=max(0.0, wall - busy - self._idle),
            idle_s=self._idle,
            alone_s=busy,
            bytes_out=self.bytes_out,
            bytes_in=self.bytes_in,
            kind=board.kind,
            idle_w=board.idle_w,
            load_w=board.load_w,
        )

    def _look(self, now: float) -> None:
        """It may be idle from now on."""
        if self._open and not self._busy and not self._asked and self._since is None:
            self._since = now

    def _rest(self, now: float) -> None:
        """It is idle no longer."""
        if self._since is not None:
            self._idle += max(0.0, now - self._since)
            self._since = None

    def _pass(self, now: float) -> None:
        """Count what it did so far, if a job is open."""
        if not self._busy:
            return
        passed = now - self._begun
        if passed <= 0:
            return
        link = self._link_left if self._link_left < passed else passed
        passed -= link
        compute = self._compute_left if self._compute_left < passed else passed
        self._begun = now
        self._link_left -= link
        self._compute_left -= compute
        if self._open:
            self._link += link
            self._compute += compute
