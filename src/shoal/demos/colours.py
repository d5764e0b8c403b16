"""Counts as colours of an RGB565 display, straight from squeezed tiles: on a controller one pass makes pixels of an answer.

A pixel is two bytes, the high one first, as such displays take them.
"""

# mypy: ignore-errors
# (machine code: pointers and words)

from array import array

from shoal import micropython
from shoal.micropython import ptr8, ptr16
from shoal.versions import versions

HEAD = micropython.const(4)  # words of a table before its colours: end of the data, points, bytes of a count, limit
COLOURS = micropython.const(256)


@micropython.viper
def _paint_viper(at: int, out: ptr16, data: ptr8, table: ptr16) -> int:
    # table: end of the data, points, bytes of a count (0: tokens), limit; then 256 colours
    end: int = table[0]
    most: int = table[1]
    size: int = table[2]
    limit: int = table[3]
    to: int = 0
    item: int = 0
    run: int = 0
    colour: int = 0
    while at < end and to < most:
        run = data[at]
        at += 1
        if size == 1:
            item = run
            run = 1
        elif size == 2:
            item = run | data[at] << 8
            at += 1
            run = 1
        elif run < 128:
            item += (run + 1) >> 1 if run & 1 else 0 - (run >> 1)
            run = 1
        elif run < 192:
            run = (run & 63) << 8 | data[at]
            at += 1
            item += (run + 1) >> 1 if run & 1 else 0 - (run >> 1)
            run = 1
        elif run < 224:
            run -= 191
        elif run < 240:
            run = ((run & 15) << 8 | data[at]) + 1
            at += 1
        else:
            item = data[at] | data[at + 1] << 8
            at += 2
            run = 1
        colour = 0 if item >= limit else table[4 + (item & 255)]
        run += to
        if run > most:
            return 0
        while to < run:
            out[to] = colour
            to += 1
    return to


@versions(_paint_viper)
def _paint(at: int, out: "array[int]", data: bytes, table: "array[int]") -> int:
    """Pixels of the counts in `data` from `at` on; gives how many, 0 if the data is broken."""
    end, most, size, limit = table[:4]
    pixels = []
    item = 0
    while at < end and len(pixels) < most:
        token = data[at]
        at += 1
        run = 1
        if size:
            item = token
            if size == 2:
                item += data[at] << 8
                at += 1
        elif token < 192:
            if token > 127:
                token = (token & 63) << 8 | data[at]
                at += 1
            item += (token + 1) >> 1 if token & 1 else -(token >> 1)
        elif token < 224:
            run = token - 191
        elif token < 240:
            run = ((token & 15) << 8 | data[at]) + 1
            at += 1
        else:
            item = data[at] | data[at + 1] << 8
            at += 2
        pixels += [0 if item >= limit else table[4 + (item & 255)]] * run
    if len(pixels) > most:
        return 0
    for place, pixel in enumerate(pixels):
        out[place] = pixel
    return len(pixels)


def palette() -> "array[int]":
    """The table that `paint` looks colours up in. Neighbouring counts differ a little; 256 counts later colours come again."""
    table = array("H", [0] * 260)
    for count in range(256):
        # Three waves of equal length, a third apart, made of straight lines; dark first.
        wave = [abs((count * 5 + shift) % 512 - 256) for shift in (256, 426, 86)]
        red, green, blue = [min(255, level) for level in wave]
        pixel = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
        table[4 + count] = (pixel & 255) << 8 | pixel >> 8  # memory is little-endian, and the display takes the high byte first
    return table


def paint(data: bytes, points: int, limit: int, table: "array[int]", out: "array[int]") -> "array[int]":
    """Write the pixels of a tile's squeezed counts to `out`, an array "H" of at least so many points; `limit` is black.

    Raises ValueError for data that is no tile of so many points.
    """
    code = data[0]
    table[0] = len(data)
    table[1] = points
    table[2] = 0 if code > 127 else 2 if code == 72 else 1
    table[3] = limit
    if code & 127 not in (72, 121) or _paint(3 if code > 127 else 1, out, data, table) != points:
        raise ValueError("no tile of %d points" % points)
    return out
