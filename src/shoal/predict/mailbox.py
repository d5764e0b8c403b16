"""A board's end of a bus, on the simulated clock: what `shoal_board.processor` does with its mailbox, without the bytes.

Packets to the board lie in its mailbox until it looks; one that computes looks ten times a second. An answer is gathered and
offered, and may be followed by the next one only when the controller has said that it has it, and the board has seen that.
"""

from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice

from shoal import defaults
from shoal.predict.carrier import Agenda, Done, Then

OUT_SIZE = 4224  # bytes of a packet from a board: shoal_board.mailbox
WINDOW_S = 0.028  # that a board on a wire it serves itself waits for its answer to be fetched: shoal_board.processor
ACKNOWLEDGES = defaults.BOARD_CREDIT // 2  # frames that a board takes without saying anything
TICK_S = 0.1  # between two looks of a board that computes: shoal_board.hardware
PHASE = 0.618  # of the boards' ticks, so that they are apart
TAKEN = 20  # bytes of the message that takes a lump back
ACK_FRAME = 12  # bytes of a frame without a payload

Steps = Iterator[None]  # what a board does, until it has to wait for the controller


class Mailbox:
    """One board's. Sizes are bytes of the stream, frames' heads included."""

    def __init__(self, agenda: Agenda, place: int, by_hand: bool) -> None:
        """`place`: among the boards; `by_hand`: the board's program serves the wire, so it is reached only while it `listens`."""
        self.listens = True  # it is in its port, not in the user's code
        self.taken = 0  # packets that it has taken
        self.number = 0  # of the packet that it offers, or offered last
        self.length = 0  # bytes of that packet
        self.more = False  # whether the next packet is ready as well
        self.offers = False  # as far as the board knows: it has not seen that the controller has its packet
        self.acknowledged = 0  # frames to the board of which the host knows that they arrived
        self._agenda = agenda
        self._by_hand = by_hand
        self._phase = place * PHASE % 1 * TICK_S
        self._awaited = False  # whether it will look at the next tick, if it computes then
        self._beside: Steps | None = None  # what it does at a tick
        self._next: tuple[Steps, Done] | None = None  # what it does now, or after that
        self._since = 0.0  # of what it does now
        self._rests = self._idle = True  # whether it has nothing to do; whether that was so when it began `_beside`
        self._todo = 0  # lumps that it has read and not answered
        self._worked = 0.0  # seconds of reading while it rested
        self._packet = 0  # bytes of the packet that lies in IN, not yet taken
        self._has = 0  # the board's packet that the controller says it has
        self._asked = 0  # bytes of all messages for the board
        self._there = 0  # of those, bytes that came into the mailbox
        self._left = 0  # bytes of the last packet taken that were not yet read
        self._begin: deque[tuple[int, Then]] = deque()  # messages of which the last frame is not there yet, and where that begins
        self._frames: deque[list[int]] = deque()  # of messages that were not read yet
        self._ahead = 0  # frames of these that it has read nevertheless, while it computed
        self._read = 0  # frames so far
        self._unsaid = 0  # of those, since it said anything
        self._used = 0  # bytes gathered for the next packet, or offered
        self._windows = 0  # counts them, so that the end of one that is over means nothing
        self._shut = False  # whether the last one is over
        self._serves = False
        self._answered = 0  # bytes that it has put out
        self._came = 0  # of those, bytes that came to the host
        self._end: deque[tuple[int, Then]] = deque()  # what is to be told when all of a message has come to the host

    # --- the board ---

    def rest(self) -> None:
        """It has nothing to do."""
        self.listens = self._rests = True
        self._todo = 0
        self._look_beside(idle=True)

    def read(self, then: Done) -> None:
        """The next message, of which the last frame has begun to come."""
        self._start(self._reading(), then)

    def write(self, size: int, then: Done, arrived: Then) -> None:
        """An answer."""
        self._start(self._answering(size, arrived), then)

    def _start(self, steps: Steps, then: Done) -> None:
        self.listens = True
        self._rests = False
        self._next = steps, then
        self._since = self._agenda.now
        self._go_on()

    def _go_on(self) -> None:
        """Do what can be done: what it does beside computing or resting, then what it does now."""
        if self._beside is not None:
            for _ in self._beside:
                return
            self._beside = None
            if self._idle:
                self._since = self._agenda.now  # until now it was counted as it read
            elif self._next is None:
                self.listens = False
                self._plan()
        if self._next is None:
            return
        steps, then = self._next
        for _ in steps:
            return
        worked, self._worked = self._worked, 0.0
        self._next = None
        self.listens = False
        self._plan()
        then(self._agenda.now - self._since + worked)

    def _plan(self) -> None:
        """When it will look, if it computes now."""
        if self._by_hand and self.offers:
            self._ticks()

    def _reading(self) -> Steps:
        frames = len(self._frames[0])
        while self._ahead < frames:
            yield from self._frame()
        self._ahead -= frames
        self._todo += self._frames.popleft() != [TAKEN]
        yield from self._ready()

    def _frame(self) -> Steps:
        """Read the next frame."""
        size = next(islice(chain.from_iterable(self._frames), self._ahead, None))
        while size:
            self._look()
            count = min(size, self._left)
            self._left -= count
            size -= count
            if not count:
                self._offer()
                yield
        self._ahead += 1
        self._read += 1
        self._unsaid += 1
        if self._unsaid >= ACKNOWLEDGES:
            yield from self._putting(ACK_FRAME)

    def _answering(self, size: int, arrived: Then) -> Steps:
        self._todo -= 1
        yield from self._putting(size)
        self._end.append((self._answered, arrived))
        yield from self._ready()

    def _ready(self) -> Steps:
        """Look before the next lump: what has come is read first, but the last frame of a message, which `read` is for."""
        yield from self._window()
        while self._left and not self._is_last():
            yield from self._frame()
            yield from self._window()

    def _window(self) -> Steps:
        """Offer what there is. Where nobody can fetch it while the board computes, wait a little for that."""
        self._offer()
        self._look()
        if self._by_hand and self.offers and not self._left and (self._todo > 0 or self._beside is not None):
            self._windows += 1
            self._shut = False
            self._agenda.at(self._agenda.now + WINDOW_S, partial(self._closes, self._windows))
            while self.offers and not self._left and not self._shut:
                yield
                self._look()

    def _is_last(self) -> bool:
        """Whether the frame that is read next ends a message."""
        at = self._ahead
        for frames in self._frames:
            if at < len(frames):
                return at == len(frames) - 1
            at -= len(frames)
        return True

    def _putting(self, size: int) -> Steps:
        """Put bytes into packets, each when the one before has been fetched."""
        self._unsaid = 0
        self._answered += size
        self._end.append((self._answered, partial(self._says, self._read)))
        while size:
            if self.offers:
                self._look()
                if self.offers:
                    yield
                    continue
            count = min(size, OUT_SIZE - self._used)
            self._used += count
            size -= count
            if self._used == OUT_SIZE:
                self._offer(more=size > 0)

    def _says(self, read: int) -> None:
        self.acknowledged = read

    def _closes(self, window: int) -> None:
        if window == self._windows and not self._shut:
            self._shut = True
            if self.listens and not self._serves:
                self._go_on()

    def _offer(self, more: bool = False) -> None:
        """Offer what was gathered, if it is not offered yet."""
        if self._used and not self.offers:
            self.number += 1
            self.length, self.more, self.offers = self._used, more, True

    def _look(self) -> None:
        """See what the controller wrote."""
        if self.offers and self._has == self.number:
            self.offers = False
            self._used = 0
        if self._packet and not self._left:
            self._left, self._packet = self._packet, 0
            self.taken += 1

    def _ticks(self) -> None:
        """The next tick is one at which something is to be done."""
        if not self._awaited:
            self._awaited = True
            now = self._agenda.now
            self._agenda.at(now + TICK_S - (now - self._phase) % TICK_S, self._tick)

    def _tick(self) -> None:
        self._awaited = False
        if not self.listens:
            self.listens = True
            self._look_beside(idle=False)

    def _look_beside(self, idle: bool) -> None:
        self._idle = idle
        self._beside = self._looking()
        self._go_on()

    def _looking(self) -> Steps:
        """What a board does at a tick while it computes, and what it does that rests: it reads what is there.

        The computing goes on meanwhile: that is how a breadboard counts it.
        """
        if self._idle:
            self._offer()
            self._look()
        else:
            yield from self._window()
        while self._left:
            begun = self._agenda.now
            yield from self._frame()
            if self._idle:
                self._worked += self._agenda.now - begun
            else:
                yield from self._window()

    # --- the controller and the host ---

    def served(self, on: bool) -> None:
        """A transaction with it begins, or has ended: meanwhile a board that serves its wire itself does nothing else."""
        self._serves = on
        if not on and self._shut and self.listens:
            self._go_on()

    def expect(self, frames: list[int], then: Then) -> None:
        """A message in these frames is on its way; `then`, when the last of them has begun to come."""
        self._asked += sum(frames)
        self._begin.append((self._asked - frames[-1], then))
        self._frames.append(frames)

    def written(self, packet: int, has: int) -> None:
        """A write has ended: a packet of so many bytes (0: none), and which of the board's packets the controller has."""
        self._has = has
        self._packet = packet or self._packet
        self._there += packet
        while self._begin and self._begin[0][0] < self._there:
            self._begin.popleft()[1]()
        if not self.listens:
            self._ticks()
            return
        if self._rests and self._beside is None:
            self._look_beside(idle=True)
        else:
            self._go_on()

    def came(self, size: int) -> None:
        """So many bytes of the board's are at the host."""
        self._came += size
        while self._end and self._end[0][0] <= self._came:
            self._end.popleft()[1]()

    @property
    def quiet(self) -> bool:
        """Whether it has nothing to do, and nothing for anybody."""
        return self.listens and not (self.offers or self._packet or self._next or self._end or self._begin)
