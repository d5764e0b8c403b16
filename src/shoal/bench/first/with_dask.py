"""Dask distributed, from nothing."""

import logging
import sys

from distributed import Client, LocalCluster


def same(value: int) -> int:
    return value


def main() -> None:
    with (
        LocalCluster(
            host="127.0.0.1",
            dashboard_address=None,
            processes=True,
            n_workers=int(sys.argv[1]),
            threads_per_worker=1,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
    ):
        print("first", client.submit(same, 1).result(), flush=True)
        print("ready", sum(client.gather(client.map(same, range(1000)))), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
