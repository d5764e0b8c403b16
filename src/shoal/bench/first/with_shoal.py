"""Shoal, from nothing."""

import sys

from shoal import Cluster


def same(value: int) -> int:
    return value


def main() -> None:
    with Cluster(sys.argv[1]) as cluster:
        print("first", cluster.submit(same, 1).result(), flush=True)
        print("ready", sum(cluster.map(same, range(1000))), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
