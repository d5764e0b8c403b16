"""The catalogue's files, and the user's own beside them: read once, when first asked for, and merged by path.

The user's file is `measured.toml` in the user's folder (`shoal bench --calibrate` writes it, an editor may). Its shape is that of
the catalogue's files. A fact there stands in place of the catalogue's of the same path; what is no fact of the catalogue is
refused, so that a slip of the pen is not believed. Only `calibrations` may hold what the catalogue has no place for.

    [links.usb]
    to_host_bytes_s = {value = 640000.0, cond = "two Picos, 2026-11-21"}

    [boards.pico]
    price_gbp = {value = 3.6, unit = "GBP"}
"""

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from shoal import config
from shoal.catalog.facts import BASES, YOURS, Fact
from shoal.errors import UsageError
from shoal.suggest import unknown

MEASURED_NAME = "measured.toml"
CALIBRATIONS = "calibrations"
"""A table of the user's file alone: [calibrations.NAME] with any facts in it."""
FILES = {
    "boards": "boards",
    "links": "links",
    "wires": "wires",
    "faults": "faults",
    "computers": "computers",
    "clusters": "computers",
    "supercomputer": "computers",
    "poe": "power",
    "switches": "power",
    "hats": "power",
    "hubs": "power",
    "supplies": "power",
    "heat": "power",
    "electricity": "money",
    "cloud": "money",
    "exchange": "money",
    "builds": "money",
    "python": "python",
}
"""The first word of a path, and the file that has it."""
KINDS = (*FILES, CALIBRATIONS)

Table = dict[str, Any]
_KEYS = ("value", "unit", "cond", "source", "basis")


def entries(kind: str) -> dict[str, Table]:
    """The entries of one kind as they count: the catalogue's with the user's facts in place. Raises UsageError."""
    return _merged(kind)


def shipped(kind: str) -> dict[str, Table]:
    """The entries of one kind as the catalogue has them, with what `same_as` refers to filled in."""
    return {} if kind == CALIBRATIONS else _filled(kind)


def fact(path: str, *, own: bool = True) -> Fact:
    """The fact at a path; `own=False`: the catalogue's even where the user has another. Raises KeyError and UsageError."""
    kind, _, rest = path.partition(".")
    if kind not in KINDS:
        raise KeyError(f"no fact '{path}': a path begins with one of {', '.join(f'{kind}.' for kind in KINDS)}")
    found: Any = entries(kind) if own else shipped(kind)
    for name in rest.split("."):
        if not isinstance(found, dict) or name not in found:
            raise KeyError(f"no fact '{path}': '{name}' is not in the catalogue")
        found = found[name]
    if not is_fact(found):
        raise KeyError(f"'{path}' is not one fact")
    return _fact(kind, found)


def paths(kind: str) -> list[str]:
    """The path of every fact of one kind, in the order of its file. Raises UsageError."""
    return [path for key, entry in entries(kind).items() for path in _paths(f"{kind}.{key}", entry)]


def is_fact(found: object) -> bool:
    return isinstance(found, dict) and "basis" in found


def forget() -> None:
    """Read the files again when next asked: the user's has changed."""
    for reader in (_document, _filled, _own_document, _merged, yours):
        reader.cache_clear()


@cache
def yours() -> tuple[str, ...]:
    """The paths of the user's own facts. Raises UsageError for a wrong file."""
    own = {kind: table for kind, table in _own_document().items() if kind != "sources"}
    for kind in own:
        _merged(kind)  # complains
    return tuple(_paths("", own))


def measured_file() -> Path:
    """Where the user's own facts stand; it need not exist."""
    return config.folder() / MEASURED_NAME


# --- the catalogue's own


@cache
def _document(name: str) -> Table:
    with Path(__file__).with_name(f"{name}.toml").open("rb") as stream:
        return tomllib.load(stream)


@cache
def _filled(kind: str) -> dict[str, Table]:
    listed: dict[str, Table] = _document(FILES[kind])[kind]
    return {key: {**(listed[entry["same_as"]] if "same_as" in entry else {}), **entry} for key, entry in listed.items()}


def _fact(kind: str, row: Table) -> Fact:
    own = row.get("own_reference")  # only the user's facts have it
    reference = own if own is not None else _document(FILES[kind])["sources"][row["source"]]
    return Fact(row["value"], row.get("unit", ""), row.get("cond", ""), row["source"], reference, row["basis"])


# --- the user's


@cache
def _own_document() -> Table:
    """The user's file; its tables are known ones, what is in them is not looked at yet."""
    file = measured_file()
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}; correct it, or move it away to go by the catalogue") from None
    for kind, table in document.items():
        if kind not in (*KINDS, "sources"):
            raise _wrong(unknown("table", kind, KINDS))
        if not isinstance(table, dict):
            raise _wrong(f"{kind} must be a table, such as [{'sources' if kind == 'sources' else f'{kind}.NAME'}]")
    return document


@cache
def _merged(kind: str) -> dict[str, Table]:
    """The entries of one kind with the user's facts in place. Only the file of that kind is read."""
    merged = dict(shipped(kind))
    document = _own_document()
    for key, entry in document.get(kind, {}).items():
        merged[key] = _entry(kind, key, entry, merged, document.get("sources", {}))
    return merged


def _entry(kind: str, key: str, entry: object, known: dict[str, Table], sources: Table) -> Table:
    """One of the catalogue's entries with the user's facts in it, or a new one like another, or a calibration."""
    where = f"{kind}.{key}"
    if not isinstance(entry, dict):
        raise _wrong(f"{where} must be a table: [{where}]")
    base = known.get(key)
    if base is None and kind != CALIBRATIONS:
        like = entry.get("same_as")
        if like is None:
            raise _wrong(f"{where}: {unknown('name', key, known)}. A new one needs same_as = one of those")
        if str(like) not in known:
            raise _wrong(f"{where}: same_as: {unknown('name', str(like), known)}")
        base = known[str(like)]
    elif "same_as" in entry:
        raise _wrong(f"{where}: same_as is for names that the catalogue does not have")
    own = {name: row for name, row in entry.items() if name not in ("same_as", "name")}
    result = _own(where, own, base, sources)
    name = entry.get("name")
    return {**result, "name": str(name)} if name is not None else result


def _own(where: str, own: Table, base: Table | None, sources: Table) -> Table:
    """`base` with the user's facts in place of its own, tables of facts too."""
    result = dict(base or {})
    for name, row in own.items():
        path = f"{where}.{name}"
        old = None if base is None else base.get(name)
        if base is not None and old is None and not name.startswith("price_"):
            facts = [known for known in base if isinstance(base[known], dict)]
            other = f"What the catalogue has no place for goes into [{CALIBRATIONS}.NAME]"
            raise _wrong(f"{path}: {unknown('fact', name, facts)}. {other}")
        if isinstance(row, dict) and "value" not in row and not is_fact(old):
            result[name] = _own(path, row, old if isinstance(old, dict) else None, sources)
        else:
            result[name] = _row(path, row, old if is_fact(old) else None, sources)
    return result


def _row(path: str, row: object, old: Table | None, sources: Table) -> Table:
    name = path.rpartition(".")[2]
    if not isinstance(row, dict) or "value" not in row:
        raise _wrong(f"{path} must be a fact, such as {name} = {{value = 1.5}}")
    for key in row:
        if key not in _KEYS:
            raise _wrong(f"{path}: {unknown('key', key, _KEYS)}")
    basis, source = row.get("basis", "measured"), str(row.get("source", YOURS))
    if name.startswith("price_"):
        old = old or {"value": 0.0, "unit": name[6:].upper()}
    if basis not in BASES:
        raise _wrong(f"{path}: {unknown('basis', str(basis), BASES)}")
    unit = row.get("unit", old.get("unit", "") if old else "")
    if old and unit != old.get("unit", ""):
        raise _wrong(f"{path} is in {unit!r} here and in {old.get('unit', '')!r} in the catalogue; convert it")
    value = _value(path, row["value"], old)
    reference = str(sources.get(source, source if source != YOURS else "your own"))
    return {
        "value": value,
        "unit": unit,
        "cond": str(row.get("cond", "")),
        "source": YOURS,
        "own_reference": f"{reference} ({measured_file()})",
        "basis": basis,
    }


def _value(path: str, value: object, old: Table | None) -> object:
    """The value, if it is of the same sort as the catalogue's; numbers are never negative."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not (isinstance(value, int | float) and math.isfinite(value) and value >= 0):
        raise _wrong(f"{path}: {value} is not a number from 0 up")
    if old is None:
        return value
    wanted = old["value"]
    wants_number = isinstance(wanted, int | float) and not isinstance(wanted, bool)
    if wants_number != number or not (wants_number or isinstance(value, type(wanted))):
        raise _wrong(f"{path} must be {'a number' if wants_number else type(wanted).__name__}, as {wanted!r} is, not {value!r}")
    if wants_number and wanted and not value:
        raise _wrong(f"{path} cannot be 0")
    if isinstance(wanted, int) and isinstance(value, float) and not old.get("unit") and not value.is_integer():
        raise _wrong(f"{path} counts something: it must be a whole number, not {value}")
    return value


def _paths(prefix: str, table: Table) -> list[str]:
    found: list[str] = []
    for name, row in table.items():
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(row, dict):
            found += [path] if "value" in row else _paths(path, row)
    return found


def _wrong(text: str) -> UsageError:
    return UsageError(f"{measured_file()}: {text}")
