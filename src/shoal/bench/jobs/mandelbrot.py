"""The Mandelbrot set, a row a call: 1 number out and 96 bytes back; the dearest row costs some twenty times the cheapest.

Try it: `shoal run --on 'virtual:4xpico?pace=real' mandelbrot.py`.
"""

from collections.abc import Sequence

from shoal import Cluster

CALLS = 96


def row(y: int, height: int) -> bytes:
    """Steps until each of the 96 points of row `y` of `height` escapes, 60 at most."""
    counts = bytearray(96)
    imaginary = 2.4 * y / height - 1.2
    for x in range(96):
        real = 3.0 * x / 96 - 2.1
        a = b = 0.0
        count = 0
        while count < 60 and a * a + b * b < 4.0:
            a, b = a * a - b * b + real, 2.0 * a * b + imaginary
            count += 1
        counts[x] = count
    return bytes(counts)


def arguments(calls: int = CALLS) -> tuple[Sequence[int], Sequence[int]]:
    """What `map` takes after the function, for a picture of so many rows."""
    return range(calls), [calls] * calls


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        rows = list(cluster.map(row, *arguments()))
    print(f"{sum(line.count(60) for line in rows)} of {CALLS * 96} points did not escape")


if __name__ == "__main__":
    main()
