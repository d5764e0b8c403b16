"""Ray, from nothing."""

import logging
import sys

import ray


def same(value: int) -> int:
    return value


def main() -> None:
    ray.init(
        num_cpus=int(sys.argv[1]),
        include_dashboard=False,
        _node_ip_address="127.0.0.1",
        logging_level=logging.ERROR,
    )
    remote = ray.remote(same)
    print("first", ray.get(remote.remote(1)), flush=True)
    print("ready", sum(ray.get([remote.remote(i) for i in range(1000)])), flush=True)
    sys.stdin.read()
    ray.shutdown()


if __name__ == "__main__":
    main()
