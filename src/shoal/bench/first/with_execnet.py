"""execnet, from nothing."""

import sys
from typing import Any

import execnet


def answer(channel: "Any") -> None:
    for value in channel:
        channel.send(value)


def main() -> None:
    group = execnet.Group(["popen"] * int(sys.argv[1]))
    channels = [gateway.remote_exec(answer) for gateway in group]
    channels[0].send(1)
    print("first", channels[0].receive(), flush=True)
    for value in range(1000):
        channels[value % len(channels)].send(value)
    print("ready", sum(channels[value % len(channels)].receive() for value in range(1000)), flush=True)
    sys.stdin.read()
    group.terminate(timeout=5)


if __name__ == "__main__":
    main()
