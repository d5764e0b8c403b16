"""Which boards a `usb:` spec means: ports are probed side by side, then words matched with what was found. Nothing is guessed."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shoal import config
from shoal.errors import LinkError, ShoalError, UsageError
from shoal.fleet import Slot
from shoal.usb import ports
from shoal.usb.bootstrap import Bootstrap
from shoal.usb.identify import Found
from shoal.usb.keeper import Options, Place, leave
from shoal.usb.serial import PortFacts, SerialLink, open_link

_AT_ONCE = 64  # ports probed side by side
_NO_BOARDS = (
    "no board was found on USB. Is it plugged in, with a cable that carries data (many only charge)? Does it run MicroPython? "
    "`shoal doctor` looks closer; a port that the system does not list as USB can be named: usb:/dev/ttyS0"
)

Probed = tuple[Bootstrap, SerialLink, Found]


@dataclass
class Probe:
    """What a port turned out to be: a board, or why not."""

    port: PortFacts
    board: Probed | None = None
    error: ShoalError | None = None

    @property
    def found(self) -> Found:
        assert self.board is not None
        return self.board[2]

    def let_go(self) -> None:
        """Leave the board as it was, and close its port."""
        if self.board:
            bootstrap, link, found = self.board
            try:
                if not (found.bus and bootstrap.up):  # a controller that is interrupted leaves its boards alone
                    leave(bootstrap, restart=True)
            except ShoalError:
                pass  # it goes on without us
            link.close()

    def refuse_controller(self) -> None:
        """A board of a bus runs no tasks for a host on USB."""
        if self.board and self.found.bus:
            self.let_go()
            where = self.port.path
            self.board = None
            self.error = LinkError(
                f"{where}: it was adopted for a bus; if it is the controller, its boards are reached by bus:{where}"
            )


def probe(port: PortFacts, options: Options) -> Probe:
    """Open a port and see what is behind it. A program that runs there is interrupted, unless it is our agent."""
    try:
        link = open_link(port, options.baud)
    except ShoalError as error:
        return Probe(port, error=error)
    bootstrap = Bootstrap(link, port.path, patience=options.patience)
    try:
        found = bootstrap.identify(disturb=bool(options.watchdog) or not options.installed)
    except ShoalError as error:
        link.close()
        return Probe(port, error=error)
    return Probe(port, (bootstrap, link, found))


def probe_all(them: Iterable[PortFacts], options: Options) -> list[Probe]:
    """All at once; in the same order."""
    listed = list(them)
    if not listed:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(listed)), "shoal-probe") as pool:
        return list(pool.map(lambda port: probe(port, options), listed))


def let_go(probes: Iterable[Probe]) -> None:
    """Leave all of them, at once."""
    listed = [probe for probe in probes if probe.board]
    if listed:
        with ThreadPoolExecutor(min(_AT_ONCE, len(listed)), "shoal-leave") as pool:
            list(pool.map(Probe.let_go, listed))


class Roster:
    """The boards that a spec means. `chosen`: one for each of `places`; `unusable`: why the other ports are not."""

    def __init__(
        self, targets: tuple[str, ...], options: Options, environ: Mapping[str, str], *, for_tasks: bool = False
    ) -> None:
        """`targets`: of the spec; () for all boards there are; `for_tasks`: controllers of a bus are none of them.

        Raises UsageError or LinkError for one that is not there.
        """
        known = config.boards()
        paths = [ports.at(word) for word in targets if ports.is_path(word)]
        words = [word for word in targets if not ports.is_path(word)]
        found_by_id = ports.candidates(environ) if words or not targets else []
        taken = {os.path.realpath(port.path) for port in paths}
        found_by_id = [port for port in found_by_id if os.path.realpath(port.path) not in taken]
        self._probes = probe_all([*paths, *found_by_id], options)
        for probe in self._probes if for_tasks else ():
            probe.refuse_controller()
        self.unusable = [str(probe.error) for probe in self._probes if probe.error]
        self.warning = "" if targets else "; ".join(self.unusable)
        try:
            everything = [probe for probe in self._probes if probe.board]
            picked = self._pick(targets, len(paths), words, known) if targets else everything
            slots = named([(probe.port, probe.found) for probe in picked], known)
        except ShoalError:
            let_go(self._probes)
            raise
        let_go(probe for probe in self._probes if not any(probe is one for one in picked))
        self.places = [Place(slot, finder(probe.port)) for slot, probe in zip(slots, picked, strict=True)]
        self.chosen = [probe.board for probe in picked if probe.board]

    def why_none(self) -> str:
        """Why there is no board."""
        return "no board on USB can be used: " + "; ".join(self.unusable) if self.unusable else _NO_BOARDS

    def _pick(self, targets: tuple[str, ...], paths: int, words: list[str], known: tuple[config.Known, ...]) -> list[Probe]:
        by_path = iter(self._probes[:paths])
        picked: list[Probe] = []
        errors: list[ShoalError] = []
        for word in targets:
            probe = self._named(word, known) if word in words else next(by_path)
            if probe.error:
                errors.append(probe.error)
            elif any(probe is other for other in picked):
                raise UsageError(f"'{word}' means {probe.port.path}, which is named already; a board can be used once")
            else:
                picked.append(probe)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise LinkError("; ".join(map(str, errors)))
        return picked

    def _named(self, word: str, known: tuple[config.Known, ...]) -> Probe:
        boards = [probe for probe in self._probes if probe.board]
        owner = config.pick(word, known)
        if owner and owner.id:
            matches = [probe for probe in boards if probe.found.unique_id == owner.id]
            missing = f"the board {owner.name} (id {owner.id}) is not there"
        else:
            matches = [
                probe for probe in boards if len(word) >= config.SHORTEST_ID and probe.found.unique_id.startswith(word.lower())
            ]
            missing = f"no board is called '{word}'"
        if len(matches) > 1:
            listed = " and ".join(f"{probe.port.path} (id {probe.found.unique_id})" for probe in matches)
            raise UsageError(f"'{word}' means more than one board: {listed}. Name the port instead: usb:{matches[0].port.path}")
        if not matches:
            here = ", ".join(f"{probe.found.unique_id} at {probe.port.path}" for probe in boards) or "none"
            names = ", ".join(board.name for board in known) or "none"
            others = "".join(f"; {probe.error}" for probe in self._probes if probe.error)
            raise LinkError(f"{missing}; boards here: {here}; names known: {names}{others}")
        return matches[0]


def named(boards: list[tuple[PortFacts, Found]], known: tuple[config.Known, ...]) -> list[Slot]:
    """A place for each board: with the name and tags of its fleet file, else numbered after what it is."""
    by_id = {board.id: board for board in known if board.id}
    used = {board.name for board in known}
    slots: list[Slot] = []
    for _, found in boards:
        owner = by_id.get(found.unique_id)
        if owner and all(slot.name != owner.name for slot in slots):
            slots.append(Slot(owner.name, owner.kind or found.kind, found.unique_id, tags=owner.tags))
            continue
        stem = found.kind.removesuffix("_wroom").replace("_", "") or found.platform or "board"
        number = 1
        while f"{stem}-{number}" in used:
            number += 1
        used.add(f"{stem}-{number}")
        slots.append(Slot(f"{stem}-{number}", found.kind, found.unique_id))
    return slots


def finder(port: PortFacts) -> Callable[[], list[PortFacts]]:
    """Where a board may be that was seen at a port: there, or wherever its USB serial number is now."""

    def find() -> list[PortFacts]:
        if port.vendor is None:
            return [port] if os.path.exists(port.path) else []
        alike = [one for one in ports.candidates() if (one.vendor, one.product) == (port.vendor, port.product)]
        if not port.bridge and port.serial_number:
            return [one for one in alike if one.serial_number == port.serial_number]
        return [one for one in alike if one.path == port.path] or alike  # bridges often have no number of their own

    return find
