"""How long a bus's wire is busy with one read or write of a mailbox: clocks, bytes, and what both ends do for each.

The figures are the ones that a breadboard charges (`shoal.charges`); each has its source there.
"""

from typing import Protocol

from shoal import charges
from shoal.errors import UsageError

# Of a UART's blocks: shoal_board.ports.remote and uart.
HEAD, CHECK, BLOCK = 8, 4, 4096  # bytes
PATIENCE_S = 0.003
PULLUP_OHM, LENGTH_M = 2350.0, 0.6  # PicoCray's: two resistors of 4.7 kOhm to a line


class BusWire(Protocol):
    """What moves bytes between a controller and a mailbox."""

    served: bool  # whether a mailbox is reached while its board computes
    byte_s: float  # seconds for which a byte of payload keeps the wire busy, at least

    def write_s(self, size: int) -> float:
        """Seconds to write so many bytes."""

    def read_s(self, size: int) -> float:
        """Seconds to read so many bytes."""

    def nobody_s(self) -> float:
        """Seconds to find that nobody has an address."""

    def unheard_s(self, size: int) -> float:
        """Seconds to find that a board does not answer: it was to take so many bytes, or (0) to give some."""


class I2cWire:
    """Two lines with pull-ups. A start, nine bits a byte, another start before reading, a stop; the place takes two bytes."""

    served = True  # a mailbox is reached while its board computes

    def __init__(self, hz: int, processors: int) -> None:
        self.byte_s = 9 / hz
        self._period = 1 / hz + charges.rise_s(PULLUP_OHM, LENGTH_M, 1 + processors)
        clocked = 9 * self._period
        self._byte = clocked + max(0.0, charges.STRETCH_NS * 1e-9 - charges.HIDDEN * clocked)
        self._call = charges.CHARGES_NS["i2c_call"] * 1e-9

    def write_s(self, size: int) -> float:
        """Seconds to write so many bytes: address and place go before them."""
        return self._call + 2 * self._period + (3 + size) * self._byte

    def read_s(self, size: int) -> float:
        """Seconds to read so many bytes: address, place, and the address again go before them."""
        return self._call + 3 * self._period + (4 + size) * self._byte

    def nobody_s(self) -> float:
        """Seconds to find that nobody has an address."""
        return self._call + 2 * self._period + self._byte

    def unheard_s(self, size: int) -> float:
        """As `nobody_s`: boards are reached whatever they do."""
        return self.nobody_s()


class UartWire:
    """Two lines: what the controller says all hear, and the boards share the line back. 8N1; Python serves both ends.

    A block is a mark and a head; to read, the board answers with bytes and check; to write, bytes and check follow, and the board
    answers with its check. Whoever does not answer within three milliseconds computes, or is not there.
    """

    served = False

    def __init__(self, baud: int) -> None:
        self.byte_s = 10 / baud
        charged = {name: value * 1e-9 for name, value in charges.CHARGES_NS.items()}
        self._call, self._tick, self._crc = charged["uart_call"], charged["ticks"], charged["served_crc_byte"]
        self._asks = charged["served_asks"]  # before a head is sent
        self._hears = charged["served_hears"] + charged["served_answers"]  # before what is asked for is given

    def write_s(self, size: int) -> float:
        """Seconds to write so many bytes."""
        sent, ready = self._headed(self._crc * size)
        sent = max(sent, ready + self._call) + (size + CHECK) * self.byte_s
        answers = sent + 3 * self._call + 4 * self._tick + self._crc * size
        return max(answers + CHECK * self.byte_s, ready + 4 * self._call) + 3 * self._tick

    def read_s(self, size: int) -> float:
        """Seconds to read so many bytes."""
        return sum(self._read_block(min(BLOCK, size - at)) for at in range(0, size, BLOCK))

    def _read_block(self, size: int) -> float:
        sent, ready = self._headed(0.0)
        answers = sent + self._tick + self._crc * (HEAD + size) + self._hears + 2 * self._call
        heard = max(answers + size * self.byte_s, max(sent, ready + self._call) + self._call)
        return max(answers + (size + CHECK) * self.byte_s, heard + self._call) + self._crc * size + 6 * self._tick

    def _headed(self, since: float) -> tuple[float, float]:
        """When mark and head are sent, and when the controller goes on."""
        began = since + self._asks + self._crc * HEAD + 2 * self._call
        sent = max(began + self.byte_s, began + self._call) + HEAD * self.byte_s
        return sent, began + self._call

    def nobody_s(self) -> float:
        """Seconds to find that nobody has an address."""
        return self.unheard_s(0)

    def unheard_s(self, size: int) -> float:
        """Seconds to find that a board does not answer."""
        sent, ready = self._headed(self._crc * size)
        if size:
            sent = max(sent, ready + self._call) + (size + CHECK) * self.byte_s
        return max(sent, ready + self._call) + self._call + 2 * self._tick + PATIENCE_S


def wired(wire: str, hz: int, processors: int) -> BusWire:
    """The wire of a bus with so many boards beside its controller. Raises UsageError for one that is not known."""
    if wire == "i2c":
        return I2cWire(hz, processors)
    if wire == "uart":
        return UartWire(hz)
    raise UsageError(f"a bus of {wire} cannot be predicted; known: i2c, uart")
