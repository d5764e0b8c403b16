"""The touch controller XPT2046: answers each control byte with 12 bits, and pulls its interrupt line low while it is touched.

Control byte: bit 7 start, bits 6 to 4 the channel (5: across, 1: down, 3 and 4: pressure). The answer follows in the next two
bytes, behind one clock in which the chip converts: 12 bits, high bit first, then three zeros.
"""

from shoal.virtual.breadboard.devices.model import Drive, Model
from shoal.virtual.breadboard.wired import Device

_ACROSS, _DOWN, _Z1, _Z2 = 5, 1, 3, 4
# What PicoCray's panel gives at its edges, of 4096: left, right, and bottom, top.
EDGES_ACROSS, EDGES_DOWN = (412, 3575), (3625, 512)


class Touch(Model):
    """The panel in front of a display of 240 x 320. Without chip select it is always selected."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._selected = "cs" not in device.pins
        self._at: tuple[int, int] | None = None
        self._answer = b""

    def attach(self, drive: Drive) -> None:
        """See Model. The interrupt line is pulled up inside the chip."""
        super().attach(drive)
        self.drive("irq", 1)

    def press(self, x: int, y: int) -> None:
        """A finger at a pixel of the display."""
        self._at = x, y
        self.drive("irq", 0)

    def release(self) -> None:
        """No finger."""
        self._at = None
        self.drive("irq", 1)

    def changed(self, us: int, role: str, level: int) -> None:
        """See Model."""
        if role == "cs":
            self._selected = not level
            self._answer = b""

    def spi(self, us: int, data: bytes) -> bytes:
        """See Model."""
        if not self._selected:
            return bytes(len(data))
        out = bytearray()
        for byte in data:
            out += self._answer[:1] or b"\0"
            self._answer = self._answer[1:]
            if byte & 0x80:
                self._answer = (self._measure(byte >> 4 & 7) << 3).to_bytes(2, "big")
        return bytes(out)

    def _measure(self, channel: int) -> int:
        if self._at is None:
            return {_Z2: 4095}.get(channel, 0)
        x, y = self._at
        raw = {_ACROSS: _between(EDGES_ACROSS, x, 240), _DOWN: _between(EDGES_DOWN, y, 320), _Z1: 1000, _Z2: 3000}
        return raw.get(channel, 0)


def _between(edges: tuple[int, int], place: int, size: int) -> int:
    return edges[0] + (edges[1] - edges[0]) * place // size
