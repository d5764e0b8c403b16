"""Whether the picture on PicoCray's display is right: some or all of its rows computed again on this computer, and compared."""

import re
from array import array
from dataclasses import dataclass

from shoal.demos.colours import paint, palette
from shoal.demos.deeptiles import deep_tile
from shoal.demos.tiles import tile
from shoal.virtual.breadboard.devices.ili9341 import HEIGHT, WIDTH, Display

SPOT = 10  # every so many-th row, if not all of them
_SHALLOW = 1 << 36  # from this step on pictures are computed in Q6.26
_DROPPED = 30  # bits of Q8.56 that Q6.26 has not
_LINE = re.compile(r"picocray: picture in (\d+) ms by (\d+) boards, (\S+), @(-?\d+),(-?\d+),(\d+),(\d+)")


@dataclass(frozen=True)
class Picture:
    """A picture that the controller has finished. Places are Q8.56."""

    ms: int
    boards: int
    arithmetic: str
    left: int
    top: int
    step: int
    limit: int

    @property
    def place(self) -> str:
        """As it can be typed."""
        return f"@{self.left},{self.top},{self.step},{self.limit}"


def read(line: str) -> Picture | None:
    """The picture that a line of the controller's console tells of, or None."""
    match = _LINE.match(line)
    if match is None:
        return None
    ms, boards, arithmetic, *place = match.groups()
    return Picture(int(ms), int(boards), arithmetic, *map(int, place))


@dataclass(frozen=True)
class Check:
    """Rows that were compared, their points, and how many of these differ."""

    rows: int
    points: int
    differing: int

    @property
    def passed(self) -> bool:
        """All are the same."""
        return not self.differing

    def __str__(self) -> str:
        differ = f"{self.differing} of {self.points} points differ" if self.differing else "no point differs"
        return f"{self.rows} rows compared with this computer's own: {differ}"


def compare(picture: Picture, display: Display, *, every_row: bool) -> Check:
    """Compare the display's memory with the same points in the same arithmetic on this computer."""
    colours = palette()
    drop = _DROPPED if picture.step >= _SHALLOW else 0
    make = tile if drop else deep_tile
    left, top, step = picture.left >> drop, picture.top >> drop, picture.step >> drop
    rows = range(0, HEIGHT, 1 if every_row else SPOT)
    differing = 0
    for y in rows:
        counts = make(left, top + y * step, step, WIDTH, 1, picture.limit)
        wanted = bytes(paint(counts, WIDTH, picture.limit, colours, array("H", bytes(2 * WIDTH))))
        seen = display.memory[2 * WIDTH * y : 2 * WIDTH * (y + 1)]
        differing += sum(wanted[at : at + 2] != seen[at : at + 2] for at in range(0, 2 * WIDTH, 2))
    return Check(len(rows), len(rows) * WIDTH, differing)
