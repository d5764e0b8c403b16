"""Pi by throwing points at a square: two small numbers out, one back, and nothing but computing between.

Try it: `shoal run --on 'virtual:4xpico?pace=real' montecarlo.py`.
"""

from collections.abc import Sequence

from shoal import Cluster

POINTS = 1500
CALLS = 160


def hits(seed: int, points: int) -> int:
    """How many of so many random points of the unit square lie within the unit circle."""
    found = 0
    state = seed * 2 + 1
    for _ in range(points):
        state = (state * 8121 + 28411) % 134456  # its products stay below 2**30: small integers on every board
        x = state / 134456
        state = (state * 8121 + 28411) % 134456
        y = state / 134456
        if x * x + y * y <= 1.0:
            found += 1
    return found


def arguments(calls: int = CALLS) -> tuple[Sequence[int], Sequence[int]]:
    """What `map` takes after the function: a seed for each call."""
    return range(calls), [POINTS] * calls


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        found = sum(cluster.map(hits, *arguments()))
    print(f"pi is about {4 * found / (CALLS * POINTS):.4f} ({CALLS * POINTS} points)")


if __name__ == "__main__":
    main()
