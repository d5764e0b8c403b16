"""Tiles of the Mandelbrot set, as processors compute them: a rectangle of escape counts, squeezed. Here in 32-bit fixed point.

Down to a step of 2**-20 a controller asks for `tile`, which is sixteen times faster; from there to 2**-50 for
`deeptiles.deep_tile`; what is deeper it refuses, because neighbouring points would be equal to the arithmetic, and the picture
would turn to blocks.
"""

from array import array

from shoal.kernels.mandelbrot import mandelbrot_row
from shoal.squeeze import squeeze


def tile(left: int, top: int, step: int, width: int, height: int, limit: int) -> bytes:
    """The counts of width x height points, row by row, squeezed: bytes of them where `limit` is at most 255, else an array "H".

    Point (x, y) is left + x * step + (top + y * step) * i, all three Q6.26: numbers that travel in five bytes. Raises ValueError
    for what the kernel refuses.
    """
    rows = [mandelbrot_row(top + y * step, left, step, width, limit) for y in range(height)]
    counts = b"".join([bytes(row) for row in rows])
    return bytes(squeeze(counts if limit < 256 else array("H", counts)))


def plain_tile(left: int, top: int, step: int, width: int, height: int, limit: int) -> bytes:
    """The same, not squeezed: what that saves is measured against this."""
    rows = [mandelbrot_row(top + y * step, left, step, width, limit) for y in range(height)]
    return (b"y" if limit < 256 else b"H") + b"".join([bytes(row) for row in rows])
