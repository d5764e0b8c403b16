"""What a bus was used for, added up from what its controller counts, and the line that an account ends with."""

from dataclasses import dataclass, field
from operator import add

from shoal.bus.trunk import Counted
from shoal.model import BusAccount

_BITS = {"i2c": 9, "uart": 10}  # that a byte takes on the wire

_NOTHING = Counted(0.0, 0.0, 0, 0, 0, 0, 0, 0)


@dataclass
class Use:
    """Sums over the spans in which the bus carried something for us. Seconds are the controller's; bytes are payload."""

    bus: str = ""  # its wire and its frequency in Hz, as the controller says: "i2c 400000"
    total: Counted = _NOTHING
    troubles: dict[int, str] = field(default_factory=dict)  # code -> sentence, in the order of their coming

    def add(self, span: Counted) -> None:
        """What was counted since the span before."""
        if not (span.bytes_in or span.bytes_out):
            span = span._replace(seconds=0.0, busy_s=0.0)
        self.total = Counted._make(map(add, self.total, span))

    @property
    def byte_us(self) -> float:
        """Microseconds for which a byte of payload keeps the bus busy, at least: nine bits on I2C, ten on a UART; 0: unknown."""
        words = self.bus.split()
        bits = _BITS.get(words[0], 0) if len(words) == 2 and words[1].isdecimal() else 0
        return bits * 1e6 / int(words[1]) if bits and int(words[1]) else 0.0

    @property
    def share(self) -> float:
        """The part of the time that the bus was busy, 0 to 1."""
        return min(1.0, self.total.busy_s / self.total.seconds) if self.total.seconds else 0.0

    @property
    def rate(self) -> float:
        """Payload in bytes a second, both ways together."""
        return (self.total.bytes_in + self.total.bytes_out) / self.total.seconds if self.total.seconds else 0.0

    def account(self) -> BusAccount:
        """The sums as they stand."""
        return BusAccount(self.bus, *self.total, troubles=tuple(self.troubles.values()))

    def __str__(self) -> str:
        name = f"bus ({self.bus})" if self.bus else "bus"
        told = [f"{name}: {self.share:.0%} busy while it carried data", f"{self.rate / 1000:.1f} kB/s payload"]
        total = self.total
        amiss = ((total.retries, "packet{s} sent again"), (total.left, "board{s} left it"), (total.clashes, "clash{es}"))
        for count, what in amiss:
            if count:
                told.append(f"{count} {what.format(s='s' * (count > 1), es='es' * (count > 1))}")
        return ", ".join(told)
