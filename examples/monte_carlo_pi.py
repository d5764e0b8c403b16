"""Pi by chance: throw points into a square and count those inside the quarter circle.

    python examples/monte_carlo_pi.py --on virtual:4xpico --points 1000000

The points come from one long random sequence. Each task takes it up where the task before it ends, so the
answer does not depend on how many boards share the work. Every number stays below 2**30: with those a 32-bit
MicroPython computes without allocating memory.
"""

import argparse
import sys

from shoal import Cluster

BLOCK = 10_000

# L'Ecuyer's combined generator for 16-bit computers (1988): three multipliers and moduli; its period is 8e12.
GENERATORS = ((157, 32363), (146, 31727), (142, 31657))


def points_inside(a, b, c, points):
    """How many of the next `points` points are inside; a, b, c is the state of the generators."""
    inside = 0
    for _ in range(points):
        a = a * 157 % 32363
        b = b * 146 % 31727
        c = c * 142 % 31657
        x = (a - b + c) % 32362
        a = a * 157 % 32363
        b = b * 146 % 31727
        c = c * 142 % 31657
        y = (a - b + c) % 32362
        # x*x + y*y < r*r, written so that no number reaches 2**30.
        if y * y < 32362 * 32362 - x * x:
            inside += 1
    return inside


def state_after(points):
    """The state of the generators after `points` points, without computing those."""
    return [pow(multiplier, 2 * points, modulus) for multiplier, modulus in GENERATORS]


def main():
    parser = argparse.ArgumentParser(description="Pi by the Monte Carlo method on a cluster.")
    parser.add_argument("--on", metavar="SPEC", help="the cluster, for example virtual:4xpico?pace=real")
    parser.add_argument("--points", type=int, default=1_000_000)
    args = parser.parse_args()
    if args.points < 1:
        parser.error("--points must be at least 1")
    starts = range(0, args.points, BLOCK)

    with Cluster(args.on) as cluster:
        tasks = [
            cluster.submit(points_inside, *state_after(start), min(BLOCK, args.points - start))
            for start in starts
        ]
        inside = sum(task.result() for task in tasks)
        account = cluster.account()

    print(f"{inside} of {args.points} points are inside: pi is about {4 * inside / args.points:.6f}")
    print(account)

    if inside != points_inside(*state_after(0), args.points):
        sys.exit("WRONG: the boards' count differs from this computer's")
    print("checked: the count is what plain Python gets in one go")


if __name__ == "__main__":
    main()
