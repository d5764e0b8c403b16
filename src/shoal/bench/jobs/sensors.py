"""Sensor fan-in: each call fetches what a sensor stored, 1 KB back for two small numbers out and hardly any computing.

Try it: `shoal run --on 'virtual:4xpico?pace=real' sensors.py`.

There are no sensors: a reading is a number that follows from the sensor's number and its own, so that every board "reads" the
same. What is real is the traffic.
"""

from collections.abc import Sequence

from shoal import Cluster

READINGS = 128
CALLS = 640


def readings(sensor: int, first: int) -> bytes:
    """128 readings of a sensor, from its reading `first` on: 8 bytes each."""
    stored = bytearray()
    for number in range(first, first + 128):
        stored += ((sensor * 4096 + number) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")
    return bytes(stored)


def arguments(calls: int = CALLS) -> tuple[Sequence[int], Sequence[int]]:
    """What `map` takes after the function: 16 sensors in turn, each from where it was left."""
    return [call % 16 for call in range(calls)], [call // 16 * READINGS for call in range(calls)]


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        size = sum(map(len, cluster.map(readings, *arguments())))
    print(f"{size // 8} readings of 16 sensors, {size} bytes")


if __name__ == "__main__":
    main()
