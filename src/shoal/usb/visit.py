"""Work on boards that are not in a cluster: find them, do the same to all at once, and leave each one as it should be.

Every board is at its prompt meanwhile, so a program that ran there was interrupted; it starts again when the visit ends.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from shoal.errors import LinkError, ShoalError
from shoal.fleet import Slot
from shoal.usb import ports
from shoal.usb.bootstrap import Bootstrap
from shoal.usb.identify import Found
from shoal.usb.keeper import Options
from shoal.usb.programs import program
from shoal.usb.roster import Probed, Roster
from shoal.usb.serial import BAUD

Told = TypeVar("Told")


@dataclass(frozen=True)
class Host:
    """One board that is visited. `port`: its path."""

    slot: Slot
    port: str
    bootstrap: Bootstrap
    found: Found


@dataclass(frozen=True)
class Visited(Generic[Told]):
    """What came of the work on one board: what it told, or why not."""

    host: Host
    told: Told | None = None
    error: ShoalError | None = None


class Visit:
    """`hosts`: the boards, at their prompts. `unusable`: why other ports were left out, if no board was named."""

    def __init__(self, targets: tuple[str, ...], *, baud: int = BAUD) -> None:
        """`targets`: ports, names or unique ids; () for all boards on USB. Raises UsageError or LinkError for one not there."""
        words = [word for target in targets for word in target.removeprefix("usb:").split(",") if word]
        roster = Roster(tuple(dict.fromkeys(words)), Options(baud=baud, installed=False, patience=ports.patience()), os.environ)
        self.unusable = roster.unusable
        self.why_none = roster.why_none()
        self.hosts = [
            Host(place.slot, link.facts.path, bootstrap, found)
            for place, (bootstrap, link, found) in zip(roster.places, roster.chosen, strict=True)
        ]
        self._chosen: list[Probed] = roster.chosen

    def each(self, work: Callable[[Host], Told]) -> list[Visited[Told]]:
        """Do something to all boards at once, each in a thread of its own."""
        if not self.hosts:
            return []
        with ThreadPoolExecutor(len(self.hosts), "shoal-visit") as pool:
            return list(pool.map(lambda host: _tried(work, host), self.hosts))

    def close(self) -> None:
        """Restart what was interrupted."""
        self.each(_leave)
        for _, link, _ in self._chosen:
            link.close()


@contextmanager
def visit(targets: tuple[str, ...], *, baud: int = BAUD) -> Iterator[Visit]:
    """A visit to some boards. Raises as `Visit` does, and LinkError if there is no board at all."""
    made = Visit(targets, baud=baud)
    try:
        if not made.hosts:
            raise LinkError(made.why_none)
        yield made
    finally:
        made.close()


def _tried(work: Callable[[Host], Told], host: Host) -> Visited[Told]:
    try:
        return Visited(host, told=work(host))
    except ShoalError as error:
        return Visited(host, error=error)


def _leave(host: Host) -> None:
    """A restart lets its main.py run; one that is at its prompt no more was restarted by the work."""
    if host.bootstrap.repl.at_prompt:
        host.bootstrap.repl.leave(restart=host.found.main != "none")


def blink(host: Host, seconds: int) -> bool:
    """Blink the light of a board. False if it has none."""
    code = program("blink").replace("SECONDS = 5", f"SECONDS = {seconds}")
    return host.bootstrap.repl.run(code, "blinking", silence=seconds + 5).strip().endswith(b"True")
