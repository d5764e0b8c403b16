"""The functions that the benchmark runs on workers and boards: plain Python that MicroPython understands too.

Nothing here imports anything, so that every peer ships the same few lines and no more.
"""


def same(value: int) -> int:
    """Return the argument: the no-op whose cost is only the road there and back."""
    return value


def same_lump(values: list[int]) -> list[int]:
    """`same` over a list, for peers whose own `map` sends one message per item."""
    return [same(value) for value in values]


def mandelbrot_row(y: int, width: int, height: int, limit: int) -> list[int]:
    """Iterations until escape for each of the `width` points of row `y`, at most `limit` of them each."""
    counts = []
    imaginary = 2.4 * y / height - 1.2
    for x in range(width):
        real = 3.0 * x / width - 2.1
        a = b = 0.0
        count = 0
        while count < limit and a * a + b * b < 4.0:
            a, b = a * a - b * b + real, 2.0 * a * b + imaginary
            count += 1
        counts.append(count)
    return counts
