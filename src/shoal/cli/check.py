"""Whether the boards' picture is right: some or all of its rows computed again on this computer."""

from dataclasses import dataclass

from shoal.cli.mandelbrot import row
from shoal.cli.picture import Picture

SPOT_ROWS = 5
# Floats of 32 bits send some points at the rim of the set another way: in simulations 0.3% of a picture and
# 2.2% of a row at most.
FLOAT32_MAY_DIFFER = 0.05


@dataclass(frozen=True)
class Check:
    """Points that were compared, how many differ, and the width of the boards' floats."""

    rows: int
    points: int
    differing: int
    float_bits: int

    @property
    def passed(self) -> bool:
        """Floats of 64 bits, which this computer has, give the same points; with others a few may differ."""
        return self.differing <= (0 if self.float_bits == 64 else FLOAT32_MAY_DIFFER * self.points)

    def __str__(self) -> str:
        differ = f"{self.differing} of {self.points} points differ" if self.differing else "no point differs"
        told = f"{self.rows} rows compared with this computer's own: {differ}"
        if self.float_bits == 64:
            return told
        return f"{told} (boards with {self.float_bits}-bit floats; up to {FLOAT32_MAY_DIFFER:.0%} may differ)"


def compare(picture: Picture, limit: int, float_bits: int, *, every_row: bool) -> Check:
    """Compute every row here, or a few that are spread over the picture, and count the points that differ."""
    height = picture.height
    rows = range(height)
    if not every_row and height > SPOT_ROWS:
        rows = range(height // (2 * SPOT_ROWS), height, -(-height // SPOT_ROWS))
    differing = 0
    for y in rows:
        _, mine = row(y, picture.width, height, limit, announce=False)
        differing += sum(ours != theirs for ours, theirs in zip(mine, picture.rows[y], strict=True))
    return Check(len(rows), len(rows) * picture.width, differing, float_bits)
