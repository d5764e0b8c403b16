"""What a calibration has boards do: nothing, take bytes, give bytes, and some rows of a well-known benchmark.

Nothing here imports anything, so that a board gets the same few lines and no more.
"""

_POINTS, _LIMIT = 81, 100


def idle(number: int, other: int) -> None:
    """Nothing: what a call costs beside what it does."""


def take(block: bytes, number: int) -> int:
    """The length of a block: what bytes cost on their way to a board."""
    return len(block)


def give(count: int, number: int) -> bytes:
    """A block that cannot be packed: what bytes cost on their way back."""
    block = bytearray(count)
    state = number
    for place in range(count):
        state = (state * 8121 + 28411) % 134456
        block[place] = state & 255
    return bytes(block)


def mandelbrot(row: int) -> int:
    """One of the 31 rows of the benchmark behind the catalogue's `mandel_100_ms`: complex numbers, 100 steps, bound 4."""
    inside = 0
    for point in range(_POINTS):
        c = point / 30 - 2 + (row / 15 - 1) * 1j
        z = 0j
        for _ in range(_LIMIT):
            z = z * z + c
            if abs(z) > 4:
                break
        else:
            inside += 1
    return inside


def steps(row: int) -> int:
    """How many steps that row takes, all its points together; for this computer."""
    total = 0
    for point in range(_POINTS):
        c = point / 30 - 2 + (row / 15 - 1) * 1j
        z = 0j
        for _ in range(_LIMIT):
            z = z * z + c
            total += 1
            if abs(z) > 4:
                break
    return total
