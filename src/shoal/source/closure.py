"""Functions defined inside functions: their enclosing function becomes a factory of its captured values.

    def main(limit):                     def _scope_1(limit):
        def over(x): return x > limit     def over(x): return x > limit
        ...                               return over,
                                         _1_0_over, = _scope_1(100)

All functions of one scope that a shipment needs stand in one factory, so that they find each other; the
factory is called once for every set of captured values. Captured values are constants and functions as they
are now. Everything on module level that has to wait for a value is a Pending statement, written when what
it needs has a row.
"""

import ast
from dataclasses import dataclass, field
from types import CellType, FunctionType
from typing import Any, Protocol

from shoal.source.constants import NotConstant, is_mutable, literal
from shoal.source.find import Found, Source, find
from shoal.source.function import Prepared, unwrapped
from shoal.source.imports import is_users
from shoal.source.layout import Part
from shoal.source.model import refuse
from shoal.source.text import indented

SIMPLE = (ast.Return, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Assert, ast.Pass, ast.Delete)


class Placer(Protocol):
    """What a scope asks of the walk that it is part of (`depend.Collector`)."""

    cells_seen: list[tuple[CellType, object]]

    def place_function(self, function: FunctionType, within: "Group | None" = None) -> tuple[Part, str]: ...

    def remember(self, thing: object, part: Part, name: str) -> None: ...

    def part_with_room(
        self, source: Source, namespace: dict[str, Any], first: int, last: int, *, shared: bool = False
    ) -> Part: ...

    def need_names(self, part: Part, code: str, node: ast.AST, but: frozenset[str] = frozenset()) -> None: ...

    def bind(self, part: Part, name: str, value: object, line: int, called: str) -> None: ...

    def count_constant(self, part: Part, called: str, written: str, line: int) -> None: ...


@dataclass(slots=True)
class Pending:
    """A module-level statement that binds `gives` once all of `needs` are bound on the same part."""

    part: Part
    row: int
    needs: set[str]
    gives: list[str]
    statement: str


@dataclass(slots=True)
class Group:
    """One call of a factory: what it captures, by identity and as expressions, and what it makes."""

    number: int
    captured: dict[str, object] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)

    def fits(self, captured: dict[str, object]) -> bool:
        """True if a function with these captured cells can come from this call."""
        return all(self.captured.get(name, thing) is thing for name, thing in captured.items())


@dataclass(slots=True)
class Scope:
    """One enclosing function as a factory."""

    source: Source
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    part: Part
    groups: list[Group] = field(default_factory=list)
    pieces: dict[str, Prepared] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def exported(self, group: Group, member: str) -> str:
        """The module-level name of a function that a group's call made."""
        return f"_{self.node.lineno}_{group.number}_{member}"


class Scopes:
    """All enclosing functions of one shipment, and the statements that wait."""

    def __init__(self, collector: Placer) -> None:
        self._collector = collector
        self._scopes: dict[int, Scope] = {}
        self._pending: list[Pending] = []

    def place(
        self, function: FunctionType, found: Found, prepared: Prepared, within: "Group | None" = None
    ) -> tuple[Part, str]:
        """Put a nested function into its scope's factory; returns the scope's part and the name there."""
        scope = self.scope_of(function, found)
        captured = _captured(function, found)
        identities = {**captured, **prepared.parameters}
        group = within if within is not None and within.fits(identities) else None
        group = group or next((group for group in scope.groups if group.fits(identities)), None)
        if group is None:
            group = Group(len(scope.groups))
            scope.groups.append(group)
        name = scope.exported(group, prepared.name)
        self._collector.remember(function, scope.part, name)
        if prepared.name not in group.members:
            group.members.append(prepared.name)
        scope.pieces.setdefault(prepared.name, prepared)
        if scope.pieces[prepared.name].first != prepared.first:
            raise refuse(
                found.source.filename,
                found.node.lineno,
                f"{prepared.name} is defined twice in one function",
                "give the two functions different names",
            )
        for variable, cell in captured.items():
            self._capture(scope, group, variable, cell, found)
        for variable, value in prepared.parameters.items():
            if variable not in group.captured:
                group.captured[variable] = value
                fresh = f"_{scope.node.lineno}_{group.number}{variable}"
                self._collector.bind(scope.part, fresh, value, found.node.lineno, variable)
                group.arguments[variable] = fresh
        for variable, sibling in prepared.siblings.items():
            self._capture_sibling(scope, group, variable, sibling)
        if not prepared.assembler:
            provided = frozenset(identities) | prepared.siblings.keys()
            self._collector.need_names(scope.part, prepared.text, found.node, but=provided)
        return scope.part, name

    def scope_of(self, function: FunctionType, found: Found) -> Scope:
        """The innermost function around a nested one."""
        node = [node for node in found.around if not isinstance(node, ast.ClassDef)][-1]
        assert not isinstance(node, ast.ClassDef)
        if id(node) not in self._scopes:
            last = _last_row(node)
            part = self._collector.part_with_room(found.source, function.__globals__, node.lineno, last)
            part.reserve(node.lineno, last)
            self._scopes[id(node)] = Scope(found.source, node, part)
        return self._scopes[id(node)]

    def wait(self, pending: Pending) -> None:
        """Write a statement when what it needs is there."""
        self._pending.append(pending)

    def finish(self) -> None:
        """Write all factories, their calls, and all that waits for them."""
        for scope in self._scopes.values():
            self._write(scope)
        while self._pending:
            ready = [pending for pending in self._pending if pending.needs <= pending.part.row_of.keys()]
            if not ready:
                stuck = self._pending[0]
                raise refuse(
                    stuck.part.source.filename,
                    stuck.row,
                    "functions capture each other in a circle",
                    "move them to the top of the file, where they find each other by name",
                )
            for pending in ready:
                self._pending.remove(pending)
                row = max([pending.row, *(pending.part.row_of[name] for name in pending.needs)])
                pending.part.simple(row, pending.statement, *pending.gives)

    def _capture(self, scope: Scope, group: Group, variable: str, cell: CellType, found: Found) -> None:
        if variable in group.captured:
            return
        group.captured[variable] = cell
        value = _contents(cell, variable, found)
        self._collector.cells_seen.append((cell, value))
        if isinstance(value, FunctionType):
            inner = unwrapped(value)
            if is_users(inner):
                place = find(inner)
                nested = any(not isinstance(node, ast.ClassDef) for node in place.around)
                if nested and self.scope_of(inner, place) is scope:
                    self._capture_sibling(scope, group, variable, inner)
                    return
        elif is_mutable(value):
            raise refuse(
                found.source.filename,
                found.node.lineno,
                f"the captured variable {variable} is a {type(value).__name__}, of which each board would change its own",
                "pass it as an argument and return what changed",
            )
        try:
            written = literal(value)
            self._collector.count_constant(scope.part, variable, written, found.node.lineno)
            group.arguments[variable] = written
        except NotConstant:
            fresh = f"_{scope.node.lineno}_{group.number}_captured_{variable}"
            self._collector.bind(
                scope.part, fresh, value, found.node.lineno, f"the captured variable {variable}"
            )
            group.arguments[variable] = fresh

    def _capture_sibling(self, scope: Scope, group: Group, variable: str, function: FunctionType) -> None:
        """A function of the same scope is found by its name there, once it stands in the same group."""
        exported = self._collector.place_function(function, within=group)[1]
        member = next((member for member in group.members if scope.exported(group, member) == exported), None)
        if member is None:
            group.arguments[variable] = exported
        elif member != variable:
            scope.aliases[variable] = member

    def _write(self, scope: Scope) -> None:
        parameters = sorted({name for group in scope.groups for name in group.arguments})
        factory = f"_scope_{scope.node.lineno}"
        pieces = sorted(scope.pieces.values(), key=lambda piece: piece.first)
        if pieces[0].first <= scope.node.lineno:
            self._write_inline(scope, factory, parameters, pieces)
        else:
            lines = {scope.node.lineno: f"def {factory}({', '.join(parameters)}):"}
            for piece in pieces:
                if any(row in lines for row in piece.lines):
                    raise refuse(
                        scope.source.filename,
                        piece.first,
                        "two functions stand on one line",
                        "put each on its own",
                    )
                lines.update(indented(piece.lines, " "))
            aliases = "".join(f"{name} = {member}; " for name, member in scope.aliases.items())
            lines[max(lines) + 1] = f" {aliases}return {', '.join(piece.name for piece in pieces)},"
            scope.part.block(lines)
            scope.part.row_of[factory] = max(lines)
        for group in scope.groups:
            values = [group.arguments.get(name, "None") for name in parameters]
            names = [scope.exported(group, piece.name) for piece in pieces]
            needs = {value for value in values if value.startswith("_")} | {factory}
            statement = f"{', '.join(names)}, = {factory}({', '.join(values)})"
            self.wait(Pending(scope.part, scope.node.lineno, needs, names, statement))

    def _write_inline(
        self, scope: Scope, factory: str, parameters: list[str], pieces: list[Prepared]
    ) -> None:
        """A lambda on the line on which its scope begins: the factory is a lambda too."""
        if len(pieces) > 1 or scope.aliases:
            raise refuse(
                scope.source.filename,
                scope.node.lineno,
                "several functions stand on one line",
                "put each on its own",
            )
        lines = dict(pieces[0].lines)
        row = min(lines)
        lines[row] = f"{factory} = (lambda {', '.join(parameters)}: ({lines[row].partition(' = ')[2]}"
        lines[max(lines)] += ",))"
        scope.part.block(lines)
        scope.part.row_of[factory] = max(lines)


def _last_row(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> int:
    """The last row that a factory may need: its `return` stands below the last inner function."""
    last = node.end_lineno or node.lineno
    ends_in_block = not isinstance(node, ast.Lambda) and not isinstance(node.body[-1], SIMPLE)
    return last + 1 if ends_in_block else last


def _captured(function: FunctionType, found: Found) -> dict[str, CellType]:
    captured = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for child in ast.walk(found.node):
        if isinstance(child, ast.Nonlocal) and (changed := captured.keys() & set(child.names)):
            raise refuse(
                found.source.filename,
                child.lineno,
                f"it changes the captured variable {sorted(changed)[0]}",
                "return the new value instead: a board cannot change variables of this computer",
            )
    return captured


def _contents(cell: CellType, variable: str, found: Found) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        raise refuse(
            found.source.filename,
            found.node.lineno,
            f"the captured variable {variable} has no value yet",
            "submit the function after it is set",
        ) from None
