"""Finds the controller of a bus at a serial port, now and whenever it was unplugged, by the means of `shoal.usb`.

A controller was adopted with `--bus`: it answers a HELLO by itself. Its prompt is never asked for, because a controller that
is interrupted leaves every board on its bus alone.
"""

import os
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shoal import clock, config, image
from shoal.errors import LinkError, ShoalError, UsageError
from shoal.fleet import Event
from shoal.links import Link
from shoal.protocol import Hello
from shoal.usb import ports
from shoal.usb.greeting import greet
from shoal.usb.keeper import REPLUG_S
from shoal.usb.repl import Repl
from shoal.usb.roster import finder
from shoal.usb.serial import PortFacts, SerialLink, open_link

GREET_S = 1.5  # a controller answers between two turns of its bus, each some 20 ms
_AT_ONCE = 64  # ports asked side by side
_ADOPT = "`shoal adopt --bus` makes a board the controller of a bus, or a board on one"


@dataclass(frozen=True)
class Found:
    """A controller at a port, which is open: some boards restart when theirs is opened."""

    port: PortFacts
    unique_id: str
    link: SerialLink

    @property
    def where(self) -> str:
        return self.port.path


def greeted(port: PortFacts, baud: int, patience: float, stop: threading.Event | None = None) -> tuple[SerialLink, Hello]:
    """Open a port and greet the controller there. Raises LinkError that says what is there instead."""
    link = open_link(port, baud)
    try:
        hello = greet(Repl(link, port.path, patience, stop), GREET_S)
        if hello is None:
            raise LinkError(f"{port.path}: no controller of a bus answers there. {_ADOPT}")
        if "bus" not in hello.facts:
            raise LinkError(f"{port.path}: its agent serves this port and no bus. {_ADOPT}")
        if hello.facts.get("agent") != image.release():
            raise LinkError(
                f"{port.path}: the controller has an agent of another release; bring it up to date: `shoal adopt --bus`"
            )
    except BaseException:
        link.close()
        raise
    return link, hello


def _look(port: PortFacts, baud: int, patience: float) -> Found | ShoalError:
    try:
        link, hello = greeted(port, baud, patience)
    except ShoalError as error:
        return error
    return Found(port, hello.facts["unique_id"], link)


def find(targets: tuple[str, ...], baud: int, patience: float, environ: Mapping[str, str]) -> Found:
    """The controller that a spec names by port, name or unique id; or the only one there is. Raises UsageError or LinkError."""
    word = targets[0] if targets else ""
    candidates = [ports.at(word)] if ports.is_path(word) else ports.candidates(environ)
    if not candidates:
        raise LinkError(f"no board is on USB that could be the controller of a bus. {_ADOPT}")
    with ThreadPoolExecutor(min(_AT_ONCE, len(candidates)), "shoal-probe") as pool:
        looked = list(pool.map(lambda port: _look(port, baud, patience), candidates))
    found = [one for one in looked if isinstance(one, Found)]
    errors = [one for one in looked if not isinstance(one, Found)]
    fits = [one for one in found if ports.is_path(word) or _is_meant(word, one.unique_id)]
    here = ", ".join(f"{one.unique_id} at {one.where}" for one in found) or "none"
    for one in found:
        if fits != [one]:
            one.link.close()
    if len(fits) > 1:
        raise UsageError(f"there is more than one controller: {here}. Name the port: bus:{fits[0].where}")
    if fits:
        return fits[0]
    if len(errors) == 1 and not found:
        raise errors[0]
    asked = f"no controller is called '{word}'; controllers here: {here}" if word else "no port has the controller of a bus"
    raise LinkError("; ".join([asked, *map(str, errors)]))


def _is_meant(word: str, unique_id: str) -> bool:
    if not word:
        return True
    owner = config.pick(word, config.boards())
    if owner and owner.id:
        return owner.id == unique_id
    return len(word) >= config.SHORTEST_ID and unique_id.startswith(word.lower())


class SerialController:
    """A controller that was found, wherever it is plugged in now."""

    def __init__(self, found: Found, baud: int, patience: float) -> None:
        self.where = found.where
        self.returns_within = REPLUG_S
        self._unique_id = found.unique_id
        self._open: SerialLink | None = found.link
        self._baud = baud
        self._patience = patience
        self._ports = finder(found.port)

    def now(self) -> float:
        """As we do."""
        return clock.now()

    def connect(self, stop: threading.Event) -> Link:
        """Raises LinkError if it is not there, or another board is."""
        if self._open:
            link, self._open = self._open, None
            return link
        trouble: ShoalError | None = None
        for port in self._ports():
            try:
                link, hello = greeted(port, self._baud, self._patience, stop)
            except ShoalError as error:
                trouble = error
                continue
            if hello.facts["unique_id"] == self._unique_id:
                self.where = port.path
                return link
            link.close()
            trouble = LinkError(f"{port.path}: another controller is there now ({hello.facts['unique_id']})")
        raise trouble or LinkError(f"the controller at {self.where} was unplugged, and did not come back")

    def why_ended(self) -> str:
        """A serial line ends in one way only."""
        there = os.path.exists(self.where)
        return f"the controller of its bus ({self.where}) was {'reset' if there else 'unplugged'}"

    def side(self) -> socket.socket | None:
        """It has nothing beside its line."""
        return None

    def hear(self) -> list[Event]:
        """Nothing."""
        return []

    def close(self) -> None:
        """The pump closes the line, if it ever got it."""
        if self._open:
            self._open.close()
