"""The timeline as SVG: a row a board, time to the right; and numbers as people read them.

There may be thousands of lumps and only so many points across, so a row is drawn in columns of a point: each shows what the board
did for most of that time. Equal neighbours are one rectangle, which keeps a page small.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from shoal.timeline import Span

MOST_ROWS = 128
WIDTH = 960  # points of the time axis
_LEFT = 90  # of names
_ROW = 18
_WORDS = ("idle", "waiting", "link", "compute")  # where two take equally long, the later


def timeline(names: Sequence[str], spans: Sequence[Span]) -> str:
    """The drawing, of as many boards as there is room for."""
    names = names[:MOST_ROWS]
    end = max((span.ended for span in spans), default=0.0) or 1.0
    height = _ROW * len(names) + 26
    parts = [f'<svg viewBox="0 0 {_LEFT + WIDTH + 20} {height}" width="{_LEFT + WIDTH + 20}" role="img" aria-label="timeline">']
    for place, name in enumerate(names):
        top = place * _ROW
        parts.append(f'<text x="0" y="{top + 13}">{escape(name[:13])}</text>')
        parts += _row([span for span in spans if span.board == place], end, top)
    parts += _axis(end, _ROW * len(names))
    return "".join([*parts, "</svg>"])


def _row(spans: list[Span], end: float, top: int) -> Iterator[str]:
    """Rectangles of one board. What lies in two columns is divided between them."""
    columns = [dict.fromkeys(_WORDS, 0.0) for _ in range(WIDTH)]
    scale = WIDTH / end
    for span in spans:
        for word, begun, ended in _pieces(span):
            first, last = begun * scale, ended * scale
            for column in range(int(first), min(WIDTH, int(last) + 1)):
                columns[column][word] += max(0.0, min(last, column + 1) - max(first, column))
    at = 0
    for word, run in groupby(_most(column) for column in columns):
        width = len(list(run))
        yield f'<rect class="{word}" x="{_LEFT + at}" y="{top + 2}" width="{width}" height="{_ROW - 4}"/>'
        at += width


def _most(column: dict[str, float]) -> str:
    idle = 1.0 - sum(column.values())
    return max(_WORDS, key=lambda word: (column[word] + (idle if word == "idle" else 0.0), _WORDS.index(word)))


def _pieces(span: Span) -> Iterator[tuple[str, float, float]]:
    """What a board did in a span: (word, begun, ended). Of lumps that were joined, what was not spent computing comes first."""
    computed = max(span.begun, span.ended - span.compute_s)
    linked = max(span.begun, computed - span.link_s)
    yield "waiting", span.begun, linked
    yield "link", linked, computed
    yield "compute", computed, span.ended


def _axis(end: float, top: int) -> Iterator[str]:
    yield f'<line class="axis" x1="{_LEFT}" y1="{top + 2}" x2="{_LEFT + WIDTH}" y2="{top + 2}"/>'
    step = nice(end / 6)
    for number in range(int(end / step) + 1):
        x = _LEFT + round(number * step / end * WIDTH)
        yield f'<line class="axis" x1="{x}" y1="{top + 2}" x2="{x}" y2="{top + 7}"/>'
        yield f'<text x="{x}" y="{top + 21}" text-anchor="middle">{seconds(number * step)}</text>'


def nice(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 ... times a power of ten that is not below it."""
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value * 0.999)


def seconds(value: float) -> str:
    """A time, to a precision that tells something."""
    if value >= 1 or not value:
        return f"{value:.4g} s"
    return f"{value * 1000:.3g} ms"


def size(count: int) -> str:
    """A number of bytes, in units of 1000."""
    if count < 10_000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 10_000_000 else f"{count / 1e6:.0f} MB"
