"""A bus behind a controller on USB, on the simulated clock: the controller's turns, one transaction after the other.

It is what `shoal_board.bus` and `gateway` do on a bus where nothing is damaged, with the times that their Python takes on a board
(`shoal.charges`) and those of the wire. Bytes themselves do not travel, only their number does.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from functools import partial

from shoal import charges, defaults
from shoal.predict.buswires import BusWire, wired
from shoal.predict.calls import FRAME_HEAD, LUMP_HEAD, framed
from shoal.predict.carrier import Agenda, Done, Then
from shoal.predict.mailbox import Mailbox
from shoal.predict.seat import ACK, BEAT, HEAD, SOON, STATUS, TRAILER, UNSEEN, Seat

Steps = Iterator[float]  # of the controller: seconds that pass until the next

PACKET = 512  # bytes for a board at a time: shoal_board.mailbox
NAP = 0.02  # the longest that a turn finds nothing to do
BEFORE = 0.5  # by so much goes before others who is sent a message of several packets
LOOK_EVERY = 0.04, 0.2  # for boards without an address: on I2C, and on wires that boards serve, where a look takes long
WALK_EVERY = 0.1, 1.0  # and at the next address
COUNT_EVERY = 0.25
COUNTERS = 32  # bytes of what the controller counts
STREAM = 1  # bytes that name one in each message
TICKS = 8  # looks at the clock in a turn
DOWN_S, UP_S = 0.0006, 0.0004  # between the computer's threads and the controller's USB, and back; the latter after
STEP_S = 0.002  # the end of such a step, at which USB hands over: `shoal.bus.desk`
STORE, REFERENCE = 25, 5  # bytes of the frame that announces a value, and of its name in a call
_FOREVER = -1.0

_NS = {name: value * 1e-9 for name, value in charges.CHARGES_NS.items()}
_TURN_S = _NS["bus_turn"] + _NS["pin_read"] + TICKS * _NS["ticks"]


class _Unheard(Exception):
    """A board did not answer."""


class GatewayCarrier:
    """The boards of one bus: a `Carrier`. The controller's steps go on only while anything is under way."""

    def __init__(
        self,
        agenda: Agenda,
        boards: int,
        wire: str = "i2c",
        hz: int = 400_000,
        delays: tuple[float, float] = (DOWN_S, UP_S),
    ) -> None:
        """`delays`: seconds that a packet takes between this computer and the controller's USB, and back.

        Raises UsageError for a wire that is not known.
        """
        self.wire = f"{wire} {hz}"
        self._bus: BusWire = wired(wire, hz, boards)
        self.byte_s = self._bus.byte_s
        self.busy_s = 0.0
        self.bytes_out = self.bytes_in = 0
        self._agenda = agenda
        self._down_s, self._up_s = delays
        self._seats = [Seat(board, Mailbox(agenda, board, not self._bus.served)) for board in range(boards)]
        self._frames: list[deque[int]] = [deque() for _ in range(boards)]  # at the host, beyond what a board takes at a time
        self._sent = [0] * boards  # frames that have left there
        self._bytes = [0] * boards  # of those, what has not left this computer
        self._room = [True] * boards  # at the controller, as the host knows
        self._inbox: deque[tuple[Seat, int]] = deque()  # packets at the controller's USB
        self._high = False  # the attention line, when it was last looked at
        self._join_due = self._walk_due = self._told = 0.0
        self._coming = 0  # packets between the computer and the controller, either way
        self._sleep = 0  # counts them: the end of one that is over means nothing
        self._asleep = True
        self._steps = self._serve()
        next(self._steps)  # it waits for the first packet

    # --- the boards ---

    def read(self, board: int, size: int, waited: bool, then: Done) -> None:
        self._seats[board].mailbox.read(then)

    def write(self, board: int, size: int, then: Done, arrived: Then) -> None:
        self._seats[board].mailbox.write(framed(size, defaults.RECEIVE_LIMIT), then, arrived)

    def rest(self, board: int) -> None:
        self._seats[board].mailbox.rest()

    # --- the host ---

    def send(self, board: int, size: int, then: Then, frames: int) -> None:
        each = _split(size, frames)
        self._seats[board].mailbox.expect(each, then)
        self._frames[board].extend(each)
        self._agenda.at(self._agenda.now, partial(self._carry, board))  # messages that leave together travel together

    def _carry(self, board: int) -> None:
        """Send the controller a packet for a board, if there is one and room for it."""
        frames = self._frames[board]
        known = self._seats[board].mailbox.acknowledged
        while frames and self._sent[board] - known < defaults.BOARD_CREDIT:
            self._sent[board] += 1
            self._bytes[board] += frames.popleft()
        if self._room[board] and self._bytes[board]:
            size = min(PACKET, self._bytes[board])
            self._bytes[board] -= size
            self._room[board] = False
            self._later(self._down_s, partial(self._arrives, self._seats[board], size))

    def _arrives(self, seat: Seat, size: int) -> None:
        self._inbox.append((seat, size))
        if self._asleep:
            self._wake()

    def _has_room(self, board: int) -> None:
        self._room[board] = True
        self._carry(board)

    def _came(self, seat: Seat, length: int) -> None:
        seat.mailbox.came(length)
        self._carry(seat.board)

    def _up(self) -> float:
        """Seconds until this computer has what the controller has said by now."""
        return STEP_S - self._agenda.now % STEP_S + self._up_s

    def _later(self, seconds: float, then: Then) -> None:
        self._coming += 1

        def come() -> None:
            self._coming -= 1
            then()

        self._agenda.at(self._agenda.now + seconds, come)

    # --- the controller's time ---

    def _wake(self) -> None:
        self._sleep += 1
        self._asleep = False
        self._go_on()

    def _go_on(self) -> None:
        """Go on with what the controller does, to the next time that it takes."""
        seconds = next(self._steps)
        if self._asleep:
            if seconds >= 0:
                sleep = self._sleep
                self._agenda.at(self._agenda.now + seconds, lambda: self._ends(sleep))
        else:
            self._agenda.at(self._agenda.now + seconds, self._go_on)

    def _ends(self, sleep: int) -> None:
        if sleep == self._sleep and self._asleep:
            self._wake()

    def _quiet(self) -> bool:
        """Whether nothing will happen until the host sends something."""
        return not (self._coming or self._inbox) and all(
            seat.mailbox.quiet and not seat.piece and not seat.waiting for seat in self._seats
        )

    def _serve(self) -> Steps:
        """As `Gateway.serve`, for ever."""
        while True:
            wait = 0.0
            if self._quiet():
                self._asleep = True
                yield _FOREVER
                self._stagger()
            else:
                wait = int((yield from self._turn()) * 1000) / 1000
                yield _TURN_S
                if self._agenda.now - self._told >= COUNT_EVERY:
                    self._told = self._agenda.now
                    yield _said(COUNTERS)
            if wait and not self._inbox:
                self._asleep = True
                yield wait
                self._asleep = False
            while self._inbox:
                seat, size = self._inbox.popleft()
                yield (FRAME_HEAD + STREAM + size) * _NS["usb_read_byte"]
                seat.waiting = size
                yield from self._take(seat)

    def _stagger(self) -> None:
        """When boards are asked that had nothing to do while nobody looked: as if turns had gone on."""
        now = self._agenda.now
        self._told = now
        self._join_due = max(self._join_due, now - _TURN_S)
        for place, seat in enumerate(self._seats):
            seat.due = max(seat.due, now + NAP - (place + 1) * _TURN_S)
            seat.spoke = max(seat.spoke, now - BEAT / 2)

    def _take(self, seat: Seat) -> Steps:
        """The bus takes a packet for a board if it has none; then there is room for the next."""
        if seat.waiting and not seat.piece:
            seat.put(seat.waiting, self._agenda.now)
            seat.waiting = 0
            yield _said(STREAM)
            self._later(self._up(), partial(self._has_room, seat.board))

    def _pass(self, seconds: float) -> Steps:
        """A transaction."""
        self.busy_s += seconds
        yield seconds

    def _with(self, seat: Seat, seconds: float, size: int = 0) -> Steps:
        """A transaction with a board, which takes so many bytes, or gives some. Raises _Unheard if it does not answer."""
        if not self._bus.served and not seat.mailbox.listens:
            yield from self._pass(self._bus.unheard_s(size))
            raise _Unheard
        seat.mailbox.served(True)
        yield from self._pass(seconds)
        seat.misses = 0

    # --- turns, as `Bus.turn` ---

    def _turn(self) -> Generator[float, None, float]:
        """Do the next thing. Gives how many seconds there will be none."""
        now = self._agenda.now
        self._attend(now)
        if now >= self._join_due:
            yield from self._look_for_boards(now)
            now = self._agenda.now
        wait = max(0.0, self._join_due - now)
        best, most = None, 0.0
        for seat in self._seats:
            late = now - seat.due
            if late < 0:
                wait = min(wait, -late)
                continue
            if seat.quick:
                late += BEFORE
            if best is None or late > most:
                best, most = seat, late
        if best is None:
            return min(wait, NAP)
        if best.wired and not self._high and best.is_content(now):
            best.due = now + NAP
            return 0.0
        try:
            yield from self._ask(best, now)
        except _Unheard:
            self._miss(best)
        return 0.0

    def _attend(self, now: float) -> None:
        high = any(seat.mailbox.offers for seat in self._seats)
        if high and not self._high:
            self._join_due = now
            for seat in self._seats:
                if seat.wired and seat.is_content(now):
                    seat.due = now
        self._high = high

    def _look_for_boards(self, now: float) -> Steps:
        if now >= self._walk_due:
            self._walk_due = now + WALK_EVERY[not self._bus.served]
            yield from self._pass(self._bus.nobody_s())
        yield from self._pass(self._bus.nobody_s())
        self._join_due = self._agenda.now + LOOK_EVERY[not self._bus.served]

    def _miss(self, seat: Seat) -> None:
        """Nobody answered: the board computes."""
        seat.misses += 1
        now = self._agenda.now
        if seat.misses > 1:
            seat.schedule(now, deaf=True)
        else:
            seat.retry(now, seat.misses)

    def _ask(self, seat: Seat, now: float) -> Steps:
        """Write what there is for a board, or ask it."""
        if seat.unsent or seat.owes:
            yield from self._say(seat, now)
            return
        yield from self._with(seat, self._bus.read_s(STATUS))
        seat.mailbox.served(False)
        mailbox = seat.mailbox
        offers, number, more = mailbox.offers, mailbox.number, mailbox.more
        if offers:
            seat.wired = self._high
        if seat.piece:
            if mailbox.taken == seat.sent:
                seat.piece = 0
                yield from self._take(seat)
            elif not seat.unsent and now - seat.spoke > seat.patience:
                seat.patience = min(2 * seat.patience, BEAT)
                yield from self._with(seat, self._bus.read_s(HEAD))
                seat.mailbox.served(False)
        if offers and number != seat.got:
            yield from self._fetch(seat, now, number, more)
            return
        if now - seat.spoke > (UNSEEN if offers else BEAT):
            seat.owes = True
        if seat.unsent:
            yield from self._say(seat, now)
        else:
            seat.schedule(now)

    def _say(self, seat: Seat, now: float) -> Steps:
        seat.hurries(now)
        yield from self._write(seat, now)
        if seat.quick:
            seat.due = self._agenda.now + SOON
        else:
            seat.schedule(now)

    def _write(self, seat: Seat, now: float) -> Steps:
        packet = seat.piece if seat.unsent else 0
        size = packet + HEAD + ACK if packet else ACK
        yield from self._with(seat, self._bus.write_s(size), size)
        self.bytes_out += packet
        seat.unsent = seat.owes = seat.fresh = False
        seat.spoke = now
        seat.mailbox.written(packet, seat.got)
        seat.mailbox.served(False)

    def _fetch(self, seat: Seat, now: float, number: int, more: bool) -> Steps:
        """Take the packet that a board offers, and acknowledge it; a packet for the board goes with that."""
        length = seat.mailbox.length
        yield from self._with(seat, self._bus.read_s(length + TRAILER))
        seat.mailbox.served(False)
        self.bytes_in += length
        seat.got = number
        seat.owes = True
        seat.learn(now, more)
        yield _said(STREAM + length)
        self._later(self._up(), partial(self._came, seat, length))
        now = self._agenda.now
        if seat.unsent and seat.piece == PACKET:
            yield from self._say(seat, now)
        else:
            yield from self._write(seat, now)
            seat.schedule(now)


def _said(size: int) -> float:
    """Seconds of the controller to tell its computer so many bytes."""
    return (FRAME_HEAD + size) * _NS["usb_write_byte"]


def _split(size: int, frames: int) -> list[int]:
    """Bytes of each frame of a message: large values go ahead, each as a frame that announces it and frames that hold it."""
    values = frames // 2
    call = FRAME_HEAD + LUMP_HEAD + REFERENCE * values
    held = size - call - values * STORE
    if frames % 2 and 0 < held <= values * (defaults.BOARD_FRAME + FRAME_HEAD):
        return [part for piece in _shares(held, values) for part in (STORE, piece)] + [call]
    whole = min(frames - 1, size // (defaults.BOARD_FRAME + FRAME_HEAD))
    full = [defaults.BOARD_FRAME + FRAME_HEAD] * whole
    return full + _shares(size - sum(full), frames - whole)


def _shares(size: int, parts: int) -> list[int]:
    """A size in so many parts, as equal as can be."""
    return [size * (part + 1) // parts - size * part // parts for part in range(parts)]


def gateway(boards: int, wire: str, hz: int) -> Callable[[Agenda], GatewayCarrier]:
    """What makes the carrier for that many boards of a bus, as `simulate` takes it."""
    return lambda agenda: GatewayCarrier(agenda, boards, wire, hz)
