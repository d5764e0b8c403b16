"""Put statements on their lines and name the finished text.

A row is one line of a board module. A block owns its rows alone; one-line statements share rows, joined by
"; ", and move down to the next free row where a block stands. Modules name each other by the hash of their
text, so a reference to another module is a mark in the text until that module's text is final.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from shoal.source.find import Source
from shoal.source.model import Module, Version, refuse

NAME_DIGITS = 12


class Part:
    """One board module under construction: the part of one host file that fits together."""

    def __init__(self, source: Source, namespace: dict[str, Any], number: int) -> None:
        self.source = source
        self.namespace = namespace
        self.names: set[str] = set()  # module-level names that are taken care of
        self.row_of: dict[str, int] = {}  # name -> row on which it gets its value
        self.uses: dict[int, Part] = {}  # number -> part whose mark stands in the text
        self.number = number
        self.versions: list[Version] = []
        self._blocks: dict[int, str] = {}
        self._simple: dict[int, list[str]] = {}

    @property
    def mark(self) -> str:
        """What stands for this part's module name in other parts' text; no source file can hold a NUL."""
        return f"\0{self.number}\0"

    def is_free(self, first: int, last: int, *, shared: bool = False) -> bool:
        """True if a block can have these rows, or if statements that share rows can."""
        rows = range(first, last + 1)
        return not any(row in self._blocks or (row in self._simple and not shared) for row in rows)

    def reserve(self, first: int, last: int) -> None:
        """Keep rows for a block that comes later."""
        self._blocks.update(dict.fromkeys(range(first, last + 1), ""))

    def block(self, lines: dict[int, str]) -> None:
        """Put lines on their rows, which are free or reserved for them."""
        self._blocks.update(lines)

    def simple(self, row: int, statement: str, *names: str) -> int:
        """Put a one-line statement on this row, or on the next that can take it; returns the row."""
        while row in self._blocks:
            row += 1
        self._simple.setdefault(row, []).append(statement)
        self.row_of.update(dict.fromkeys(names, row))
        return row

    def take_from(self, other: "Part", row: int, exported: str, name: str) -> None:
        """Import a name of another part."""
        self.uses[other.number] = other
        self.simple(row, f"from {other.mark} import {_as(exported, name)}", name)

    def take_whole(self, other: "Part", row: int, name: str) -> None:
        """Import another part as a module."""
        self.uses[other.number] = other
        self.simple(row, f"import {other.mark} as {name}", name)

    def text(self) -> str:
        """The module's text, marks included."""
        rows = {**self._blocks, **{row: "; ".join(statements) for row, statements in self._simple.items()}}
        return "".join(rows.get(row, "") + "\n" for row in range(1, max(rows, default=0) + 1))


def finish(entry: Part) -> tuple[Module, ...]:
    """The modules of a part and of all that it uses: dependencies first, the part itself last."""
    done: dict[int, Module] = {}
    _finish(entry, done, ())
    return tuple(done.values())


def _as(exported: str, name: str) -> str:
    return name if exported == name else f"{exported} as {name}"


def _finish(part: Part, done: dict[int, Module], path: Iterable[Part]) -> None:
    if part.number in done:
        return
    if part in path:
        ring = ", ".join(sorted({other.source.filename for other in path}))
        if ring == part.source.filename:
            raise refuse(
                ring,
                1,
                "a function and one inside it are needed together, and need each other in a circle",
                "move the inner function to the top of the file",
            )
        raise refuse(
            part.source.filename,
            1,
            f"functions of several files need each other in a circle ({ring})",
            "put those functions into one file",
        )
    for other in part.uses.values():
        _finish(other, done, (*path, part))
    text = part.text()
    for number in part.uses:
        text = text.replace(part.uses[number].mark, done[number].name)
    versions = tuple(part.versions)
    content = f"{part.source.filename}\0{text}" + (f"\0{versions}" if versions else "")
    digest = hashlib.sha256(content.encode()).hexdigest()
    done[part.number] = Module(f"_s{digest[:NAME_DIGITS]}", part.source.filename, text, versions)
