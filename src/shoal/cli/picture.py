"""The picture that `shoal demo` collects: rows of step counts, and the colour that each count has everywhere.

Pillow is an extra; without it the picture can be shown but not saved.
"""

import io
import math
from collections.abc import Sequence

try:
    from PIL import Image
except ImportError:  # Pillow is the extra `vision`
    Image = None

Colour = tuple[int, int, int]  # red, green, blue, each 0 to 255

# The colours of few steps to many; points that never escape are black.
_STOPS: tuple[Colour, ...] = ((0, 7, 100), (32, 107, 203), (237, 255, 255), (255, 170, 0), (120, 20, 0))
_INSIDE: Colour = (0, 0, 0)


def palette(limit: int) -> list[Colour]:
    """The colour of each count from 0 to `limit`; logarithmic, as most points escape within few steps."""
    spans = len(_STOPS) - 1
    colours = []
    for count in range(limit):
        place = math.log1p(count) / math.log1p(limit) * spans
        first = min(int(place), spans - 1)
        colours.append(_between(_STOPS[first], _STOPS[first + 1], place - first))
    return [*colours, _INSIDE]


def _between(low: Colour, high: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


class Picture:
    """`width` by `height` points, whose rows come in any order."""

    def __init__(self, width: int, height: int, limit: int) -> None:
        self.width = width
        self.height = height
        self.rows: dict[int, Sequence[int]] = {}
        self._palette = palette(limit)

    def colour(self, x: int, y: int) -> Colour | None:
        """The colour of a point; None while its row is not there."""
        row = self.rows.get(y)
        return None if row is None else self._palette[row[x]]

    def png(self) -> bytes | None:
        """The whole picture as a PNG file; None without Pillow."""
        if Image is None:
            return None
        points = [self._palette[count] for y in range(self.height) for count in self.rows[y]]
        parts = bytes(part for point in points for part in point)
        file = io.BytesIO()
        Image.frombytes("RGB", (self.width, self.height), parts).save(file, "PNG")
        return file.getvalue()
