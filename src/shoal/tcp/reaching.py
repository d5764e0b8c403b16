"""Reaching one board, in a thread: connects, proves who we are, tries again with growing pauses, and says what is wrong."""

import random
import socket
from collections.abc import Callable
from threading import Event
from typing import NamedTuple

from shoal import clock
from shoal.links import tcp
from shoal.links.tcp import NotLetIn, TcpLink
from shoal.tcp import discovery
from shoal.tcp.places import Place

_CONNECT_S = 5.0
_ANSWER_S = 10.0  # for the handshake: a board may make a stranger's failures felt for three of them
_PATIENCE_S = 8.0  # until a board that is not reached is reported; it is tried on
_CALLED_WITHIN_S = 40.0  # a board that calls waits up to 30 s between two attempts
_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0


class Reached(NamedTuple):
    """A link to a board, and its unique id; or why there is none yet. `attempt`: which attempt of its slot this is from."""

    slot: int
    attempt: int
    link: TcpLink | None
    unique_id: str
    reason: str


Put = Callable[[Reached], None]


def discard(reached: Reached) -> None:
    """Nobody wants it any more."""
    if reached.link:
        reached.link.close()


def reach(slot: int, attempt: int, place: Place, given_up: Event, put: Put) -> None:
    """Try until it works or is given up. What is wrong is put once: after a while, or at once if trying on will hardly help."""
    begin = clock.now()
    pause = _PAUSE_S
    told = False
    while not given_up.is_set():
        try:
            unique_id, link = _connect(place)
        except OSError as error:
            reason, final = why(place, error)
            if not told and (final or clock.now() - begin > _PATIENCE_S):
                told = True
                put(Reached(slot, attempt, None, "", reason))
        else:
            if given_up.is_set():
                link.close()
            else:
                put(Reached(slot, attempt, link, unique_id, ""))
            return
        given_up.wait(pause * random.uniform(0.7, 1.3))  # boards of one network that came back together are not tried in step
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def be_called(slot: int, attempt: int, place: Place, given_up: Event, put: Put) -> None:
    """Say so if a board that should call does not."""
    if not given_up.wait(_CALLED_WITHIN_S):
        reason = (
            f"it has not called {place.where} for {_CALLED_WITHIN_S:.0f} s: is it powered, on this network, and is this the "
            "computer that it was told to call?"
        )
        put(Reached(slot, attempt, None, "", reason))


def _connect(place: Place) -> tuple[str, TcpLink]:
    try:
        connection = socket.create_connection((place.host, place.port), _CONNECT_S)
    except socket.gaierror:
        found = discovery.resolve(place.host)
        if found is None:
            raise
        connection = socket.create_connection((found, place.port), _CONNECT_S)
    return let_in(connection, place.keys)


def let_in(connection: socket.socket, keys: list[tuple[str, bytes]]) -> tuple[str, TcpLink]:
    """The handshake; returns whose key it was, and the link. Raises NotLetIn."""
    index, link = tcp.let_in(connection, [key for _, key in keys], _ANSWER_S)
    return keys[index][0], link


def why(place: Place, error: OSError) -> tuple[str, bool]:
    """What went wrong at a place and what to do, in words; and whether trying again is unlikely to help."""
    at = f"at {place.where}"
    if isinstance(error, NotLetIn):
        return {
            "key": (_wrong_key(place, at), True),
            "busy": (f"the board {at} serves another program or computer, and serves one at a time: end that one first", False),
            "silent": (f"what is {at} takes connections and says nothing: it may be in a long task of a former host", False),
            "refused": (f"the board {at} refused us; {error}: bring its agent up to date with `shoal adopt` over USB", True),
            "stranger": (f"what answers {at} is no Shoal board: check the address", True),
        }.get(error.why, (f"the board {at} closed the connection: others may crowd its door; it is tried on", False))
    if isinstance(error, socket.gaierror):
        hint = "" if discovery.AVAILABLE else ", or install shoal[network], which finds names that end in .local"
        return f"the name {place.host} is not known here: give the board's IP address, which your router shows{hint}", False
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens {at}: the agent does not run there, or the board was not adopted for the network", False
    return (
        f"{place.host} is not reached ({error.strerror or error}): is the board powered, on this network, at this address?",
        False,
    )


def _wrong_key(place: Place, at: str) -> str:
    if place.named:
        return (
            f"what answers {at} does not have the key of {place.slot.name}: another board has this address now, or the board "
            "was adopted by another computer; `shoal adopt` over USB gives it a new key"
        )
    count = len(place.keys)
    return f"the board {at} has none of the {count} keys that are here: adopt it first, over USB"
