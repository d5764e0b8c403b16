"""Which boards a `tcp:` spec means, and with which keys each may be reached. No network here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shoal import config
from shoal.config import Known
from shoal.errors import LinkError, UsageError
from shoal.fleet import Slot
from shoal.tcp.settings import CALL_PORT, PORT, address

_ADOPT = "connect it by USB and run `shoal adopt` with its Wi-Fi settings, which makes a key and keeps it here"
_CALLS = "calls"  # the address of a board that calls this computer, with or without :PORT


@dataclass
class Place:
    """One board to reach. `keys`: (unique id, key) of each board that it may be; `calls`: the port on which it calls us, or 0."""

    slot: Slot
    host: str
    port: int
    keys: list[tuple[str, bytes]]
    calls: int = 0
    named: bool = field(default=False)  # whether we know which board it must be

    @property
    def where(self) -> str:
        return f"port {self.calls} of this computer" if self.calls else f"{self.host} port {self.port}"


def split(text: str, port: int = PORT) -> tuple[str, int]:
    """HOST or HOST:PORT, an IPv6 address in brackets. Raises UsageError."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.%\w]+)\]|([^\[\]:/\s]+))(?::(\d{1,5}))?", text)
    if match is None or not 0 < int(match[3] or port) < 65536:
        raise UsageError(f"'{text}' is no address; write HOST or HOST:PORT, for example 10.0.0.7 or 10.0.0.7:{PORT}")
    return match[1] or match[2], int(match[3] or port)


def chosen(
    targets: Sequence[str], boards: Sequence[Known], keys: Mapping[str, bytes], found: Sequence[tuple[str, int]]
) -> list[Place]:
    """The places that a spec means: its words, or all boards that have an address or a key, and those `found` beside them.

    Raises UsageError for a word that means no board, LinkError for a board whose key is not here.
    """
    if targets:
        places = [_meant(word, tuple(boards), keys) for word in targets]
    else:
        places = [_known(board, keys) for board in boards if board.address or (board.id and board.id in keys)]
        taken = {(place.host, place.port) for place in places}
        places += [_anywhere(host, host, port, keys) for host, port in found if (host, port) not in taken]
    names = [place.slot.name for place in places]
    for number, place in enumerate(places):
        if place.slot.name in names[:number]:
            raise UsageError(f"the board {place.slot.name} is meant twice")
    return places


def _meant(word: str, boards: tuple[Known, ...], keys: Mapping[str, bytes]) -> Place:
    board = config.pick(word, boards)
    if board is not None:
        return _known(board, keys)
    if not re.search(r"[.:\[]|^shoal-|^localhost$", word):
        names = ", ".join(board.name for board in boards) or "none"
        raise UsageError(f"no board is named '{word}' (named: {names}), and an address looks like 10.0.0.7 or shoal-1a2b.local")
    host, port = split(word)
    owners = [board for board in boards if board.address and board.address in (word, host, f"{host}:{port}")]
    return _known(owners[0], keys) if len(owners) == 1 else _anywhere(word, host, port, keys)


def _known(board: Known, keys: Mapping[str, bytes]) -> Place:
    """The place of a board that a fleet file names."""
    slot = Slot(board.name, board.kind, board.id, tags=board.tags)
    if board.id:
        if board.id not in keys:
            raise LinkError(f"there is no key of {board.name} (id {board.id}) here: {_ADOPT}")
        candidates = [(board.id, keys[board.id])]
    else:
        candidates = _all(board.name, keys)
    word, _, port = board.address.partition(":")
    if word == _CALLS:
        return Place(slot, "", 0, candidates, calls=split(f"{_CALLS}:{port or CALL_PORT}")[1], named=bool(board.id))
    if not board.address and not board.id:
        raise UsageError(f"{board.file} gives neither an address nor an id to {board.name}")
    host, number = split(board.address or address(board.id))
    return Place(slot, host, number, candidates, named=bool(board.id))


def _anywhere(name: str, host: str, port: int, keys: Mapping[str, bytes]) -> Place:
    return Place(Slot(name, "", ""), host, port, _all(name, keys))


def _all(name: str, keys: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    if not keys:
        raise LinkError(f"there is no key of any board here, so {name} would not let us in: {_ADOPT}")
    return list(keys.items())
