"""Prime search by trial division: two numbers out, one back; a later stretch costs more than an earlier one.

Try it: `shoal run --on 'virtual:4xpico?pace=real' primes.py`.
"""

from collections.abc import Sequence

from shoal import Cluster

STRETCH = 250
CALLS = 160


def primes(low: int, high: int) -> int:
    """How many numbers from `low` to below `high` are prime."""
    found = 0
    for number in range(max(low, 2), high):
        divisor = 2
        while divisor * divisor <= number:
            if number % divisor == 0:
                break
            divisor += 1
        else:
            found += 1
    return found


def arguments(calls: int = CALLS) -> tuple[Sequence[int], Sequence[int]]:
    """What `map` takes after the function: so many stretches of numbers, from 0 on."""
    lows = range(0, calls * STRETCH, STRETCH)
    return lows, [low + STRETCH for low in lows]


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        found = sum(cluster.map(primes, *arguments()))
    print(f"{found} primes below {CALLS * STRETCH}")


if __name__ == "__main__":
    main()
