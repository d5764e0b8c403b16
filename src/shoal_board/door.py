"""Who may come in by TCP: the listening socket, and visitors until they have proved to hold the key.

Strangers cost little and get nothing: at most three of them are at the door, two of one address; whoever says nothing makes
room for the next, and nobody may take longer than five seconds. After a wrong proof no greeting is answered for a while, twice
as long after each further one, but never longer than three seconds, and then all who wait are answered: a guesser cannot keep
the owner out.

A computer that the board calls, instead of listening, is a visitor too.
"""

import select
import socket
import time

from . import secure
from .wire import const

if hasattr(time, "ticks_ms"):
    ticks_ms, ticks_diff = time.ticks_ms, time.ticks_diff
else:  # CPython

    def ticks_ms():
        return time.monotonic_ns() // 1000000

    def ticks_diff(later, earlier):
        return later - earlier


_PLACES = const(3)  # a Pico W holds five TCP connections: these, the host's, and one that waits for a place
_WAITING = const(16)  # connections that the system may hold for us
_OF_ONE = const(2)  # places for visitors from one address
_SLOW_MS = const(5000)
_FIRST_MS = const(100)  # the first delay after a wrong proof
_LONGEST_MS = const(3000)
_REDIAL_MS = const(500)
_REDIAL_LONGEST_MS = const(30000)
_DIAL_S = const(5)
_ACCEPTS = const(8)  # visitors let in at a time

# What is awaited of or owed to a visitor.
_GREET = const(0)
_REPLY = const(1)
_PROOF = const(2)
_PROVED = const(3)


def stream_of(connection):
    """Its `readinto` and `write`: None where they would have to wait."""
    connection.setblocking(False)
    try:
        # Small answers must not wait for the acknowledgement of others.
        connection.setsockopt(getattr(socket, "IPPROTO_TCP", 6), getattr(socket, "TCP_NODELAY", 1), 1)
    except OSError:
        pass
    return connection if hasattr(connection, "readinto") else connection.makefile("rwb", 0)


def _place(host, port):
    return socket.getaddrinfo(host, port)[0][-1]


class Visitor:
    """One connection before it is known. `buffer`: the message that is awaited, of which `got` bytes have come."""

    def __init__(self, connection, address, now):
        self.connection = connection
        self.address = address
        self.stream = stream_of(connection)
        self.handshake = secure.Handshake(False)
        self.awaits(_GREET, now)

    def awaits(self, state, now):
        self.state = state
        self.buffer = bytearray(self.handshake.expects)
        self.got = 0
        self.since = now

    def complete(self):
        """Read on. True when the message is there, False when it is not yet; raises OSError at the end."""
        count = self.stream.readinto(memoryview(self.buffer)[self.got :])
        if count == 0:
            raise OSError
        if count:
            self.got += count
        return self.got == len(self.buffer)

    def say(self, data):
        if self.stream.write(data) != len(data):
            raise OSError

    def end(self):
        self.stream.close()
        self.connection.close()


class Door:
    def __init__(self, key, host, port, dial=""):
        """Listen at `host` and `port`; or call `dial`, "host:port", again and again. Raises OSError if the port is taken."""
        self._key = key
        self._dial = dial
        self._dialled = None
        self._patience = _REDIAL_MS
        self._visitors = []
        self._failures = 0
        self._failed = None  # when the delay began
        self._poll = select.poll()
        self._listener = None
        if not dial:
            self._listener = listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(_place(host, port))
            listener.listen(_WAITING)
            listener.setblocking(False)
            self._poll.register(listener, select.POLLIN)

    def wait(self, milliseconds):
        """Sleep until somebody is at the door, or for so long."""
        now = ticks_ms()
        for visitor in self._visitors:
            if visitor.state == _REPLY:
                milliseconds = max(1, min(milliseconds, self._delay(now)))
        self._poll.poll(milliseconds)

    def look(self, serving=False):
        """See to all visitors. Returns one who has proved to hold the key, or None; she stays at the door.

        `serving`: there is a host, so only one is let in at a time, and no computer is called.
        """
        now = ticks_ms()
        if self._listener:
            self._accept(1 if serving else _ACCEPTS, now)
        elif not self._visitors and not serving:
            self._call(now)
        proved = None
        for visitor in list(self._visitors):
            try:
                self._attend(visitor, now)
                if visitor.state == _PROVED:
                    proved = visitor
            except (OSError, MemoryError):  # a board whose heap is full of its owner's data has no time for strangers
                self.dismiss(visitor)
        return proved

    def leave(self, visitor):
        """She is no visitor any more, but the host."""
        self._visitors.remove(visitor)
        self._patience = _REDIAL_MS

    def dismiss(self, visitor):
        self._visitors.remove(visitor)
        self._deafen(visitor)
        visitor.end()

    def close(self):
        for visitor in list(self._visitors):
            self.dismiss(visitor)
        if self._listener:
            self._listener.close()

    # --- coming in ---

    def _accept(self, count, now):
        for _ in range(count):
            try:
                connection, address = self._listener.accept()
            except OSError:  # nobody
                return
            try:
                # Where it is not a tuple it is a sockaddr: family, port, address.
                self._enter(connection, address[0] if isinstance(address, tuple) else bytes(address[4:8]), now)
            except (OSError, MemoryError):
                connection.close()

    def _enter(self, connection, address, now):
        same = [visitor for visitor in self._visitors if visitor.address == address and visitor.state != _PROVED]
        crowd = self._visitors
        if len(same) >= _OF_ONE:
            self.dismiss(same[0])
        elif len(crowd) >= _PLACES:
            silent = [visitor for visitor in crowd if visitor.state == _GREET]
            if not silent:
                connection.close()
                return
            self.dismiss(silent[0])
        visitor = Visitor(connection, address, now)
        crowd.append(visitor)
        self._poll.register(visitor.connection, select.POLLIN)

    def _call(self, now):
        """Call the computer that this board belongs to, if it is time to."""
        if self._dialled is not None and ticks_diff(now, self._dialled) < self._patience:
            return
        if self._dialled is not None:
            self._patience = min(2 * self._patience, _REDIAL_LONGEST_MS)
        host, _, port = self._dial.rpartition(":")
        connection = socket.socket()
        try:
            connection.settimeout(_DIAL_S)
            connection.connect(_place(host, int(port)))
            self._enter(connection, host, ticks_ms())
        except OSError:
            connection.close()
        self._dialled = ticks_ms()

    # --- the handshake ---

    def _delay(self, now):
        """Milliseconds until a greeting may be answered."""
        if self._failed is None:
            return 0
        left = min(_FIRST_MS << min(self._failures - 1, 8), _LONGEST_MS) - ticks_diff(now, self._failed)
        if left <= 0:
            self._failed = None
        return max(0, left)

    def _attend(self, visitor, now):
        """Go on with a visitor as far as may be without waiting. Raises OSError if that is the end of it."""
        if visitor.state == _GREET and visitor.complete():
            self._deafen(visitor)  # whatever else comes must not wake us before the answer is given
            visitor.buffer = visitor.handshake.answer(visitor.buffer, self._key)
            if not visitor.buffer:
                self._refuse(visitor)
            visitor.state = _REPLY
        if visitor.state == _REPLY and not self._delay(now):
            visitor.say(visitor.buffer)
            visitor.awaits(_PROOF, now)
            self._poll.register(visitor.connection, select.POLLIN)
        if visitor.state == _PROOF and visitor.complete():
            self._deafen(visitor)
            if not visitor.handshake.proves(visitor.buffer):
                self._failures += 1
                if self._failed is None:
                    self._failed = now
                self._refuse(visitor)
            self._failures = 0
            self._failed = None
            visitor.state = _PROVED
        if visitor.state in (_GREET, _PROOF) and ticks_diff(now, visitor.since) > _SLOW_MS:
            raise OSError

    @staticmethod
    def _refuse(visitor):
        visitor.say(visitor.handshake.refusal())
        raise OSError

    def _deafen(self, visitor):
        try:
            self._poll.unregister(visitor.connection)
        except (KeyError, OSError):  # was deaf
            pass
