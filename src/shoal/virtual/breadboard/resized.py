"""A wiring file's document with other processors than it lists: more or fewer of them, or boards of other kinds.

The document is changed and then read like any other, so whatever is wrong with the result is found where everything is.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from shoal.errors import UsageError

Document = dict[str, Any]

# For the GPIO numbers of the built-in wirings' buses: such as boards of every kind have. UART 0 is the terminal of an ESP32.
_EVERYWHERE = {"i2c": {10: 2, 11: 3, 13: 18, 22: 19}, "uart": {0: 4, 1: 5, 13: 18, 22: 19}}
_ALSO = {"uart": {"uart": 1}}


def counted(document: Document, processors: int, file: str) -> Document:
    """With so many processors, of those that it has a `count` of. Raises UsageError if that is not one table."""
    grounded = _controllers(document)
    tables = {key: table for key, table in document["boards"].items() if "count" in table}
    if len(tables) != 1:
        raise UsageError(
            f"{file}: how many boards there are can be said of a wiring with one table [boards.NAME] that has a count; "
            f"this one has {len(tables)}"
        )
    ((key, table),) = tables.items()
    many = {**table, "count": processors + sum(name in grounded for name in _names(key, table))}
    boards = {**document["boards"], key: many}
    gone = set(_names(key, table)) - set(_names(key, many))
    return _without(gone, {**document, "boards": boards})


def made(document: Document, groups: Sequence[tuple[str, int]]) -> Document:
    """A built-in wiring's bus and controller, and in place of its processors these: words of a spec, and how many of each.

    They are named as in a `virtual:` spec: pico-1, pico-2. What a demonstration needs beside the bus is left out: devices, the
    light, and what its functions cost.
    """
    (key,) = (key for key, table in document["boards"].items() if "count" in table)
    counts: dict[str, int] = {}
    for word, count in groups:
        counts[word] = counts.get(word, 0) + count
    boot_s = document["boards"][key]["boot_s"]
    processors = {f"{word}-": {"board": word, "count": count, "boot_s": boot_s} for word, count in counts.items()}
    boards = {name: table for name, table in document["boards"].items() if name != key}
    wire = document["bus"]["wire"]
    moved = _EVERYWHERE[wire]
    pins = {role: moved.get(gpio, gpio) for role, gpio in document["bus"]["pins"].items() if role != "led"}
    nets = {name: {**net, "pins": _moved(net["pins"], key, processors, moved)} for name, net in document["nets"].items()}
    kept = {name: value for name, value in document.items() if name not in ("devices", "cost")}
    bus = {**document["bus"], "pins": {**pins, **_ALSO.get(wire, {})}}
    return {**kept, "bus": bus, "boards": {**boards, **processors}, "nets": nets}


def _moved(words: Sequence[str], key: str, processors: Document, moved: dict[int, int]) -> list[str]:
    """The pins of a net, where `KEY*` now means each of the processors."""
    found = []
    for word in words:
        pattern, _, number = word.partition(":")
        names = [f"{name}*" for name in processors] if pattern == f"{key}*" else [pattern]
        found += [f"{name}:{moved.get(int(number), int(number))}" for name in names]
    return found


def _names(key: str, table: Document) -> list[str]:
    count = table.get("count")
    return [key] if count is None else [f"{key}{number}" for number in range(1, count + 1)]


def _controllers(document: Document) -> set[str]:
    """The boards whose role pin is tied to ground."""
    role = document["bus"]["pins"].get("role")
    words = [word for net in document["nets"].values() if net.get("ground") for word in net["pins"]]
    patterns = [word.partition(":")[0] for word in words if word.endswith(f":{role}")]
    names = [name for key, table in document["boards"].items() for name in _names(key, table)]
    return {name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)}


def _without(gone: set[str], document: Document) -> Document:
    """Without the pins that only boards have which are not there any more, and nets and devices that had no others."""

    def stays(word: str) -> bool:
        return word.partition(":")[0] not in gone

    nets = {name: {**net, "pins": list(filter(stays, net["pins"]))} for name, net in document.get("nets", {}).items()}
    devices = {name: table for name, table in document.get("devices", {}).items() if all(map(stays, table["pins"].values()))}
    return {**document, "nets": {name: net for name, net in nets.items() if net["pins"]}, "devices": devices}
