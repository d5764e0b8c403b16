"""I2C on two nets: addresses, acknowledge, arbitration, durations to the bit, noise, lines that are stuck or rise too slowly.

A transfer is planned when it begins and carried out lazily: whoever looks at a target's memory first lets the bytes happen that
have passed by then. Bits: a start, nine a byte, another start before reading, a stop (catalogue: i2c.cost).
"""

import errno
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from shoal.virtual.breadboard.agenda import Agenda, Entry
from shoal.virtual.breadboard.charges import HIDDEN, STRETCH_NS
from shoal.virtual.breadboard.nets import RELEASED, Net
from shoal.virtual.breadboard.target import Target

_LOW = 0.6  # the part of a clock period in which SCL is low: pico-sdk's i2c_set_baudrate
_TOGETHER_NS = 600  # two that begin within the hold time of a start see no other (catalogue: i2c.mode fast, t_hd_sta_us)


@dataclass(eq=False)
class Controller:
    """One I2C block of a board, as its program set it up. `owner`: the board's session."""

    owner: object
    number: int
    frequency_hz: int
    timeout_ns: int
    missing: int  # errno when nobody answers: EIO on rp2, ENODEV elsewhere (catalogue faults.toml, i2c_error)


@dataclass(eq=False)
class Transfer:
    """`sent`: what is written after the address; `reads`: bytes to read after that."""

    controller: Controller
    address: int
    sent: bytes
    reads: int
    start: int = 0
    period: float = 0.0
    byte_ns: float = 0.0
    done: int = 0  # bytes that have happened, the address among them
    last: int = 0  # bytes that will happen
    code: int = 0
    got: bytearray = field(default_factory=bytearray)
    writing: list[Target] = field(default_factory=list)
    reading: list[Target] = field(default_factory=list)
    flips: dict[int, int] = field(default_factory=dict)  # byte -> the bits that noise inverts, 1 is the acknowledge
    silent: int = 1 << 30  # from this byte on nobody gives anything
    table: bytes = b""  # what slow edges make of a byte
    finish: Entry | None = None

    @property
    def turn(self) -> int:
        """The place of the address that begins reading; beyond the end if nothing is read."""
        if not self.reads:
            return 1 << 30
        return len(self.sent) + 1 if self.sent else 0

    def symbols(self) -> Iterator[int]:
        """What the controller puts on the line, for arbitration: bytes, and 256 for a start in between."""
        if self.sent or not self.reads:
            yield self.address << 1
            yield from self.sent
        if self.reads:
            if self.sent:
                yield 256
            yield self.address << 1 | 1


Told = Callable[[int, Transfer], None]


class Wire:
    """One bus."""

    def __init__(self, scl: Net, sda: Net, agenda: Agenda, dice: Random, ended: Told, touched: Told) -> None:
        """`ended`: called with nanoseconds and a transfer that has ended; `touched`: before it, for the transfer's targets."""
        self.scl, self.sda = scl, sda
        self.targets: list[Target] = []
        self.transfers = 0
        self._agenda = agenda
        self._dice = dice
        self._active: list[Transfer] = []
        self._waiting: list[Transfer] = []
        self._ended, self._touched = ended, touched

    # --- beginning ---

    def begin(self, now: int, transfer: Transfer) -> None:
        """A controller begins, or waits for the end of what another began."""
        if self._active and now - self._active[0].start >= _TOGETHER_NS:
            self._waiting.append(transfer)
        elif self._active:
            rivals = [*self._active, transfer]
            for other in self._active:
                self._agenda.cancel(other.finish)
            self._active = []
            self._contest(now, rivals)
        else:
            self._contest(now, [transfer])

    def _contest(self, now: int, rivals: list[Transfer]) -> None:
        """Those who begin together send until one hears a 0 where it sent a 1."""
        while len(rivals) > 1:
            one, two = rivals[0], rivals[1]
            lost, at = _loser(one, two)
            if lost is None:  # the same to the last bit: both have done it
                self._plan(now, one)
                break
            rivals.remove(lost)
            period = self._period(lost.controller)
            lost.code = -errno.EIO
            self._agenda.at(now + int(period * (1 + 9 * (at + 1))), self._ended, lost)
        for transfer in rivals:
            self._plan(now, transfer)
            break
        for twin in rivals[1:]:
            twin.code = rivals[0].code
            self._agenda.at(self._end(rivals[0]), self._ended, twin)

    def _period(self, controller: Controller) -> float:
        """Nanoseconds of a clock period: the rise of SCL is added to each, because a high clock begins when it is seen high."""
        rise = self.scl.rise_ns()
        return 1e9 / controller.frequency_hz + (rise if math.isfinite(rise) else 0.0)

    def real_hz(self, frequency_hz: int) -> float:
        """What SCL does when so much is asked for."""
        return 1e9 / (1e9 / frequency_hz + self.scl.rise_ns())

    def _stuck(self) -> bool:
        """Whether no transfer can begin or go on: a line is low, or has nothing that pulls it up."""
        for net in (self.scl, self.sda):
            strong = net.strong()
            if strong == 0 or (strong == RELEASED and not math.isfinite(net.rise_ns())):
                return True
        return self.scl.strong() == 1

    def _plan(self, now: int, transfer: Transfer) -> None:
        self._active.append(transfer)
        self.transfers += 1
        transfer.start = now
        if self._stuck():
            self._hang(transfer)
            return
        transfer.period = period = self._period(transfer.controller)
        byte = 9 * period
        transfer.byte_ns = byte + max(0.0, STRETCH_NS - HIDDEN * byte)
        turn, count = transfer.turn, 1 + len(transfer.sent)
        if transfer.reads:
            count = turn + 1 + transfer.reads
        transfer.last = count
        transfer.table = self._slow_edges(transfer.controller)
        self._throw(transfer, count)
        if turn != 0:
            self._call(transfer, 0)
        if turn < transfer.last:
            self._call(transfer, turn)
        for at in sorted(transfer.flips):
            if transfer.flips[at] & 1 and 0 < at < transfer.last:
                if at > turn:  # the target takes it for the end
                    transfer.silent = min(transfer.silent, at + 1)
                elif at < turn:
                    transfer.last, transfer.code = at + 1, -errno.EIO
                    break
        transfer.finish = self._agenda.at(self._end(transfer), self._finish, transfer)

    def _call(self, transfer: Transfer, at: int) -> None:
        """Who answers to the address at a place of the transfer. Nobody: it ends there."""
        reading = at == transfer.turn
        symbol = self._seen(transfer, at, bytes([(transfer.address << 1 | reading) & 0xFF]))[0]
        found = [target for target in self.targets if target.answers(symbol >> 1)]
        acknowledged = bool(found) and self.sda.stuck is None
        if not acknowledged and transfer.table and not symbol & 1:
            acknowledged = True  # the line is still low from the bit before
        if transfer.flips.get(at, 0) & 1:
            acknowledged = not acknowledged
        if not acknowledged:
            transfer.last, transfer.code = at + 1, -transfer.controller.missing
        for target in found:
            if symbol & 1:
                transfer.reading.append(target)
            else:
                target.called()
                transfer.writing.append(target)

    def _slow_edges(self, controller: Controller) -> bytes:
        """A table of what becomes of bytes if SDA does not rise while SCL is low; empty if it does."""
        rise, period = self.sda.rise_ns(), self._period(controller)
        late = math.ceil((rise - _LOW * 1e9 / controller.frequency_hz) / period)
        if late <= 0:
            return b""
        table = bytearray(range(256))
        for value in range(256):
            for shift in range(1, min(late, 8) + 1):
                table[value] &= value >> shift
        return bytes(table)

    def _throw(self, transfer: Transfer, count: int) -> None:
        """Where noise inverts bits, by the dice: the distances between are geometric."""
        noise = max(self.sda.noise, self.scl.noise)
        if noise <= 0:
            return
        scale = math.log1p(-min(noise, 0.5))
        at = -1
        while True:
            at += 1 + int(math.log(1.0 - self._dice.random()) / scale)
            if at >= 9 * count:
                return
            transfer.flips[at // 9] = transfer.flips.get(at // 9, 0) ^ (256 >> at % 9)

    # --- going on ---

    def _end(self, transfer: Transfer) -> int:
        bits = transfer.period * (2 + (transfer.last > transfer.turn > 0))
        return transfer.start + math.ceil(bits + transfer.last * transfer.byte_ns)

    def progress(self, now: int) -> None:
        """Let the bytes happen that have passed."""
        for transfer in self._active:
            if transfer.byte_ns:
                passed = now - transfer.start - transfer.period
                count = int(passed / transfer.byte_ns)
                if count > transfer.turn > 0:
                    count = max(transfer.turn, int((passed - transfer.period) / transfer.byte_ns))
                self._happen(transfer, min(count, transfer.last))

    def _happen(self, transfer: Transfer, until: int) -> None:
        at, turn = transfer.done, transfer.turn
        if until <= at:
            return
        transfer.done = until
        sent = transfer.sent[max(at - 1, 0) : max(min(until, turn) - 1, 0)]
        if sent and transfer.writing:
            data = self._seen(transfer, max(at, 1), sent)
            for target in transfer.writing:
                target.accept(data)
        first = max(at, turn + 1)
        if until > first:
            transfer.got += self._read(transfer, first, until)

    def _read(self, transfer: Transfer, first: int, until: int) -> bytes:
        count = until - first
        given = min(count, max(0, transfer.silent - first))
        found = [target.give(given) for target in transfer.reading]
        data = found[0] if found else b"\xff" * given
        for other in found[1:]:
            data = bytes(one & two for one, two in zip(data, other, strict=True))
        return self._seen(transfer, first, data + b"\xff" * (count - given))

    def _seen(self, transfer: Transfer, first: int, data: bytes) -> bytes:
        """What arrives of bytes that begin at a place of the transfer."""
        if self.sda.stuck is not None:
            data = (b"\xff" if self.sda.stuck else b"\0") * len(data)
        if transfer.table:
            data = data.translate(transfer.table)
        if transfer.flips:
            changed = bytearray(data)
            for at, bits in transfer.flips.items():
                if first <= at < first + len(data):
                    changed[at - first] ^= bits >> 1
            data = bytes(changed)
        return data

    def _finish(self, now: int, transfer: Transfer) -> None:
        if transfer.byte_ns:
            self._happen(transfer, transfer.last)
        self._active.remove(transfer)
        self.scl.busy_ns += now - transfer.start
        self.sda.busy_ns += now - transfer.start
        self._touched(now, transfer)
        self._ended(now, transfer)
        if not self._active and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._contest(now, waiting)

    # --- trouble ---

    def _hang(self, transfer: Transfer) -> None:
        transfer.code = -errno.ETIMEDOUT
        transfer.last = transfer.done
        transfer.byte_ns = 0.0
        self._agenda.cancel(transfer.finish)
        transfer.finish = self._agenda.at(transfer.start + transfer.controller.timeout_ns, self._finish, transfer)

    def disturbed(self, now: int) -> None:
        """Something was done to the nets."""
        self.progress(now)
        for transfer in self._active:
            if transfer.byte_ns and self._stuck():
                self._hang(transfer)

    def lost(self, now: int, owner: object) -> None:
        """A board has no power any more: neither its transfers nor its targets."""
        self.progress(now)
        self.targets = [target for target in self.targets if target.owner is not owner]
        self._waiting = [transfer for transfer in self._waiting if transfer.controller.owner is not owner]
        for transfer in list(self._active):
            if transfer.controller.owner is owner:
                self._agenda.cancel(transfer.finish)
                transfer.last = transfer.done
                self._finish(now, transfer)
                continue
            answering = len(transfer.writing)
            transfer.writing = [target for target in transfer.writing if target.owner is not owner]
            transfer.reading = [target for target in transfer.reading if target.owner is not owner]
            at = transfer.done + 1
            if answering and not transfer.writing and at < min(transfer.last, transfer.turn):
                transfer.last, transfer.code = at, -errno.EIO
                self._agenda.cancel(transfer.finish)
                transfer.finish = self._agenda.at(max(now, self._end(transfer)), self._finish, transfer)


def _loser(one: Transfer, two: Transfer) -> tuple[Transfer | None, int]:
    """Of two that begin together, the one that sends a 1 where the other sends a 0 first, and at which byte."""
    at = 0
    for at, (first, second) in enumerate(zip(one.symbols(), two.symbols(), strict=False)):
        if first != second:
            return (one if first > second else two), at
    lengths = [len(list(transfer.symbols())) for transfer in (one, two)]
    if lengths[0] == lengths[1] and one.reads == two.reads:
        return None, 0
    return (one if lengths[0] > lengths[1] else two), at  # its next bit meets the other's stop
