"""The Mandelbrot set, one row a task.

    python examples/mandelbrot.py --on virtual:4xpico --output mandelbrot.png

Virtual boards count in 64-bit floats, as this computer does, so both get the same picture to the last pixel.
(A real Pico has 32-bit floats: a few pixels at the rim of the set would differ.)
"""

import argparse
import sys
from itertools import repeat

from shoal import Cluster

try:
    from PIL import Image
except ImportError:
    Image = None

SHADES = " .:-=+*#%@"


def row(y, width=320, height=240, limit=100):
    """One byte a point: the number of steps until it escapes, at most `limit`."""
    counts = bytearray(width)
    for x in range(width):
        real, imag = 3.5 * x / width - 2.5, 2.5 * y / height - 1.25
        a = b = 0.0
        step = 0
        while step < limit and a * a + b * b <= 4:
            a, b = a * a - b * b + real, 2 * a * b + imag
            step += 1
        counts[x] = step
    return bytes(counts)


def main():
    parser = argparse.ArgumentParser(description="The Mandelbrot set on a cluster.")
    parser.add_argument("--on", metavar="SPEC", help="the cluster, for example virtual:4xpico?pace=real")
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--output", metavar="PNG", help="write the picture here (needs Pillow)")
    args = parser.parse_args()
    width, height = args.width, args.height
    if width < 1 or height < 1:
        parser.error("--width and --height must be at least 1")
    if args.output and Image is None:
        parser.error("--output needs Pillow: pip install pillow")

    with Cluster(args.on) as cluster:
        rows = list(cluster.map(row, range(height), repeat(width), repeat(height)))
        account = cluster.account()

    for line in rows[:: max(1, height // 24)]:
        print("".join(SHADES[count * 9 // 100] for count in line[:: max(1, width // 72)]))
    if args.output:
        shades = bytes(255 - count * 255 // 100 for line in rows for count in line)
        Image.frombytes("L", (width, height), shades).save(args.output)
        print(f"wrote {args.output}")
    print(account)

    if rows != [row(y, width, height) for y in range(height)]:
        sys.exit("WRONG: the boards' picture differs from this computer's")
    print(f"checked: all {width * height} points are what plain Python computes")


if __name__ == "__main__":
    main()
