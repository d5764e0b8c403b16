"""The user's settings: the fleet files (`shoal.toml`) and the keys of boards. Nothing else is read from or written to a home.

A fleet file stands in the working directory, another in the user's folder; boards of both are known, and where both know the
same board the first one counts. Keys stand alone in `keys.toml`, which only its owner may read.

    [cluster]
    spec = "usb:"

    [boards.left-one]
    id = "e6614103e7452d2f"        # `shoal boards` shows it
    tags = ["camera"]              # for tasks with needs=
    address = "10.0.0.7"           # on the network
    kind = "pico_w"                # a board of the catalogue
"""

import contextlib
import fcntl
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from shoal.errors import SpecError, UsageError
from shoal.suggest import unknown

FILE_NAME = "shoal.toml"
KEYS_NAME = "keys.toml"
SHORTEST_ID = 4  # characters of a unique id that may stand for it
_HEX = re.compile(r"([0-9a-fA-F]{2})*")
_EXAMPLE = '[cluster] with spec = "virtual:8xpico"'


@dataclass(frozen=True)
class Known:
    """A board that a fleet file names. `id`: its unique id in hex, or ""; `file`: who says so."""

    name: str
    id: str
    tags: tuple[str, ...]
    kind: str
    address: str
    file: Path


@dataclass(frozen=True)
class FleetFile:
    """What one fleet file says."""

    spec: str | None
    boards: tuple[Known, ...]


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's folder; it need not exist."""
    base = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or Path.home()) / ".config"
    return Path(base) / "shoal"


def files(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> tuple[Path, Path]:
    """Where fleet files may stand: the working directory's first, then the user's."""
    return (cwd or Path.cwd()) / FILE_NAME, folder(environ) / FILE_NAME


def read(file: Path) -> FleetFile:
    """A fleet file; an absent one says nothing. Raises SpecError for what is not understood."""
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        return FleetFile(None, ())
    except (OSError, ValueError) as error:
        raise SpecError(f"{file} cannot be read as TOML: {error}") from error
    cluster = _table(file, document, "cluster", ("spec",), _EXAMPLE)
    spec = cluster.get("spec")
    if spec is not None and not isinstance(spec, str):
        raise SpecError(f'{file}, [cluster]: spec must be a string such as "virtual:8xpico", not {spec!r}')
    boards = document.get("boards", {})
    if not isinstance(boards, dict):
        raise SpecError(f"{file}: 'boards' must be a table, with one table in it for each board: [boards.left-one]")
    known = tuple(_known(file, name, boards) for name in boards)
    for number, board in enumerate(known):
        twice = [other.name for other in known[:number] if other.id and other.id == board.id]
        if twice:
            raise SpecError(f"{file}: {twice[0]} and {board.name} have the same id {board.id}; a board has one name")
    return FleetFile(spec, known)


def _known(file: Path, name: str, boards: dict[str, Any]) -> Known:
    table = _table(file, boards, name, ("id", "tags", "kind", "address"), f"[boards.{name}]", "boards.")
    for key in ("id", "kind", "address"):
        if not isinstance(table.get(key, ""), str):
            raise SpecError(f"{file}, [boards.{name}]: {key} must be a string, not {table[key]!r}")
    tags = table.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        raise SpecError(f'{file}, [boards.{name}]: tags must be a list of words such as ["camera"], not {tags!r}')
    if not name or any(letter in name for letter in ",?&: /"):
        raise SpecError(f"{file}: a board cannot be named {name!r}; use letters, digits, - and _")
    return Known(name, table.get("id", "").lower(), tuple(tags), table.get("kind", ""), table.get("address", ""), file)


def _table(file: Path, document: dict[str, Any], name: str, keys: tuple[str, ...], form: str, where: str = "") -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise SpecError(f"{file}: '{where}{name}' must be a table: {form}")
    for key in table:
        if key not in keys:
            raise SpecError(f"{file}, [{where}{name}]: {unknown('key', key, keys)}")
    return table


def boards(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> tuple[Known, ...]:
    """The boards of all fleet files. Raises SpecError for a file that is wrong."""
    known: list[Known] = []
    for file in files(environ, cwd):
        here = [board for board in read(file).boards if not any(_same(board, other) for other in known)]
        known += here
    return tuple(known)


def _same(board: Known, other: Known) -> bool:
    return bool(board.id and board.id == other.id) or (board.name == other.name and board.id == other.id)


def find(word: str) -> Known | None:
    """The board that a name, a unique id or the beginning of one means, or None. Raises UsageError for more than one."""
    return pick(word, boards())


def pick(word: str, known: tuple[Known, ...]) -> Known | None:
    """`find` among these."""
    exact = [board for board in known if word in (board.name, board.id)]
    begins = [board for board in known if len(word) >= SHORTEST_ID and board.id.startswith(word.lower())]
    matches = exact or begins
    if len(matches) > 1:
        listed = "; ".join(f"{board.name} (id {board.id or 'unknown'}, {board.file})" for board in matches)
        raise UsageError(f"'{word}' means more than one board: {listed}. Write more of the id, or give them other names")
    return matches[0] if matches else None


def name_board(unique_id: str, name: str) -> Path:
    """Give a board a name, in the user's fleet file; comments there stay. Returns the file.

    Raises UsageError if the name is taken or cannot be one.
    """
    file = files()[1]
    _known(file, name, {name: {"id": unique_id}})
    for board in boards():
        if board.name == name and board.id != unique_id:
            owner = board.id or "a board without id"
            raise UsageError(f"the name {name} belongs to {owner} in {board.file}; choose another one")
        if board.id == unique_id and board.file != file:
            raise UsageError(f"{board.file} names the board {unique_id} already, {board.name}; change it there")
    with _alone():
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        tables: Any = document.setdefault("boards", tomlkit.table(is_super_table=True))
        olds = [old for old in tables if str(tables[old].get("id", "")).lower() == unique_id]
        tables[name] = tables.pop(olds[0]) if olds else {"id": unique_id}
        _write(file, tomlkit.dumps(document), 0o644)
    return file


def keys() -> dict[str, bytes]:
    """The keys of boards by their unique ids. Raises UsageError if the file is wrong, or others may read it."""
    file = folder() / KEYS_NAME
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode & 0o777
            table = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}") from None
    if mode & 0o077:
        raise UsageError(f"{file} may be read by others (mode {mode:o}), so its keys are no secret: chmod 600 {file}")
    try:
        return {unique_id: bytes.fromhex(value) for unique_id, value in table.items()}
    except (TypeError, ValueError):
        wrong = next(name for name, value in table.items() if not isinstance(value, str) or not _HEX.fullmatch(value))
        raise UsageError(f"{file}: the key of {wrong} is not hexadecimal; adopt the board again") from None


def key(unique_id: str) -> bytes | None:
    """The key of a board, or None. Raises UsageError as `keys` does."""
    return keys().get(unique_id)


def store_key(unique_id: str, value: bytes) -> Path:
    """Keep the key of a board, readable by its owner only. Returns the file."""
    file = folder() / KEYS_NAME
    with _alone():
        keys()  # complains about a file that is wrong, before it is replaced
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        document[unique_id] = value.hex()
        _write(file, tomlkit.dumps(document), 0o600)
    return file


def change(name: str, made: Callable[[Any], None]) -> Path:
    """Let `made` change a TOML document of the user's folder; comments in it stay. Returns the file.

    Raises UsageError if what is there is not TOML.
    """
    file = folder() / name
    with _alone():
        try:
            document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        except ValueError as error:
            raise UsageError(f"{file} cannot be read as TOML: {error}") from None
        made(document)
        _write(file, tomlkit.dumps(document), 0o644)
    return file


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Nobody else changes the user's files meanwhile: boards are adopted side by side."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(file: Path, text: str, mode: int) -> None:
    """Replace a file at once: whoever reads it meanwhile sees the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    with open(handle, "w", encoding="utf-8") as stream:
        os.fchmod(handle, mode)
        stream.write(text)
        stream.flush()
        os.fsync(handle)
    os.replace(name, file)
