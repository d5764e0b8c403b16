"""loky, from nothing."""

import sys

from joblib.externals import loky


def same(value: int) -> int:
    return value


def main() -> None:
    with loky.ProcessPoolExecutor(int(sys.argv[1])) as pool:
        print("first", pool.submit(same, 1).result(), flush=True)
        print("ready", sum(pool.map(same, range(1000))), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
