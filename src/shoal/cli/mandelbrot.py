"""What `shoal demo` sends to the boards. This file keeps to what MicroPython understands."""

from array import array


def row(y: int, width: int, height: int, limit: int, announce: bool = True) -> "tuple[int, array[int]]":
    """(y, for each of `width` points of row `y` the steps until it escapes, at most `limit`).

    The picture shows at least -2.5 to 1 by -1.25i to 1.25i, with square points. `announce` prints `y` first:
    what a board prints is known to the computer at once, so the screen can show who is at which row.
    """
    if announce:
        print(y)
    scale = max(3.5 / width, 2.5 / height)
    imag = (y - height / 2) * scale
    counts = array("H", bytes(2 * width))
    for x in range(width):
        real = (x - width / 2) * scale - 0.75
        a = b = 0.0
        step = 0
        while step < limit and a * a + b * b <= 4:
            a, b = a * a - b * b + real, 2 * a * b + imag
            step += 1
        counts[x] = step
    return y, counts


def float_bits() -> int:
    """Width of this computer's floats: 64 on virtual boards and on CPython, 32 on a Pico or an ESP32."""
    return 64 if 1.0 + 2.0**-40 > 1.0 else 32
