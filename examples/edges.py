"""Find the edges in a photo (PNG, JPEG, ...): each task treats one strip of the picture.

    python examples/edges.py photo.jpg edges.png --on virtual:4xpico

A pixel's edge strength needs its eight neighbours, so each strip travels with the row above it and the row
below it. The boards run machine code (`@micropython.viper`), dozens of times faster than Python there. It
counts in whole numbers, so boards and this computer agree on every pixel.
"""

import argparse
import sys
from itertools import repeat

from shoal import Cluster, micropython
from shoal.micropython import ptr8

try:
    from PIL import Image, ImageOps
except ImportError:
    sys.exit("this example needs Pillow: pip install pillow")

STRIP_BYTES = 16_384


@micropython.viper
def edges(strip, width: int):
    """Sobel's edge strength of a strip of grey pixels (bytes, row by row), without its first and last row."""
    size = int(len(strip)) - 2 * width  # noqa: RUF046 - viper's int() makes a machine integer of an object
    strength = bytearray(size)
    pixel = ptr8(strip)
    result = ptr8(strength)
    for row in range(size // width):
        # a, m, b: the places in the strip of the pixel above, of the pixel itself and of the pixel below.
        for a in range(row * width + 1, row * width + width - 1):
            m = a + width
            b = m + width
            across = pixel[a + 1] + 2 * pixel[m + 1] + pixel[b + 1]
            across -= pixel[a - 1] + 2 * pixel[m - 1] + pixel[b - 1]
            down = pixel[b - 1] + 2 * pixel[b] + pixel[b + 1]
            down -= pixel[a - 1] + 2 * pixel[a] + pixel[a + 1]
            if across < 0:
                across = -across
            if down < 0:
                down = -down
            result[a] = across + down if across + down < 255 else 255
    return strength


def plain_edges(strip, width):
    """The same in plain Python, to check the boards against."""
    strength = bytearray(len(strip) - 2 * width)
    for start in range(0, len(strength), width):
        for a in range(start + 1, start + width - 1):
            m = a + width
            b = m + width
            left = strip[a - 1] + 2 * strip[m - 1] + strip[b - 1]
            right = strip[a + 1] + 2 * strip[m + 1] + strip[b + 1]
            top = strip[a - 1] + 2 * strip[a] + strip[a + 1]
            bottom = strip[b - 1] + 2 * strip[b] + strip[b + 1]
            strength[a] = min(255, abs(right - left) + abs(bottom - top))
    return strength


def strips(pixels, width, height):
    """The picture in strips of about STRIP_BYTES, each with one row more at the top and at the bottom."""
    rows = max(1, STRIP_BYTES // width)
    for first in range(1, height - 1, rows):
        last = min(first + rows, height - 1)
        yield pixels[(first - 1) * width : (last + 1) * width]


def main():
    parser = argparse.ArgumentParser(description="Find the edges in a photo on a cluster.")
    parser.add_argument("photo", help="a picture that Pillow can read")
    parser.add_argument("output", help="where to write the edges, for example edges.png")
    parser.add_argument("--on", metavar="SPEC", help="the cluster, for example virtual:4xpico?pace=real")
    args = parser.parse_args()
    try:
        grey = ImageOps.exif_transpose(Image.open(args.photo)).convert("L")
    except OSError as error:
        parser.error(f"cannot read the photo: {error}")
    width, height = grey.size
    if width < 3 or height < 3:
        parser.error("the photo must be at least 3 by 3 pixels")
    pixels = grey.tobytes()

    with Cluster(args.on) as cluster:
        found = b"".join(cluster.map(edges, strips(pixels, width, height), repeat(width)))
        account = cluster.account()

    # The outermost rows have no neighbours on one side: they stay black.
    black = bytes(width)
    Image.frombytes("L", (width, height), black + found + black).save(args.output)
    mean = sum(found) / len(found)
    print(f"wrote {args.output}: {width} by {height} pixels, mean edge strength {mean:.2f}")
    print(account)

    if found != plain_edges(pixels, width):
        sys.exit("WRONG: the boards' picture differs from this computer's")
    print("checked: every pixel is what plain Python computes")


if __name__ == "__main__":
    main()
