"""The memory of an I2C target, which a board and the controllers of its bus share, each seeing it at its own times.

The board's program sees what controllers wrote when it is answered, and its own writes are seen when it asks. In between `base`
is what the program knows; what differs from it was written by the program.
"""

from typing import Any

_BLOCK = 64  # bytes; memory is compared in such blocks


class Target:
    """`owner`: the session of its board. `nets`: names of its SCL and SDA. `places`: bytes that select a place in it."""

    def __init__(self, owner: object, number: int, places: int, memory: bytes) -> None:
        self.owner = owner
        self.number = number
        self.places = places
        self.memory = bytearray(memory)
        self.base = bytes(memory)
        self.address: int | None = None
        self.wire: Any = None  # the bus that it is on
        self.twin: Target | None = None  # a fault: it answers at the address of this one
        self.watched = 0  # ends of transfers that the program wants to hear of, as bits
        self.written: list[list[int]] = []  # [first, end) that the program has not been told
        self.ended = 0  # ends of transfers that it has not been told
        self._at = 0
        self._wanted = 0

    def answers(self, address: int) -> bool:
        """Whether it takes an address for its own."""
        own = self.twin.address if self.twin and self.twin.address is not None else self.address
        return own == address and bool(self.memory)

    def called(self) -> None:
        """A write begins: the next bytes are a place."""
        self._at, self._wanted = 0, self.places

    def accept(self, data: bytes) -> None:
        """A controller writes: a place first, then what belongs there. Places wrap."""
        while self._wanted and data:
            self._at = self._at << 8 | data[0]
            self._wanted -= 1
            data = data[1:]
        size = len(self.memory)
        if not self._wanted:
            self._at %= size
        while data:
            end = min(size, self._at + len(data))
            self.memory[self._at : end] = data[: end - self._at]
            if self.written and self.written[-1][1] == self._at:
                self.written[-1][1] = end
            else:
                self.written.append([self._at, end])
            data = data[end - self._at :]
            self._at = end % size

    def give(self, count: int) -> bytes:
        """A controller reads on from the place."""
        self._at %= len(self.memory)
        data = bytes(self.memory[self._at : self._at + count])
        while len(data) < count:
            data += self.memory[: count - len(data)]
        self._at = (self._at + count) % len(self.memory)
        return data

    def publish(self, memory: bytes) -> None:
        """The program's memory as it is now: what it changed becomes visible."""
        own, base = self.memory, self.base
        if not self.written:
            own[:] = memory
        else:
            for at in range(0, len(own), _BLOCK):
                new, old = memory[at : at + _BLOCK], base[at : at + _BLOCK]
                if new != old:
                    if own[at : at + _BLOCK] == old:
                        own[at : at + _BLOCK] = new
                    else:
                        for place, (one, two) in enumerate(zip(new, old, strict=True), at):
                            if one != two:
                                own[place] = one
        self.base = bytes(memory)

    def news(self) -> list[tuple[int, bytes]]:
        """What controllers wrote since the last time, as (place, bytes)."""
        if not self.written:
            return []
        found = [(first, bytes(self.memory[first:end])) for first, end in self.written]
        self.written = []
        base = bytearray(self.base)
        for first, data in found:
            base[first : first + len(data)] = data
        self.base = bytes(base)
        return found
