"""Sorting: each call sorts 512 numbers, and this computer merges what comes back. 2 KB out and 2 KB back for a short computation.

Try it: `shoal run --on 'virtual:4xpico?pace=real' sort.py`.
"""

from array import array
from collections.abc import Sequence
from heapq import merge

from shoal import Cluster

NUMBERS = 512
CALLS = 160


def in_order(numbers: "array[int]") -> "array[int]":
    """The same numbers, smallest first."""
    return array("i", sorted(numbers))


def arguments(calls: int = CALLS) -> tuple[Sequence["array[int]"]]:
    """What `map` takes after the function: numbers of a linear congruential generator, so many parts of them."""
    parts = []
    number = 1
    for _ in range(calls):
        part = array("i")
        for _ in range(NUMBERS):
            number = (number * 1664525 + 1013904223) & 0xFFFFFFFF
            part.append(number >> 2)
        parts.append(part)
    return (parts,)


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        numbers = list(merge(*cluster.map(in_order, *arguments())))
    print(f"{len(numbers)} numbers in order, from {numbers[0]} to {numbers[-1]}")


if __name__ == "__main__":
    main()
