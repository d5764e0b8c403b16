"""mpi4py.futures, from nothing; started under mpiexec."""

import sys

from mpi4py.futures import MPIPoolExecutor


def same(value: int) -> int:
    return value


def main() -> None:
    with MPIPoolExecutor(int(sys.argv[1])) as pool:
        print("first", pool.submit(same, 1).result(), flush=True)
        print("ready", sum(pool.map(same, range(1000))), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
