"""A link that damages bytes, to show that nothing goes wrong when a real one does. Repeatable by its seed."""

import math
import random

from shoal.links import Link


class NoisyLink:
    """Another link, with each byte flipped to another value with probability `noise`, both ways."""

    lossy = True

    def __init__(self, link: Link, noise: float, seed: int) -> None:
        """Raises ValueError unless 0 < noise < 1."""
        if not 0 < noise < 1:
            raise ValueError(f"noise is a probability between 0 and 1, not {noise}")
        self.name = link.name
        self.flipped = 0
        self._link = link
        self._random = random.Random(seed)
        self._noise = math.log1p(-noise)
        self._gaps = [self._gap(), self._gap()]  # undamaged bytes still to pass: inwards, outwards

    def _gap(self) -> int:
        """Bytes until the next damaged one: geometrically distributed, so that no byte is looked at for nothing."""
        return int(math.log(1 - self._random.random()) / self._noise)

    def _damage(self, data: memoryview, way: int) -> None:
        at = self._gaps[way]
        while at < len(data):
            data[at] ^= self._random.randrange(1, 256)
            self.flipped += 1
            at += 1 + self._gap()
        self._gaps[way] = at - len(data)

    def fileno(self) -> int:
        return self._link.fileno()

    def receive_into(self, buffer: memoryview) -> int:
        count = self._link.receive_into(buffer)
        if count > 0:
            self._damage(buffer[:count], 0)
        return count

    def send(self, data: memoryview) -> int:
        # One byte at the most is damaged per call: what is not taken must be offered again unchanged.
        whole = self._gaps[1]
        if whole:
            count = self._link.send(data[:whole])
            self._gaps[1] -= max(0, count)
            return count
        damaged = bytearray(data[:1])
        self._damage(memoryview(damaged), 1)
        count = self._link.send(memoryview(damaged))
        if count <= 0:
            self._gaps[1] = 0
        return count

    def close(self) -> None:
        self._link.close()
