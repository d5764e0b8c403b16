"""The host's end of one board: a link, the decoder and peer on it, and what that board already holds. Decides nothing."""

from collections.abc import Iterator

from shoal import defaults, protocol
from shoal.holdings import Holdings
from shoal.links import Link
from shoal.protocol import Hello, Message, Printed, Reference, Result
from shoal.work import Work


class Connection:
    """One session with one board. Times are milliseconds of any forward clock."""

    def __init__(self, link: Link, session: int) -> None:
        self.link = link
        self.hello: Hello | None = None
        self.bytes_out = self.bytes_in = 0
        self.closed = False
        self._resend = defaults.RESEND_MS if link.lossy else 0
        self._session = session
        frame = defaults.LOSSY_FRAME if link.lossy else defaults.RECEIVE_LIMIT
        # A board's HELLO is in one frame, whatever we take otherwise.
        self._decoder = protocol.Decoder(defaults.RECEIVE_LIMIT, defaults.RECEIVE_BUFFER)
        self._peer = protocol.Peer(frame, defaults.CREDIT, self._resend)
        self._frame = frame
        self._out = bytearray()
        self._holdings = Holdings()
        self.grace = 0.0  # seconds more for a lump that is late: a board that stops it by itself needs not be restarted
        self._stored: dict[int, list[int]] = {}  # lump -> values sent ahead for it, as long as it may be withdrawn

    # --- session ---

    def greet(self) -> None:
        """Queue a HELLO; harmless when repeated."""
        self._peer.announce(*protocol.hello(self._session, self._frame, defaults.CREDIT, self._resend))

    def accept(self, hello: Hello) -> None:
        """The board answered: what it takes is known now."""
        self.hello = hello
        self._peer.frame = min(self._frame, hello.limit)
        self._peer.granted = hello.credit
        self.grace = defaults.STOP_WITHIN_S if hello.facts.get("stops") else 0.0

    # --- bytes ---

    @property
    def damaged(self) -> int:
        """Times that bytes had to be thrown away."""
        return int(self._decoder.damaged)

    def receive(self, now: int) -> Iterator[Hello | Result | Printed]:
        """Read what has come and give its messages. Raises ProtocolError; `closed` tells of the end of the link."""
        room = self._decoder.room()
        count = self.link.receive_into(room)
        if count < 0:
            self.closed = True
            return
        self.bytes_in += count
        self._decoder.pushed(count)
        damaged = self._decoder.damaged
        while (frame := self._decoder.pop()) is not None:
            message = self._peer.receive(frame, now)
            if message is not None:
                yield protocol.read(*message)
        if self._decoder.damaged != damaged:
            self._peer.damaged()
        self._peer.acknowledge()

    def flush(self, now: int) -> bool:
        """Write what may be written. True when bytes are left that the link did not take."""
        out = self._out
        while (frame := self._peer.output(now)) is not None:
            for buffer in frame:
                out += buffer
        if out and not self.closed:
            with memoryview(out) as view:
                count = self.link.send(view)
            if count < 0:
                self.closed = True
                out.clear()
            elif count:
                self.bytes_out += count
                del out[:count]
        return bool(out)

    def nudge(self) -> None:
        """Queue a few bytes that mean nothing new: on a link that lost some, they complete what the board waits for."""
        self._peer.nudge()

    def wait(self, now: int) -> int | None:
        """Milliseconds until something must be sent again, or None."""
        return self._peer.due_in(now)  # type: ignore[no-any-return]

    # --- what a lump needs ---

    def send(self, lump: int, work: Work, start: int, count: int) -> None:
        """Queue a lump, after whatever this board lacks for it."""
        number = self._function(work)
        for reference in work.references(start, count):
            self.keep(reference)
        ahead, message = work.message(lump, number, start, count)
        for stored in ahead:
            self._store(stored)
        if ahead:
            self._stored[lump] = [stored.id for stored in ahead]
        self._send(message)

    def keep(self, reference: Reference) -> None:
        """Make sure that the board holds a value."""
        if reference.id not in self._holdings.values:
            self._holdings.values[reference.id] = True
            for stored in reference.stored:
                self._store(stored)

    def let_go(self, reference_id: int) -> None:
        """Nobody can name this value any more: the board may drop it."""
        if self._holdings.values.pop(reference_id, False):
            self._send(protocol.forget([reference_id]))

    def interrupt(self, lump: int) -> None:
        """Tell the board to stop a lump, if it runs and that can be done. It answers it all the same."""
        self._send(protocol.interrupt(lump))

    def withdraw(self, lump: int) -> None:
        """Tell the board not to run a lump, and to drop what was sent ahead for it."""
        self._send(protocol.cancel(lump))
        stored = self._stored.pop(lump, None)
        if stored:
            self._send(protocol.forget(stored))

    def answered(self, lump: int, whole: bool) -> None:
        """A lump was answered. Unless it was read whole, what was sent ahead for it may still lie on the board."""
        stored = self._stored.pop(lump, None)
        if stored and not whole:
            self._send(protocol.forget(stored))

    def _store(self, stored: protocol.Stored) -> None:
        assert self.hello is not None
        for message in protocol.store(stored, self.hello.limit):
            self._send(message)

    def _function(self, work: Work) -> int:
        """The number of the work's function on this board, which is taught it first if need be."""
        assert self.hello is not None
        key = work.shipment.key
        number = self._holdings.number(key)
        if number is not None:
            return number
        modules = [module.name for module in work.shipment.modules]
        code = dict(work.code(self.hello))  # compiles it, and may refuse: before the board is told of it
        lesson = self._holdings.teach(key, modules)
        if lesson.dropped_numbers:
            self._send(protocol.drop(lesson.dropped_numbers, lesson.dropped_modules))
        for module in lesson.missing:
            self._store(code[module])
            self._send(protocol.module(code[module], module))
        self._send(protocol.bind(lesson.number, modules[-1], work.shipment.function))
        return lesson.number

    def _send(self, message: Message) -> None:
        self._peer.send(*message)
