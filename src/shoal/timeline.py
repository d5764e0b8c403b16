"""What each board did and when, in bounded memory: one tuple a lump; where there are too many, neighbours become one.

Sums survive that: the computing, link and calls of a board in its timeline are those of its account. It happens for every lump,
so it is quick: a board's spans are one flat list, which costs the garbage collector nothing; `Span`s are made of it when asked.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

MOST = 20_000  # spans of all boards together: a few megabytes
LEAST = 64  # spans that a board has room for, however many boards there are
LONGEST = 60  # characters of the functions of a span


class Span(NamedTuple):
    """A lump on a board, or some that followed each other. Seconds since the first job began, on the clock of the boards.

    `sent`: by this computer; `begun`: when the board could begin it, because it was there and the one before was answered;
    `ended`: when the answer was here; `compute_s`, `link_s`: as in `BoardAccount`; `calls`: answered; `lumps`: in this span.
    """

    board: int
    function: str
    sent: float
    begun: float
    ended: float
    compute_s: float
    link_s: float
    calls: int
    lumps: int = 1


_Facts = tuple[str, float, float, float, float, float, int, int]  # a Span without its board
_WIDTH = 8


class Timeline:
    """The spans of every board, each board's in order."""

    def __init__(self, boards: int, most: int = MOST) -> None:
        """`most`: spans to keep, over all boards; each board has its share."""
        self._room = _WIDTH * max(LEAST, most // max(1, boards))
        self._spans: list[list[Any]] = [[] for _ in range(boards)]

    def add(self, board: int, facts: _Facts) -> None:
        """A lump was answered."""
        spans = self._spans[board]
        if len(spans) >= self._room:
            _halve(spans)
        spans += facts

    def __iter__(self) -> Iterator[Span]:
        for board, spans in enumerate(self._spans):
            flat = list(spans)
            for at in range(0, len(flat), _WIDTH):
                yield Span(board, *flat[at : at + _WIDTH])

    def __len__(self) -> int:
        return sum(map(len, self._spans)) // _WIDTH


def _halve(spans: list[Any]) -> None:
    """Make one span of every two neighbours; an odd one at the end stays."""
    kept: list[Any] = []
    for at in range(0, len(spans) - _WIDTH, 2 * _WIDTH):
        name, sent, begun, _, compute, link, calls, lumps = spans[at : at + _WIDTH]
        name_2, _, _, ended, compute_2, link_2, calls_2, lumps_2 = spans[at + _WIDTH : at + 2 * _WIDTH]
        if name != name_2 and len(name) + len(name_2) < LONGEST - 2:
            name = f"{name}, {name_2}"
        kept += (name, sent, begun, ended, compute + compute_2, link + link_2, calls + calls_2, lumps + lumps_2)
    spans[:] = kept + spans[len(kept) * 2 :]
