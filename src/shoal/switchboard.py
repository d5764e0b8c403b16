"""The links of all boards, in the owner thread: waits for them, greets, reads, writes, and says again what may have been lost.

Decides nothing: messages go to `heard`, and a link that ends or talks nonsense is reported to the fleet, which will say how its
board ended.
"""

import contextlib
import selectors
from collections.abc import Callable, Iterator

from shoal import clock, defaults
from shoal.connection import Connection
from shoal.errors import ProtocolError
from shoal.fleet import Fleet
from shoal.greetings import Greetings
from shoal.links import Link
from shoal.protocol import Hello, Printed, Result

Heard = Callable[[int, Connection, Hello | Result | Printed], None]
Ready = Callable[[int], None]


class Switchboard:
    """Connections by the index of their board."""

    def __init__(self, fleet: Fleet, heard: Heard) -> None:
        self.greetings = Greetings(range(len(fleet.slots)))
        self.connections: dict[int, Connection] = {}
        self._fleet = fleet
        self._heard = heard
        self._touched: dict[int, Connection] = {}  # may have something to write
        self._nudged = 0.0
        self._lossy = False  # some links may need something sent again
        self._selector = selectors.DefaultSelector()

    def also(self, descriptor: int, ready: Ready) -> None:
        """Wait for this descriptor too."""
        self._selector.register(descriptor, selectors.EVENT_READ, ready)

    def connect(self, index: int, link: Link) -> None:
        """There is a link to a board: greet it."""
        self.shut(index)
        self._lossy |= link.lossy
        connection = self.connections[index] = Connection(link, session=id(link) & 0xFFFFFFFF)
        self._selector.register(link.fileno(), selectors.EVENT_READ, lambda mask: self._ready(index, connection, mask))
        self._greet(index, clock.now())

    def shut(self, index: int) -> Connection | None:
        """Close the link of a board, if it has one."""
        connection = self.connections.pop(index, None)
        self._touched.pop(index, None)
        self.greetings.forget(index)
        if connection:
            self._deafen(connection)
            connection.link.close()
        return connection

    def close(self) -> None:
        self._selector.close()

    def ready(self) -> Iterator[tuple[int, Connection]]:
        """Boards that have answered, with their connections, which count as touched."""
        for index, connection in self.connections.items():
            if connection.hello:
                self._touched[index] = connection
                yield index, connection

    def touch(self, index: int) -> Connection:
        """A board's connection, about to be given something to write."""
        connection = self._touched[index] = self.connections[index]
        return connection

    # --- one turn: wait, check the time, flush ---

    def wait(self, seconds: float | None) -> None:
        """Wait for something to happen, at most so long, and attend to it."""
        for key, mask in self._selector.select(seconds):
            key.data(mask)

    def patience(self) -> list[float]:
        """Seconds until something is due here: the least of these, or nothing is."""
        waits = [defaults.HELLO_EVERY_S] if self.greetings else []
        if self._lossy:
            now = _ms()
            resends = [connection.wait(now) for connection in self.connections.values()]
            waits += [wait / 1000 for wait in resends if wait is not None]
        return waits

    def check_time(self, now: float) -> None:
        """Greet again who has not answered; on lossy links, say again what is due."""
        if self.greetings:
            for index in self.greetings.late(now):
                self._fleet.kill(index, f"it did not answer within {defaults.HELLO_WITHIN_S:.0f} s of its start")
            for index in self.greetings.due(now):
                self._greet(index, now)
        if self._lossy:
            nudge = now - self._nudged > defaults.NUDGE_S
            for index, connection in self.connections.items():
                if nudge:
                    self._nudged = now
                    connection.nudge()
                if nudge or connection.wait(_ms()) == 0:
                    self._touched[index] = connection

    def flush(self) -> None:
        """Write what there is to write."""
        if not self._touched:
            return
        now = _ms()
        for index, connection in self._touched.items():
            if connection.closed:
                continue
            blocked = connection.flush(now)
            if connection.closed:
                self._hang_up(index, connection)
                continue
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if blocked else 0)
            key = self._selector.get_key(connection.link.fileno())
            if key.events != wanted:
                self._selector.modify(connection.link.fileno(), wanted, key.data)
        self._touched.clear()

    # --- one link ---

    def listen(self, index: int) -> None:
        """Read a board's link once."""
        connection = self.connections.get(index)
        if connection is None or connection.closed:
            return
        try:
            for message in connection.receive(_ms()):
                self._heard(index, connection, message)
        except ProtocolError as error:
            self._fleet.kill(index, str(error))
        if connection.closed:
            self._hang_up(index, connection)

    def _ready(self, index: int, connection: Connection, mask: int) -> None:
        if self.connections.get(index) is not connection:
            return  # closed since `select` saw it
        if mask & selectors.EVENT_READ:
            self.listen(index)
        self._touched[index] = connection

    def _greet(self, index: int, now: float) -> None:
        self.greetings.greeted(index, now)
        self.touch(index).greet()

    def _hang_up(self, index: int, connection: Connection) -> None:
        self._deafen(connection)
        self._fleet.lost(index)

    def _deafen(self, connection: Connection) -> None:
        """Stop listening to a link; one that has ended stays until the fleet tells why."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.link.fileno())


def _ms() -> int:
    return int(clock.now() * 1000)
