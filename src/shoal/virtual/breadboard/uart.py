"""UARTs on nets: bytes with start and stop bit, their durations, receive buffers that overflow, collisions, noise.

A transmission is known whole when it begins, so who reads is answered at the moment at which a real UART would have the bytes.
Two that talk at once on one net, or one that talks while another's TX holds the net, damage each other's bytes.
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from shoal.virtual.breadboard.agenda import Agenda, Entry
from shoal.virtual.breadboard.engine import Engine
from shoal.virtual.breadboard.nets import RELEASED, Net
from shoal.virtual.breadboard.onboard import ops_uart
from shoal.virtual.breadboard.session import Session

_BITS = 10  # of a byte: start, eight, stop
_APART = 0.04  # what two ends' rates may differ by: half a bit in ten, less the sampling (derived)
_FIFO = 32  # bytes of a receiver before its buffer (rp2)

Answer = Callable[[int, bytes], None]


@dataclass(eq=False)
class Transmission:
    """Bytes that arrive one after the other; those that noise or collisions lose are None."""

    sender: "Uart"
    start: int
    byte_ns: int
    data: list[int | None]

    @property
    def end(self) -> int:
        return self.start + self.byte_ns * len(self.data)

    def arrival(self, place: int) -> int:
        return self.start + self.byte_ns * (place + 1)

    def arrived(self, now: int) -> int:
        """How many bytes are there by then."""
        return max(0, min(len(self.data), (now - self.start) // self.byte_ns))


@dataclass(eq=False)
class _Coming:
    """A transmission as one receiver has taken it so far."""

    transmission: Transmission
    place: int = 0


@dataclass(eq=False)
class _Reading:
    """A board that waits for bytes."""

    since: int
    count: int
    first_ns: int
    gap_ns: int
    answer: Answer
    entry: Entry | None = None


@dataclass(eq=False)
class Uart:
    """One UART of a board. `owner`: the board's session; `tx_drive`: by what name its TX drives that net."""

    owner: Session
    tx: Net
    tx_drive: object
    rx: Net
    baud: int
    room: int
    sent: int = 0
    buffer: bytearray = field(default_factory=bytearray)
    coming: list[_Coming] = field(default_factory=list)
    reading: _Reading | None = None
    lost: int = 0  # bytes that found the buffer full


class Lines:
    """All UARTs of a breadboard."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice
        self._uarts: dict[tuple[Session, int], Uart] = {}
        self._talking: list[Transmission] = []

    def open(self, number: int, uart: Uart) -> None:
        """A board sets up a UART; what an earlier setting had received is lost, as MicroPython's `init` does on an ESP32."""
        old = self._uarts.get((uart.owner, number))
        if old is not None:
            uart.sent, uart.reading = old.sent, old.reading
            if old.rx is uart.rx:
                uart.coming = old.coming
        self._uarts[uart.owner, number] = uart

    def forget(self, now: int, owner: Session) -> None:
        """A board lost its power or was reset: what it had not sent yet is never sent."""
        for key in [key for key in self._uarts if key[0] is owner]:
            uart = self._uarts.pop(key)
            if uart.reading is not None:
                self._agenda.cancel(uart.reading.entry)
        for transmission in self._talking:
            if transmission.sender.owner is owner:
                kept = transmission.arrived(now)
                transmission.data[kept:] = [None] * (len(transmission.data) - kept)

    # --- talking ---

    def send(self, now: int, owner: Session, number: int, data: bytes) -> None:
        """A board gives bytes to one of its UARTs; they leave after what it was given before."""
        uart = self._uarts[owner, number]
        byte_ns = _BITS * 1_000_000_000 // uart.baud
        talk = Transmission(uart, max(now, uart.sent), byte_ns, list(data))
        uart.sent = talk.end
        net = uart.tx
        net.busy_ns += talk.end - talk.start
        self._noise(talk, net)
        self._talking = [other for other in self._talking if other.end > now]
        for other in self._talking:
            if other.sender.tx is net and other.sender is not uart:
                self._collide(talk, other)
        self._talking.append(talk)
        if net.stuck is not None or net.ground or not self._drives(uart, net):
            talk.data[:] = [None] * len(data)
        elif any(drive.level != RELEASED for key, drive in net.drives.items() if key != uart.tx_drive):
            self._damage(talk, range(len(data)))
        for receiver in self._uarts.values():
            if receiver.rx is net:
                heard = talk
                if abs(receiver.baud / uart.baud - 1) > _APART:
                    heard = Transmission(uart, talk.start, byte_ns, list(talk.data))
                    self._damage(heard, range(len(data)))
                receiver.coming.append(_Coming(heard))
                if receiver.reading is not None:
                    self._plan(receiver)

    def _drives(self, uart: Uart, net: Net) -> bool:
        drive = net.drives.get(uart.tx_drive)
        return drive is not None and drive.level != RELEASED

    def _collide(self, one: Transmission, two: Transmission) -> None:
        for talk, other in ((one, two), (two, one)):
            first = max(0, (other.start - talk.start) // talk.byte_ns)
            last = math.ceil((other.end - talk.start) / talk.byte_ns)
            self._damage(talk, range(first, min(last, len(talk.data))))

    def _damage(self, talk: Transmission, places: range) -> None:
        for place in places:
            byte = talk.data[place]
            if byte is not None:
                talk.data[place] = byte & self._dice.randrange(256)

    def _noise(self, talk: Transmission, net: Net) -> None:
        """Bits are inverted by the dice; the distances between are geometric. A start or stop bit costs the byte."""
        if net.noise <= 0:
            return
        scale = math.log1p(-min(net.noise, 0.5))
        at = -1
        while True:
            at += 1 + int(math.log(1.0 - self._dice.random()) / scale)
            if at >= _BITS * len(talk.data):
                return
            place, bit = divmod(at, _BITS)
            byte = talk.data[place]
            if byte is not None:
                talk.data[place] = byte ^ 1 << bit - 1 if 0 < bit < _BITS - 1 else None

    # --- hearing ---

    def any(self, now: int, owner: Session, number: int) -> int:
        """How many bytes a board could read at once."""
        uart = self._uarts[owner, number]
        self._settle(uart, now)
        return len(uart.buffer)

    def read(self, now: int, owner: Session, number: int, reading: tuple[int, int, int], answer: Answer) -> None:
        """`reading`: bytes wanted, nanoseconds for the first, and between; `answer(when, data)` is called once, later."""
        uart = self._uarts[owner, number]
        self._settle(uart, now)
        uart.reading = _Reading(now, *reading, answer)
        self._plan(uart)

    def _settle(self, uart: Uart, now: int, most: int | None = None) -> None:
        """Take what has arrived; without `most`, what does not fit the buffer is lost."""
        room = uart.room + _FIFO if most is None else most
        left = []
        for coming in uart.coming:
            talk = coming.transmission
            there = talk.arrived(now)
            for byte in talk.data[coming.place : there]:
                if byte is not None:
                    if len(uart.buffer) < room:
                        uart.buffer.append(byte)
                    else:
                        uart.lost += 1
            coming.place = there
            if there < len(talk.data):
                left.append(coming)
        uart.coming = left

    def _plan(self, uart: Uart) -> None:
        """Find when the reader has what it wants, or gives up; what begins to talk until then changes it."""
        reading = uart.reading
        assert reading is not None
        self._agenda.cancel(reading.entry)
        have = len(uart.buffer)
        last = reading.since
        patience = reading.gap_ns if have else reading.first_ns
        when = None
        if have >= reading.count:
            when = reading.since
        for coming in sorted(uart.coming, key=lambda coming: coming.transmission.arrival(coming.place)):
            if when is not None:
                break
            talk = coming.transmission
            for place in range(coming.place, len(talk.data)):
                if talk.data[place] is None:
                    continue
                if talk.arrival(place) > last + patience:
                    when = last + patience
                    break
                last, patience = talk.arrival(place), reading.gap_ns
                have += 1
                if have == reading.count:
                    when = last
                    break
        reading.entry = self._agenda.at(last + patience if when is None else when, self._done, uart)

    def _done(self, now: int, uart: Uart) -> None:
        reading = uart.reading
        assert reading is not None
        uart.reading = None
        self._settle(uart, now, 1 << 30)
        data = bytes(uart.buffer[: reading.count])
        del uart.buffer[: reading.count]
        reading.answer(now, data)


def join(simulation: Engine) -> None:
    """Have a simulation carry out what `machine.UART` asks for."""
    lines = Lines(simulation.agenda, Random(f"noise on UARTs {simulation.seed}"))

    def opened(session: Session, number: int, b: int, payload: bytes) -> None:
        tx, rx, baud, room = struct.unpack(ops_uart.OPEN_FORM, payload)
        nets = [simulation.circuit.net_of(session.name, gpio) for gpio in (tx, rx)]
        lines.open(number, Uart(session, nets[0], (session.name, tx), nets[1], baud, room))

    def send(session: Session, number: int, b: int, payload: bytes) -> None:
        lines.send(simulation.now_ns, session, number, payload)

    def read(session: Session, number: int, b: int, payload: bytes) -> None:
        def answer(now: int, data: bytes) -> None:
            simulation.answer(session, 0, data)

        lines.read(simulation.now_ns, session, number, struct.unpack(ops_uart.READ_FORM, payload), answer)

    def readable(session: Session, number: int, b: int, payload: bytes) -> None:
        simulation.answer(session, lines.any(simulation.now_ns, session, number))

    simulation.handlers.update({ops_uart.OPEN: opened, ops_uart.SEND: send, ops_uart.READ: read, ops_uart.ANY: readable})
    simulation.released.append(lines.forget)
