"""A light, and when it was lit."""

from shoal.virtual.breadboard.devices.model import Model
from shoal.virtual.breadboard.wired import Device


class Light(Model):
    """Lit while its pin is high. `changes`: (virtual us, 0 or 1), the first one first, each different from the one before."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self.changes: list[tuple[int, int]] = []

    @property
    def board(self) -> str:
        """The board whose light it is."""
        return self.device.pins["anode"][0]

    @property
    def lit(self) -> bool:
        """Whether it shines now."""
        return bool(self.changes and self.changes[-1][1])

    def changed(self, us: int, role: str, level: int) -> None:
        """See Model."""
        if level != self.lit:
            self.changes.append((us, level))

    def lit_us(self, since: int, until: int) -> int:
        """For how much of a time it was lit."""
        total, lit_from = 0, None
        for us, level in [*self.changes, (until, 0)]:
            if lit_from is not None:
                total += max(0, min(us, until) - max(lit_from, since))
            lit_from = us if level else None
        return total
