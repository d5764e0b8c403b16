"""Tiles of the Mandelbrot set in 64-bit fixed point, for depths where `tiles` would show blocks."""

from array import array

from shoal.kernels.deep import deep_row
from shoal.squeeze import squeeze


def deep_tile(left: int, top: int, step: int, width: int, height: int, limit: int) -> bytes:
    """As `tiles.tile`, of places in Q8.56. A step below 2**-50 is refused with a ValueError."""
    if step < 64:
        raise ValueError("too deep: points closer than 2**-50 are equal in 64-bit fixed point")
    counts = b"".join([bytes(deep_row(top + y * step, left, step, width, limit)) for y in range(height)])
    numbers = array("H", counts)
    return bytes(squeeze(bytes(list(numbers)) if limit < 256 else numbers))
