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
        self._dice = random.Random(f"{seed} in"), random.Random(f"{seed} out")
        self._mask = self._dice[1].randrange(1, 256)  # of the next damaged byte outwards
        self._noise = math.log1p(-noise)
        self._gaps = [self._gap(0), self._gap(1)]  # undamaged bytes still to pass: inwards, outwards

    def _gap(self, way: int) -> int:
        """Bytes until the next damaged one: geometrically distributed, so that no byte is looked at for nothing."""
        return int(math.log(1 - self._dice[way].random()) / self._noise)

    def _damage(self, data: memoryview) -> None:
        at = self._gaps[0]
        while at < len(data):
            data[at] ^= self._dice[0].randrange(1, 256)
            self.flipped += 1
            at += 1 + self._gap(0)
        self._gaps[0] = at - len(data)

    def fileno(self) -> int:
        return self._link.fileno()

    def receive_into(self, buffer: memoryview) -> int:
        count = self._link.receive_into(buffer)
        if count > 0:
            self._damage(buffer[:count])
        return count

    def send(self, data: memoryview) -> int:
        # One byte at the most is damaged per call: what is not taken must be offered again unchanged.
        whole = self._gaps[1]
        if whole:
            count = self._link.send(data[:whole])
            self._gaps[1] -= max(0, count)
            return count
        count = self._link.send(memoryview(bytes([data[0] ^ self._mask])))
        if count > 0:  # else it is offered again, and must be damaged in the same way
            self.flipped += 1
            self._mask = self._dice[1].randrange(1, 256)
            self._gaps[1] = self._gap(1)
        return count

    def close(self) -> None:
        self._link.close()
