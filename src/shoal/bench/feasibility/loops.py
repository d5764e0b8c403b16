"""The three loops by which boards and computers are compared: the catalogue knows them of a real Pico and of a Pi 4.

They are those of its benchmark: a Mandelbrot set of 31 x 81 points in complex numbers with 100 steps at most, and a million
additions of two elements of a list, whole numbers or floats. Python that boards understand too.
"""

from collections.abc import Sequence

ROWS = 31
PASSES = 1_000_000
WHOLE = [12_345_678, 56_781_234]
FLOATS = [12_345_678.1234, 56_781_234.5678]


def mandelbrot_row(row: int) -> int:
    """Steps that the 81 points of a row take."""
    steps = 0
    for column in range(81):
        c = (column / 30 - 2) + (row / 15 - 1) * 1j
        z = 0j
        for _ in range(100):
            z = z * z + c
            steps += 1
            if abs(z) > 4:
                break
    return steps


def add(terms: Sequence[float], passes: int) -> float:
    """The last of so many equal sums."""
    total = 0.0
    for _ in range(passes):
        total = terms[0] + terms[1]
    return total
