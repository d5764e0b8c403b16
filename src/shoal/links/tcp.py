"""A TCP connection to a board that has proved to hold its key; every byte of it is checked. The door to `shoal_board.secure`.

`let_in` does the handshake and may wait; the link it gives never does. Both run the board's own code in the role of the host.
"""

import contextlib
import errno
import socket
from collections.abc import Sequence
from typing import Any

from shoal import clock
from shoal.errors import LinkError
from shoal_board import secure

_BULK = 65536
_LARGEST = len(secure.room())
_IDLE_S, _EVERY_S, _TIMES = 5, 2, 5  # a board that was reset is noticed after five seconds, one that is gone after fifteen
_HUNG_UP = "it hung up: it was reset, or another agent was started on it"
_TAMPERED = "a record came that is not the board's next one: somebody tampers with what is sent, so the link was closed"


class NotLetIn(LinkError):
    """The handshake failed. `why`: "key" (it has none of our keys), "refused", "busy", "silent", "ended" or "stranger"."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why


def let_in(connection: socket.socket, keys: Sequence[bytes], timeout: float) -> tuple[int, "TcpLink"]:
    """Prove ourselves to the board at the other end, and have it do the same; waits up to `timeout` seconds.

    Returns the index of the key that the board has, and the link. Raises NotLetIn; then the connection is closed.
    """
    try:
        return _let_in(connection, keys, clock.now() + timeout)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise NotLetIn("silent", "it took the connection and says nothing") from None
        if isinstance(error, OSError) and not isinstance(error, LinkError):
            raise NotLetIn("ended", "it closed the connection") from error
        raise


def _let_in(connection: socket.socket, keys: Sequence[bytes], end: float) -> tuple[int, "TcpLink"]:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    handshake = secure.Handshake(True)
    connection.settimeout(max(0.001, end - clock.now()))
    connection.sendall(handshake.greeting())
    index = handshake.choose(_answer(connection, end), keys)
    if index is None:
        raise NotLetIn("key", "it has none of the keys that are known here")
    connection.sendall(handshake.proof())
    link = TcpLink(connection, handshake)
    verdict = link.verdict(end)
    if verdict == secure.BUSY:
        raise NotLetIn("busy", "it has another host, which is there")
    if verdict != secure.WELCOME:
        raise NotLetIn("refused", "it refused us after a proof that should have been right")
    connection.setblocking(False)
    return index, link


def _receive(connection: socket.socket, count: int, end: float) -> bytes:
    """So many bytes, or fewer if that is all. Raises TimeoutError, OSError."""
    data = b""
    while len(data) < count:
        connection.settimeout(max(0.001, end - clock.now()))
        more = connection.recv(count - len(data))
        if not more:
            break
        data += more
    return data


def _answer(connection: socket.socket, end: float) -> bytes:
    answer = _receive(connection, secure.ANSWER, end)
    if len(answer) == secure.ANSWER:
        return answer
    if answer == secure.REFUSED:
        raise NotLetIn("refused", "it refused us: its agent speaks another version of the handshake")
    if answer:
        raise NotLetIn("stranger", "what answers there is no Shoal board")
    raise NotLetIn("ended", "it closed the connection")


def _stay_awake(connection: socket.socket) -> None:
    """Have the system ask now and then whether the board is there; its network code answers even while a task runs."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _IDLE_S),
        ("TCP_KEEPALIVE", _IDLE_S),  # the same, where it has this name
        ("TCP_KEEPINTVL", _EVERY_S),
        ("TCP_KEEPCNT", _TIMES),
        ("TCP_USER_TIMEOUT", 1000 * (_IDLE_S + _EVERY_S * _TIMES)),  # for bytes that are not acknowledged
    ):
        with contextlib.suppress(OSError):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class TcpLink:
    """The host's end of an authenticated session. `fault`: why it has ended, in words, and "" as long as it has not;
    `silent`: whether that was the network, rather than the board."""

    name = "tcp"
    lossy = False

    def __init__(self, connection: socket.socket, handshake: Any) -> None:
        self.fault = ""
        self.silent = False
        self._socket = connection
        _stay_awake(connection)
        self._inwards = handshake.inwards
        self._in = bytearray(_BULK)
        self._held = 0  # bytes in it of a record that is not yet whole
        # Rest of a record that did not fit. Its last byte is left in the socket, so that `select` goes on.
        self._body = memoryview(b"")
        self._out = secure.Sender()
        self._out.seal = handshake.outwards
        self._left = memoryview(b"")  # rest of a record that the socket did not take
        self._owed = 0  # bytes of our caller in that record
        self._asked = False  # the board wants to know whether we are there

    def fileno(self) -> int:
        return self._socket.fileno()

    # --- in ---

    def receive_into(self, buffer: memoryview) -> int:
        if self.fault:
            return -1
        try:
            if self._body:
                return self._rest(buffer)
            room = min(len(buffer), _BULK) - self._held
            if room < _LARGEST:
                return self._part(buffer)
            return self._deliver(buffer) if self._read(room) else self._ended(_HUNG_UP)
        except BlockingIOError:
            return 0
        except OSError as error:
            return self._failed(error)

    def _read(self, room: int) -> int:
        with memoryview(self._in) as view:
            count = self._socket.recv_into(view[self._held :], room)
        self._held += count
        return count

    def _deliver(self, buffer: memoryview) -> int:
        """Check and copy all whole records; they fit, since no more was read."""
        at = total = 0
        view = memoryview(self._in)
        while self._held - at >= secure.LENGTH:
            end = at + secure.record_size(view[at:])
            if end > self._held:
                break
            body = self._inwards.open(view[at:end]) if end > at else None
            if body is None:
                return self._ended(_TAMPERED)
            buffer[total : total + len(body)] = body
            total += len(body)
            at = end
            if not body:
                self._alive()
        self._in[: self._held - at] = bytes(view[at : self._held])
        self._held -= at
        return total

    def _part(self, buffer: memoryview) -> int:
        """Read a record into a buffer that may be too small for it."""
        while self._held < secure.LENGTH:
            if not self._read(secure.LENGTH - self._held):
                return self._ended(_HUNG_UP)
        size = secure.record_size(self._in)
        if not size:
            return self._ended(_TAMPERED)
        while self._held < size - 1:
            if not self._read(size - 1 - self._held):
                return self._ended(_HUNG_UP)
        last = self._socket.recv(1, socket.MSG_PEEK)
        if not last:
            return self._ended(_HUNG_UP)
        self._in[size - 1 : size] = last
        self._held = 0
        body = self._inwards.open(memoryview(self._in)[:size])
        if body is None:
            return self._ended(_TAMPERED)
        if body:
            self._body = body
            return self._rest(buffer)
        self._socket.recv(1)
        self._alive()
        return 0

    def _rest(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self._body))
        buffer[:count] = self._body[:count]
        self._body = self._body[count:]
        if not self._body:
            self._socket.recv(1)
        return count

    def _ended(self, fault: str) -> int:
        self.fault = fault
        return -1

    def _failed(self, error: OSError) -> int:
        self.silent = error.errno not in (errno.ECONNRESET, errno.EPIPE)
        return self._ended(f"the network to it is gone ({error.strerror or error})" if self.silent else _HUNG_UP)

    def verdict(self, end: float) -> bytes:
        """The first record, as long as the socket may still wait. Raises TimeoutError, OSError."""
        record = _receive(self._socket, len(secure.WELCOME) + secure.LENGTH + secure.TAG, end)
        whole = len(record) > secure.LENGTH and len(record) == secure.record_size(record)
        return bytes(self._inwards.open(record) or b"") if whole else b""

    # --- out ---

    def send(self, data: memoryview) -> int:
        if self.fault:
            return -1
        try:
            taken = self._settle()
            while taken is not None and taken < len(data):
                self._begin(self._out.put(data[taken:]))
                more = self._settle()
                if more is None:
                    return taken
                taken += more
            return taken or 0
        except OSError as error:
            return self._failed(error)

    def _begin(self, size: int) -> None:
        """Make a record of what was gathered."""
        self._left = self._out.record()
        self._owed = size

    def _settle(self) -> int | None:
        """Go on with the record that is on its way. How much of our caller's it took with it, or None if it is not through."""
        while True:
            while self._left:
                try:
                    self._left = self._left[self._socket.send(self._left) :]
                except BlockingIOError:
                    return None
            owed, self._owed = self._owed, 0
            if owed or not self._asked:
                return owed
            self._asked = False
            self._begin(0)

    def _alive(self) -> None:
        """Answer the board, which asks whether we are there."""
        self._asked = True
        if not self._left:  # else after what is on its way
            with contextlib.suppress(OSError):
                self._settle()

    def close(self) -> None:
        self._socket.close()
