"""Virtual boards that listen, as boards on a network do: a port of this computer for each, a key for each, and how to reach them.

Every start of a board gets another key, which is given to it by a descriptor, never on a command line.
"""

import contextlib
import socket
import sys
from collections.abc import Callable
from threading import Event
from typing import NamedTuple

from shoal import clock
from shoal.links import tcp
from shoal.links.tcp import NotLetIn, TcpLink

_HOST = "127.0.0.1"
_WITHIN_S = 15.0  # from the start of the board's process; 200 of them on one core take 10 s
_AGAIN_S = 0.005


class Reached(NamedTuple):
    """What came of an attempt: the link to the board of a slot, or why there is none. `start`: which of its starts is meant."""

    slot: int
    start: int
    link: TcpLink | None
    reason: str


def reserve() -> tuple[socket.socket, int]:
    """A port for a board, and what keeps others from it until the board listens there. (Where the system does not let two
    sockets have a port, somebody may be faster than the board: then the board ends, and is started with another.)"""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind((_HOST, 0))
    port: int = reserved.getsockname()[1]
    if sys.platform != "linux":
        reserved.close()
    return reserved, port


class Start(NamedTuple):
    """One start of the board of a slot: what it was told, and what keeps its port for it."""

    slot: int
    start: int
    port: int
    key: bytes
    reserved: socket.socket


def reach(start: Start, given_up: Event, put: Callable[[Reached], None]) -> None:
    """Connect to a board that is starting, and prove who we are. Nothing is put if that was given up."""
    with start.reserved:
        _reach(start, given_up, put)


def _reach(start: Start, given_up: Event, put: Callable[[Reached], None]) -> None:
    port = start.port
    end = clock.now() + _WITHIN_S
    reason = ""
    while not given_up.is_set() and clock.now() < end:
        with contextlib.suppress(NotLetIn, OSError):
            connection = socket.create_connection((_HOST, port), _WITHIN_S)
            if connection.getsockname() == connection.getpeername():  # nobody listens yet, and our own end got that very port
                connection.close()
            else:
                try:
                    put(Reached(start.slot, start.start, tcp.let_in(connection, [start.key], max(0.1, end - clock.now()))[1], ""))
                    return
                except NotLetIn as error:
                    reason = f": {error}"
        given_up.wait(_AGAIN_S)
    if not given_up.is_set():
        put(Reached(start.slot, start.start, None, f"it was not reached on port {port} within {_WITHIN_S:.0f} s{reason}"))


def discard(reached: Reached) -> None:
    """Nobody wants it any more."""
    if reached.link:
        reached.link.close()
