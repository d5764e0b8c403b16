"""Boards that call this computer instead of listening: waits for them at one port, and finds out which board each is."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable

from shoal.errors import LinkError
from shoal.links.tcp import NotLetIn, TcpLink
from shoal.tcp.reaching import let_in

_AT_ONCE = 16  # callers that are being asked who they are; more have to call again
_LOOK_S = 0.5


class Calls:
    """Everybody who calls is asked to prove that it has one of our keys; nobody else hears more than a nonce."""

    def __init__(self, port: int, keys: list[tuple[str, bytes]], answered: Callable[[str, TcpLink], None]) -> None:
        """`answered(unique_id, link)` is called in any thread. Raises LinkError if the port is taken."""
        self._keys = keys
        self._answered = answered
        self._closed = threading.Event()
        self._places = threading.Semaphore(_AT_ONCE)
        try:
            self._listener = socket.create_server(("", port))
        except OSError as error:
            raise LinkError(
                f"cannot wait for boards that call port {port} of this computer: {os.strerror(error.errno or 0)}. "
                "Is another cluster doing so? Boards can be told another port when they are adopted"
            ) from error
        self._listener.settimeout(_LOOK_S)
        self._thread = threading.Thread(target=self._accept, name="shoal calls", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # closed
                return
            if self._places.acquire(blocking=False):
                threading.Thread(target=self._ask, args=(connection,), name="shoal call", daemon=True).start()
            else:
                connection.close()

    def _ask(self, connection: socket.socket) -> None:
        try:
            unique_id, link = let_in(connection, self._keys)
        except NotLetIn:  # nobody of ours
            return
        finally:
            self._places.release()
        if self._closed.is_set():
            link.close()
        else:
            self._answered(unique_id, link)

    def close(self) -> None:
        """The port is free when this returns."""
        self._closed.set()
        with contextlib.suppress(OSError):  # wakes the thread, where the system does that
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
