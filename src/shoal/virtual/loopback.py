"""Virtual boards that listen, as boards on a network do: a port of this computer for each, a key for each, and how to reach them.

Every start of a board gets another key, which is given to it by a descriptor, never on a command line.
"""

import contextlib
import socket
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


def free_port() -> int:
    """A port that nobody has now. Somebody may take it before the board does: then the board ends, and is started with another."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def reach(slot: int, start: int, port: int, key: bytes, given_up: Event) -> Reached | None:
    """Connect to a board that is starting, and prove who we are. None if that was given up."""
    end = clock.now() + _WITHIN_S
    reason = ""
    while not given_up.is_set() and clock.now() < end:
        with contextlib.suppress(NotLetIn, OSError):
            connection = socket.create_connection((_HOST, port), _WITHIN_S)
            if connection.getsockname() == connection.getpeername():  # nobody listens yet, and our own end got that very port
                connection.close()
            else:
                try:
                    return Reached(slot, start, tcp.let_in(connection, [key], max(0.1, end - clock.now()))[1], "")
                except NotLetIn as error:
                    reason = f": {error}"
        given_up.wait(_AGAIN_S)
    return None if given_up.is_set() else Reached(slot, start, None, f"it was not reached on port {port} within {_WITHIN_S:.0f} s{reason}")


def discard(reached: Reached) -> None:
    """Nobody wants it any more."""
    if reached.link:
        reached.link.close()
