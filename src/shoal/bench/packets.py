"""What went over the USB cable of an emulated board, and when by the board's clock: read from the trace that the board's process
writes."""

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import NamedTuple

from shoal import clock
from shoal.errors import ShoalError

_QUIET_S = 0.2  # nothing for so long, here, means that a board has nothing more to say: its packets are at most 2 ms apart
_LIMIT_S = 120.0
_FULL = 64  # bytes


class Packet(NamedTuple):
    """Bytes that went "in" to the board or "out" of it; `at_s`: seconds of the board's clock."""

    at_s: float
    way: str
    size: int


class Trace:
    """The trace of the only board in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = 0

    def during(self, action: Callable[[], object], way: str = "out", expected: int = 0) -> list[Packet]:
        """The packets from the beginning of `action` until `expected` bytes have gone one way and all is quiet again."""
        self._settle()
        self._take()
        action()
        packets = []
        end = clock.now() + _LIMIT_S
        while True:
            self._settle()
            packets += self._take()
            if sum(packet.size for packet in packets if packet.way == way) >= expected or clock.now() > end:
                return packets

    def _file(self) -> Path:
        files = list(self._folder.glob("*.packets"))
        if len(files) != 1:
            raise ShoalError(f"{len(files)} boards wrote a trace; this figure is measured on one: emulated:1xpico")
        return files[0]

    def _settle(self) -> None:
        size = -1
        end = clock.now() + _LIMIT_S
        while (now := self._file().stat().st_size) != size:
            if clock.now() > end:
                raise ShoalError(f"the board was not quiet for {_LIMIT_S:.0f} s")
            size = now
            sleep(_QUIET_S)

    def _take(self) -> list[Packet]:
        with self._file().open() as file:
            file.seek(self._read)
            text = file.read()
            whole = text[: text.rfind("\n") + 1]
            self._read += len(whole)
        return [Packet(int(at) / 1e9, way, int(size)) for at, way, size in map(str.split, whole.splitlines())]


def rate(packets: list[Packet], way: str, payload: int) -> float:
    """KB/s (1000 bytes) at which the last `payload` bytes went one way. Raises ShoalError if not so many went at all.

    The time ends with the last full packet: what comes later, such as a prompt, is not part of the load.
    """
    going = [packet for packet in packets if packet.way == way]
    ends = [packet.at_s for packet in going if packet.size >= _FULL]
    while going and sum(packet.size for packet in going[1:]) >= payload:
        del going[0]
    if sum(packet.size for packet in going) < payload or not ends:
        raise ShoalError(f"{sum(packet.size for packet in going)} bytes went {way}, and {payload} should have")
    return payload / (ends[-1] - going[0].at_s) / 1e3


def turnaround_ms(packets: list[Packet]) -> float:
    """Milliseconds from the first byte in to the last byte out."""
    first = next(packet.at_s for packet in packets if packet.way == "in")
    return (max(packet.at_s for packet in packets if packet.way == "out") - first) * 1e3
