"""A TCP stream to one host at a time, every byte of it proved to come from whoever holds the key.

The port outlives its hosts: `wait` for one, serve it until `read` says that it has gone, and wait again. What is written is
gathered into records, which leave when they are full and at the next `ready` or `read`.

A host that vanished without a word is noticed: one that was silent for twenty seconds, or while another waits with the same key,
is asked whether it is there, and has four seconds to answer. The other is told that the board is busy, or gets it.
"""

import select

from .. import secure
from ..door import Door, ticks_diff, ticks_ms
from ..wire import const

_LOOK_MS = const(250)  # how often the door is looked at while there is a host
_QUIET_MS = const(20000)
_ANSWER_MS = const(4000)
_LENGTH = const(2)


class Port:
    quiet = False  # Ctrl-C on the board's terminal is never a byte of ours

    def __init__(self, key, host, port, dial="", keep=None):
        """As for a `Door`; `keep`: called while there is no host, once a second or more. Raises OSError if the port is taken."""
        self._door = Door(key, host, port, dial)
        self._keep = keep
        self._out = secure.Sender()
        self._in = secure.room()
        self._host = None
        self._looked = ticks_ms()
        self._clear()

    def _clear(self):
        self._got = 0  # bytes of a record in `_in`
        self._body = b""  # what is left to read of the record before
        self._out.used = 0
        self._asked = None  # when the host was asked whether it is there
        self._writing = False

    # --- hosts ---

    def wait(self):
        """Return when there is a host."""
        visitor = self._door.look()
        while not visitor:
            if self._keep:
                self._keep()
            self._door.wait(1000)
            visitor = self._door.look()
        self._door.leave(visitor)
        self._clear()
        self._host = visitor
        self._out.seal, self._inwards = visitor.handshake.outwards, visitor.handshake.inwards
        self._heard = ticks_ms()
        self._readable = select.poll()
        self._readable.register(visitor.connection, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(visitor.connection, select.POLLOUT)
        self._push(visitor.handshake.verdict(True))

    def hang_up(self):
        """The host is gone, or not to be trusted."""
        if self._host:
            self._host.end()
        self._host = self._readable = self._writable = None
        self._clear()

    def close(self):
        self.hang_up()
        self._door.close()

    def _look(self):
        """See who is at the door, and whether our host is still there; not too often."""
        now = ticks_ms()
        if ticks_diff(now, self._looked) < _LOOK_MS:
            return
        self._looked = now
        visitor = self._door.look(True)
        if self._asked is None:
            if visitor or ticks_diff(now, self._heard) > _QUIET_MS:
                self._asked = now
                if not self._writing:  # else what it does not take is question enough
                    self._send()
        elif ticks_diff(self._heard, self._asked) >= 0:
            self._asked = None
            if visitor:
                self._busy(visitor)
        elif ticks_diff(now, self._asked) > _ANSWER_MS:
            self.hang_up()

    def _busy(self, visitor):
        try:
            visitor.say(visitor.handshake.verdict(False))
        except OSError:
            pass
        self._door.dismiss(visitor)

    # --- in ---

    def ready(self, milliseconds):
        """Whether there is something to read, or the end; waits that long for it."""
        if self._out.used:
            self._send()
        start = ticks_ms()
        while not self._body and self._fill():
            self._look()
            left = milliseconds - ticks_diff(ticks_ms(), start)
            if left <= 0 or not self._host:
                return not self._host
            self._readable.poll(min(left, _LOOK_MS))
        return True

    def read(self, view):
        """Block until the view is full; False if the host is gone."""
        view = memoryview(view)
        while len(view):
            while not self._body:
                self.ready(_LOOK_MS)
                if not self._host:
                    return False
            count = min(len(view), len(self._body))
            view[:count] = self._body[:count]
            self._body = self._body[count:]
            view = view[count:]
        return True

    def _fill(self):
        """Take what has come of the next record. True if it is not yet whole, and more may come."""
        while self._host:
            want = secure.record_size(self._in) if self._got >= _LENGTH else _LENGTH
            if not want:  # nothing is made for what will not be read
                break
            if self._got == want != _LENGTH:
                self._got = 0
                self._body = self._inwards.open(self._in[:want])
                if self._body is None:
                    break
                self._heard = ticks_ms()
                if self._body:
                    return False
                continue
            try:
                count = self._host.stream.readinto(self._in[self._got : want])
            except OSError:
                break
            if count is None:
                return True
            if not count:
                break
            self._got += count
        self.hang_up()
        return False

    # --- out ---

    def write(self, view):
        """Take all of it; what is for a host that has gone is lost."""
        view = memoryview(view)
        while len(view) and self._host:
            count = self._out.put(view)
            view = view[count:]
            if len(view):
                self._send()

    def _send(self):
        """Send what was gathered, as one record; nothing gathered asks the host whether it is there."""
        self._push(self._out.record())

    def _push(self, data):
        view = memoryview(data)
        self._writing = True
        waited = False
        while len(view) and self._host:
            try:
                count = self._host.stream.write(view)
            except OSError:
                self.hang_up()
                return
            if count:
                if waited:  # it has made room for more, so it is there
                    self._heard = ticks_ms()
                view = view[count:]
            else:
                waited = True
                self._writable.poll(_LOOK_MS)
                self._look()
        self._writing = False
