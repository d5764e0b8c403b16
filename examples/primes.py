"""All primes below N: each task sieves one stretch of numbers.

    python examples/primes.py 1000000 --on virtual:4xpico

Every stretch needs the primes up to the square root of N. They are sent once to each board (`cluster.put`),
not with every task.
"""

import argparse
import sys
from itertools import repeat
from math import isqrt

from shoal import Cluster

STRETCH = 10_000


def primes_between(low, high, small_primes):
    """The primes p with low <= p < high. `small_primes` holds all primes up to the square root of `high`."""
    composite = bytearray(high - low)
    for prime in small_primes:
        first = max(prime * prime, (low + prime - 1) // prime * prime)
        for multiple in range(first, high, prime):
            composite[multiple - low] = 1
    return [number for number in range(max(low, 2), high) if not composite[number - low]]


def primes_below(limit):
    """The primes below `limit`: all numbers but the multiples of smaller ones."""
    return primes_between(0, limit, range(2, isqrt(limit) + 1))


def main():
    parser = argparse.ArgumentParser(description="All primes below N on a cluster.")
    parser.add_argument("limit", metavar="N", type=int, nargs="?", default=500_000)
    parser.add_argument("--on", metavar="SPEC", help="the cluster, for example virtual:4xpico?pace=real")
    args = parser.parse_args()
    if args.limit < 3:
        parser.error("N must be at least 3")
    lows = range(0, args.limit, STRETCH)
    highs = [min(low + STRETCH, args.limit) for low in lows]

    with Cluster(args.on) as cluster:
        small_primes = cluster.put(primes_below(isqrt(args.limit) + 1))
        stretches = cluster.map(primes_between, lows, highs, repeat(small_primes))
        primes = [prime for stretch in stretches for prime in stretch]
        account = cluster.account()

    print(f"{len(primes)} primes below {args.limit}; the largest is {primes[-1]}")
    print(account)

    if primes != primes_below(args.limit):
        sys.exit("WRONG: the boards' primes differ from this computer's")
    print("checked: the primes are what plain Python finds")


if __name__ == "__main__":
    main()
