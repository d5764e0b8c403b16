"""The product of two matrices of whole numbers, a tile a call: 3 KB out and 256 bytes back, for 6144 products.

Try it: `shoal run --on 'virtual:4xpico?pace=real' matrix.py`.

Each tile of 8 x 8 travels with the 8 rows and the 8 columns that it is made of, so every number of both matrices is sent
twelve times. That is what a board that can keep neither matrix has to pay.
"""

from array import array
from collections.abc import Sequence

from shoal import Cluster

SIZE, TILE = 96, 8
CALLS = (SIZE // TILE) ** 2


def tile(rows: "array[int]", columns: "array[int]", size: int) -> "array[int]":
    """The products of every row with every column, each of `size` numbers that lie side by side."""
    products = array("i")
    for first in range(0, len(rows), size):
        for other in range(0, len(columns), size):
            total = 0
            for k in range(size):
                total += rows[first + k] * columns[other + k]
            products.append(total)
    return products


def arguments(calls: int = CALLS) -> tuple[Sequence[object], Sequence[object], Sequence[int]]:
    """What `map` takes after the function, for the first so many tiles."""
    across = [_lines(top, 7, 3, 101) for top in range(0, SIZE, TILE)]
    down = [_lines(left, 11, 5, 97) for left in range(0, SIZE, TILE)]
    tiles = [(rows, columns) for rows in across for columns in down][:calls]
    return [rows for rows, _ in tiles], [columns for _, columns in tiles], [SIZE] * len(tiles)


def _lines(first: int, step: int, along: int, modulus: int) -> "array[int]":
    """TILE rows or columns, one behind the other: whole numbers within 50 of 0."""
    return array("h", [(step * line + along * k) % modulus - 50 for line in range(first, first + TILE) for k in range(SIZE)])


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        tiles = list(cluster.map(tile, *arguments()))
    print(f"{CALLS} tiles of {TILE} x {TILE}; their sum is {sum(map(sum, tiles))}")


if __name__ == "__main__":
    main()
