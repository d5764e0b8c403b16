"""What the simulation sees of any device: pins that change, bytes shifted in and out, pins that the device drives."""

from collections.abc import Callable

from shoal.virtual.breadboard.wired import Device

Drive = Callable[[str, int | None], None]


class Model:
    """A device that takes no notice of anything. All times are virtual microseconds; levels are 0 or 1."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._drive: Drive | None = None

    def attach(self, drive: Drive) -> None:
        """`drive(role, level)` sets the level that the device gives to one of its own pins; None lets go of it."""
        self._drive = drive

    def changed(self, us: int, role: str, level: int) -> None:
        """The level at one of its pins is now this; called for each pin once at the beginning."""

    def spi(self, us: int, data: bytes) -> bytes:
        """Bytes shifted in at its data pin; returns as many, shifted out at the same time."""
        return bytes(len(data))

    def drive(self, role: str, level: int | None) -> None:
        """Set the level of one of its own pins, if it is wired and attached."""
        if self._drive is not None and role in self.device.pins:
            self._drive(role, level)
