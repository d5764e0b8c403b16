"""What the emulator does otherwise than an RP2040 and its USB host, put right. For `rp2040py` 0.3.6; one class a correction.

Each takes the place of the emulator's own class, and says what that does and why it matters here.
"""

import asyncio
from collections.abc import Callable

from rp2040py.external.cyw43 import Cyw43439
from rp2040py.external.cyw43.nat import GATEWAY_IP, NatBridge, TcpReflector, UdpRelay
from rp2040py.external.cyw43.net import EthernetFrame
from rp2040py.peripherals.ssi import RPSSI
from rp2040py.peripherals.uart import RPUART, UARTDR, UARTTXINTR
from rp2040py.peripherals.usb import RPUSBController
from rp2040py.rp2040 import RP2040
from rp2040py.simulator import Simulator
from rp2040py.usb.cdc import USBCDC

from shoal import clock

_PACKET = 64  # bytes in a bulk packet at full speed
_PACKET_NS = 1_000_000 / 19  # 19 such packets fit a frame of 1 ms, USB 2.0 table 5-9
_ASK_AGAIN_NS = 100_000
_OUTBOX = 8192  # bytes for the board that wait here; more stay with the operating system
_AVAILABLE = 1 << 10 | 1 << 26  # of a buffer control register: buffer 0, buffer 1
_TICK_NS = 1_000_000
_AHEAD_S = 0.002
_HELD_S = 0.005
_CLOCK_NS = 8  # of 125 MHz
_READ_UNIQUE_ID = 0x4B
_DUMMY_BYTES = 4


class UsbHost(USBCDC):
    """The computer's end of the USB cable: at the pace of full speed, and only when there is something to move.

    Stock: (1) a board that waits for data gets an empty packet every 10 us. TinyUSB asks again at once, and 34,000 interrupts a
    second eat three quarters of the board; a real host polls, and the controller answers for the board. (2) What the board
    sends is gone the moment it is handed over, whether anybody reads it or not; a real cable takes its time, and a host that
    has no room makes the board wait. (3) What does not fit a queue of 512 bytes is dropped.
    """

    def __init__(self, usb: RPUSBController) -> None:
        super().__init__(usb)
        self.on_data: Callable[[bytes], None] = lambda data: None  # from the board
        self.has_room: Callable[[], bool] = lambda: True  # whether `on_data` may be called
        self.on_demand: Callable[[], None] = lambda: None  # the board has taken some of what was queued
        self.on_gone: Callable[[], None] = lambda: None  # the board was reset and fell off the bus
        self.on_packet: Callable[[int, str, bytes], None] = lambda at, way, data: None  # board's ns, "in" or "out", what
        self.on_serial_data = self._carried
        self._outbox = bytearray()
        self._wanted = 0  # bytes that the board has made room for
        self._last = -_PACKET_NS
        self._packets = 0  # of the transfer from the board that goes on
        self._carriage = bytearray()  # what is in them
        self._stock_read = usb.on_endpoint_read
        self._stock_ready = usb._indicate_buffer_ready
        self._stock_update = usb.dpram_updated
        usb.on_endpoint_read = self._read
        usb._indicate_buffer_ready = self._ready
        usb.dpram_updated = self._updated
        self._clock = usb.rp2040.clock
        self._deliver_alarm = self._clock.create_alarm(self._deliver)
        self._take_alarm = self._clock.create_alarm(self._take)
        self._delivering = False

    # --- to the board ---

    def send(self, data: bytes) -> bool:
        """Queue bytes for the board. False: that is enough until `on_demand`."""
        self._outbox += data
        self._arm()
        return len(self._outbox) < _OUTBOX

    def _read(self, endpoint: int, size: int) -> None:
        """The board waits for `size` bytes."""
        if endpoint == self._out_endpoint and endpoint > 0:
            self._wanted = size
            self._arm()
        elif self._stock_read:
            self._stock_read(endpoint, size)

    def _arm(self) -> None:
        if self._wanted and self._outbox and not self._delivering:
            self._delivering = True
            self._deliver_alarm.schedule(max(2000.0, self._last + _PACKET_NS - self._clock.nanos))

    def _deliver(self) -> None:
        self._delivering = False
        count = min(self._wanted, len(self._outbox), _PACKET)
        packet = bytes(self._outbox[:count])
        del self._outbox[:count]
        self._wanted = 0
        self._last = self._clock.nanos
        self.on_packet(int(self._last), "in", packet)
        self.usb._finish_read(self._out_endpoint, packet)
        if len(self._outbox) < _OUTBOX // 2:
            self.on_demand()

    # --- from the board ---

    def _updated(self, offset: int, value: int) -> None:
        """The board hands over one packet or two; `_ready` and `_carried` follow."""
        self._packets = (value & _AVAILABLE).bit_count()
        self._stock_update(offset, value)

    def _carried(self, data: bytes | bytearray) -> None:
        self._carriage += data

    def _ready(self, endpoint: int, out: bool) -> None:
        """A transfer is complete, says the stock controller: from the board, not before the cable has carried it."""
        if out or endpoint != self._in_endpoint or endpoint <= 0:
            self._stock_ready(endpoint, out)
        else:
            self._take_alarm.schedule(self._packets * _PACKET_NS)

    def _take(self) -> None:
        if not self.has_room():
            self._take_alarm.schedule(_ASK_AGAIN_NS)
            return
        data = bytes(self._carriage)
        self._carriage.clear()
        if data:
            self.on_packet(int(self._clock.nanos), "out", data)
            self.on_data(data)
        self._stock_ready(self._in_endpoint, False)

    # --- both ---

    def _on_controller_reset(self) -> None:
        self._outbox.clear()
        self._carriage.clear()
        self._wanted = 0
        self._delivering = False
        self._deliver_alarm.cancel()
        self._take_alarm.cancel()
        super()._on_controller_reset()
        self.on_gone()


class PacedSimulator(Simulator):
    """A clock that never runs ahead of the wall's, and a measure of how far it falls behind.

    Stock: a board that sleeps is moved to the end of its sleep at once, so that a second passes in no time, timeouts with it, and
    a host core burns for a board that does nothing. With `paced`, it sleeps here too. A board that computes is slower than real;
    the time it lost is not made up for later.
    """

    def __init__(self, rp2040: RP2040, paced: bool) -> None:
        super().__init__(rp2040=rp2040)
        self.busy_s = 0.0  # of the board's time, while its processor worked
        self.busy_wall_s = 0.0  # what that took here
        self._paced = paced
        self._ended = False
        self._ahead = 0.0
        self._since = (0.0, 0.0)  # wall and board, seconds: when they were last together
        self._alarm = self.clock.create_alarm(self._tick)

    def stop(self) -> None:
        self._ended = True
        super().stop()

    def _tick(self) -> None:
        self._alarm.schedule(_TICK_NS)
        wall, board = clock.now(), self.clock.nanos * 1e-9
        ahead = (board - self._since[1]) - (wall - self._since[0])
        if ahead < 0:
            self._since = wall, board
        elif ahead > _AHEAD_S:
            self._ahead = ahead
            self.stopped = True  # ends the batch

    async def execute(self) -> None:
        self.stopped = self._ended = False
        self._since = clock.now(), self.clock.nanos * 1e-9
        if self._paced:
            self._alarm.schedule(_TICK_NS)
        try:
            while not self._ended:
                if self.rp2040.run_pin_low:
                    await asyncio.sleep(_HELD_S)
                    continue
                self._measured_batch()
                pause, self._ahead = self._ahead, 0.0
                self.stopped = self._ended
                await asyncio.sleep(pause)
        finally:
            self.stopped = True

    def _measured_batch(self) -> None:
        began, nanos, cycles = clock.now(), self.clock.nanos, self.rp2040.core.cycles
        self._execute_batch()
        nanos = self.clock.nanos - nanos
        if (self.rp2040.core.cycles - cycles) * _CLOCK_NS * 2 > nanos:  # it slept less than half of the time
            self.busy_s += nanos * 1e-9
            self.busy_wall_s += clock.now() - began


class Uart(RPUART):
    """A UART whose transmit interrupt means that a byte has left.

    Stock: it is raised again by every write that clears it, and `machine.UART(...)` of MicroPython 1.20 and later never returns.
    """

    def check_interrupts(self) -> None:
        self.rp2040.set_interrupt(self.irq, bool(self._interrupt_status & self._interrupt_mask))

    def write_uint32(self, offset: int, value: int) -> None:
        super().write_uint32(offset, value)
        if offset == UARTDR:
            self._interrupt_status |= UARTTXINTR
            self.check_interrupts()


class Flash(RPSSI):
    """A flash chip with a unique id, which is the board's. Stock: every board answers ffffffffffffffff."""

    unique_id = b"\xff" * 8

    def _shift_byte(self, byte_out: int) -> int:
        answer: int = super()._shift_byte(byte_out)
        at = len(self._tx_buffer) - 2 - _DUMMY_BYTES
        if self._tx_buffer[0] == _READ_UNIQUE_ID and 0 <= at < len(self.unique_id):
            return self.unique_id[at]
        return answer


class ConfinedWifi(Cyw43439):
    """A Wi-Fi chip whose network is this computer alone: the gateway is 127.0.0.1, and there is nothing beyond.

    Stock: whatever the board dials is dialled on this computer's real network, and names are asked of a public server.
    """

    def attach(self, rp2040: RP2040) -> None:
        super().attach(rp2040)
        self.bus.nat_bridge = ConfinedBridge(rp2040, self.bus.queue_rx_ethernet_frame)


class ConfinedBridge(NatBridge):
    """TCP to the gateway, as a connection to 127.0.0.1; any other is refused, and other protocols are not carried."""

    def __init__(self, rp2040: RP2040, queue_ethernet_frame: Callable[[bytes], None]) -> None:
        super().__init__(rp2040, queue_ethernet_frame)
        self._tcp = TcpReflector(rp2040, queue_ethernet_frame, connect_fn=_dial)
        self._udp = _NoRelay(rp2040, queue_ethernet_frame)


async def _dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if host != ".".join(map(str, GATEWAY_IP)):
        raise ConnectionRefusedError(f"{host} is beyond the network of an emulated board")
    return await asyncio.open_connection("127.0.0.1", port)


class _NoRelay(UdpRelay):
    def maybe_handle(self, eth: EthernetFrame) -> bool:
        return True
