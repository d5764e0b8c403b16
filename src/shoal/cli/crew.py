"""Who does what in `shoal demo`: which board began a row last, and what is done. `screen` draws it.

Boards announce a row by printing its number (`mandelbrot.row`). The cluster's thread calls `began`, the
demo's `finished`; each changes single entries, so that the screen may read at any time.
"""

from collections.abc import Mapping, Sequence


class Crew:
    """The boards of a cluster, by index, and the rows of a picture."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.arrived = 0
        self.names: list[str] = []
        self.row: list[int | None] = []  # what each board computes; None: it waits
        self.done: list[int] = []
        self.owner: dict[int, int] = {}  # row -> the board that began it last

    def came_up(self, names: Sequence[str]) -> None:
        """The boards are known: before any row is announced."""
        self.names = list(names)
        self.row = [None] * len(names)
        self.done = [0] * len(names)

    def began(self, name: str, row: int) -> None:
        """A board said that it computes this row now."""
        if name not in self.names:
            return  # it came up so late that it is not shown
        board = self.names.index(name)
        self.row[board] = row
        self.owner[row] = board

    def finished(self, row: int) -> None:
        """A row is here. Boards that still compute it are about to be told."""
        self.arrived += 1
        board = self.owner.get(row)
        if board is not None:
            self.done[board] += 1
            if self.row[board] == row:
                self.row[board] = None

    def ended(self, done: Mapping[str, int]) -> None:
        """All rows are here. `done`: rows by board as the account has them; some were computed twice."""
        self.done = [done.get(name, 0) for name in self.names]
        self.row = [None] * len(self.names)
