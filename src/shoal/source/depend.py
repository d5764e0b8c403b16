"""Collect what a function needs: follow every name from value to value, and put each piece on its part.

The value decides, not the text: a name stands for what it is bound to now. A decorated function is
therefore the function that its decorator returned, an imported helper lives in the file that defines it,
and a constant is written down as it is. Text decides only where a statement stands, and for imports of
modules that this computer lacks.
"""

import ast
import builtins
from types import CellType, FunctionType, ModuleType
from typing import Any

from shoal.source import imports, lacks
from shoal.source.boards import BOARD_MODULES, instead
from shoal.source.closure import Group, Pending, Scopes
from shoal.source.constants import LIMIT, NotConstant, literal
from shoal.source.find import Found, Source, find, source_of
from shoal.source.function import AS_WRITTEN, NATIVE, Forced, Prepared, prepare, unwrapped
from shoal.source.layout import Part
from shoal.source.model import Version, refuse
from shoal.source.text import annotation_edits, cut, early_names, joined, outside_names
from shoal.task import options_of
from shoal.versions import versions_of


class Collector:
    """One walk over all that one function needs; the parts, and what was seen on the way, are the result."""

    def __init__(self, entry: FunctionType | None = None, forced: Forced = AS_WRITTEN) -> None:
        """`forced`: the code to make of the function `entry`, whatever its author said."""
        self._entry = entry
        self._forced = forced
        # id of a namespace -> the namespace, and the values that were found in it
        self.globals_seen: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.cells_seen: list[tuple[CellType, object]] = []
        self._parts: list[Part] = []
        self._placed: dict[int, tuple[object, Part, str]] = {}  # id -> (kept alive, part, name there)
        self._scopes = Scopes(self)
        self._written: dict[tuple[int, str], Part] = {}  # global that shipped code assigns -> its part
        self._early: list[tuple[Part, int, set[str]]] = []  # (part, row, names that must have a value before it)
        self._constant_size = 0

    # --- functions and classes ------------------------------------------------------------------

    def place_function(self, function: FunctionType, within: Group | None = None) -> tuple[Part, str]:
        """Put a function on a part, with all that it needs; returns the part and the name there."""
        function = unwrapped(function)
        if id(function) in self._placed:
            return self._placed[id(function)][1:]
        found = find(function)
        if found.around and isinstance(found.around[-1], ast.ClassDef):
            raise refuse(
                found.source.filename,
                found.node.lineno,
                f"{function.__name__} is defined in a class",
                "boards get functions: move it to the top of the file",
            )
        prepared = prepare(function, found, self._code_for(function))
        if any(not isinstance(node, ast.ClassDef) for node in found.around):
            if versions_of(function):
                raise refuse_versions(found, "it is defined inside a function")
            return self._scopes.place(function, found, prepared, within)
        part = self.part_with_room(
            found.source, function.__globals__, prepared.first, prepared.last, shared=prepared.is_simple
        )
        prepared.put_on(part)
        self.remember(function, part, prepared.name)
        self._early.append((part, prepared.first, set(prepared.parameters)))
        for name, value in prepared.parameters.items():
            self.bind(part, name, value, found.node.lineno, "a default value")
        if not prepared.assembler:
            self.need_names(part, prepared.text, found.node, but=frozenset(prepared.parameters))
        if others := versions_of(function):
            self._place_versions(part, prepared, found, others)
        return part, prepared.name

    def _place_versions(self, part: Part, plain: Prepared, found: Found, others: tuple[object, ...]) -> None:
        """Put the other versions of a function beside it, and note which rows are whose."""
        self._note_version(part, plain.name, plain, found)
        for other in others:
            function = unwrapped(other) if isinstance(other, FunctionType) else None
            if function is None or not imports.is_users(function):
                raise refuse_versions(found, f"{other!r} is no function of yours")
            there, _ = self.place_function(function)
            if there is not part:
                raise refuse_versions(found, f"{function.__name__} stands in another file, or in a function")
            place = find(function)
            self._note_version(part, plain.name, prepare(function, place, self._code_for(function)), place)

    def _note_version(self, part: Part, of: str, prepared: Prepared, found: Found) -> None:
        if isinstance(found.node, ast.Lambda) or prepared.parameters:
            raise refuse_versions(found, f"{prepared.name} is a lambda or has a default value that is no constant")
        if prepared.name != of and any(
            isinstance(child, ast.Name) and child.id == prepared.name for child in ast.walk(found.node)
        ):
            raise refuse_versions(found, f"{prepared.name} calls itself by a name that boards do not get")
        part.versions.append(Version(of, prepared.name, prepared.kind, prepared.first, prepared.last))

    def _code_for(self, function: FunctionType) -> Forced:
        if function is self._entry:
            return self._forced
        return NATIVE if options_of(function).native else AS_WRITTEN

    def remember(self, thing: object, part: Part, name: str) -> None:
        """A function or class has found its place."""
        self._placed[id(thing)] = thing, part, name

    def finish(self) -> None:
        """Write what had to wait until all was known."""
        self._scopes.finish()
        for part, row, names in self._early:
            for name in sorted(names):
                if part.row_of.get(name, 0) >= row:
                    raise refuse(
                        part.source.filename,
                        row,
                        f"{name} would get its value too late for this definition on a board",
                        "leave an empty line above the definition, below what it needs",
                    )

    def part_with_room(
        self, source: Source, namespace: dict[str, Any], first: int, last: int, *, shared: bool = False
    ) -> Part:
        """The first part of this file whose rows first..last are free, but for one-line statements if `shared`."""
        for part in self._parts:
            if (
                part.source is source
                and part.namespace is namespace
                and part.is_free(first, last, shared=shared)
            ):
                return part
        part = Part(source, namespace, len(self._parts))
        self._parts.append(part)
        return part

    def _place_class(self, user: Part, kind: type, line: int) -> tuple[Part, str]:
        if id(kind) in self._placed:
            return self._placed[id(kind)][1:]
        namespace = imports.namespace_of_class(kind) or user.namespace
        filename = imports.file_of_class(kind) or user.source.filename
        source = source_of(filename, namespace, kind.__name__)
        node = source.classes.get(kind.__qualname__)
        if node is None:
            raise refuse(
                user.source.filename,
                line,
                f"the class {kind.__qualname__} does not stand at the top of {filename}",
                "move it there (in a notebook: into the cell of the function that uses it)",
            )
        for method in imports.methods_of(kind):
            if method.__code__.co_filename == filename:
                find(method)  # refuses a class that the file no longer describes
        lines = cut(source, node, annotation_edits(source, node, keep=False))
        lines.update({item.lineno: "@" + ast.unparse(item) for item in node.decorator_list})
        part = self.part_with_room(source, namespace, min(lines), max(lines))
        part.block(lines)
        part.row_of[kind.__name__] = max(lines)
        self.remember(kind, part, kind.__name__)
        self._early.append((part, min(lines), early_names(joined(lines), filename)))
        self.need_names(part, joined(lines), node)
        return part, kind.__name__

    # --- names -----------------------------------------------------------------------------------

    def need_names(self, part: Part, code: str, node: ast.AST, but: frozenset[str] = frozenset()) -> None:
        """Bind every name that a piece of code takes from outside, except those that its place provides."""
        for name in sorted(outside_names(code, part.source.filename) - but):
            self._note_write(part, name, node)
            is_module = isinstance(part.namespace.get(name), ModuleType)
            uses = imports.uses_of(node, name) if is_module else []
            self._need(part, name, line_of(node, name), uses)

    def bind(self, part: Part, name: str, value: object, line: int, called: str) -> None:
        """Give a name of a part this value. `called` is what the user knows it as, in refusals at `line`."""
        row = part.source.bindings[name].line if name in part.source.bindings else 1
        statement = imports.stand_in_import(name, value)
        value = unwrapped(value) if isinstance(value, FunctionType) else value
        if statement is None:
            statement = imports.board_value(name, value)
        if (
            statement is None
            and isinstance(value, FunctionType | type | ModuleType)
            and not imports.is_users(value)
        ):
            raise self._foreign(part, value, line, called)
        if statement is not None:
            if statement:
                part.simple(row, statement, name)
        elif isinstance(value, FunctionType):
            self._link(part, *self.place_function(value), name, row)
        elif imports.is_named_tuple(value):
            part.simple(row, imports.named_tuple(name, value), name)
        elif isinstance(value, type):
            self._link(part, *self._place_class(part, value, line), name, row)
        else:
            part.simple(row, f"{name} = {self._constant(part, name, value, line, called)}", name)

    def count_constant(self, part: Part, called: str, written: str, line: int) -> None:
        """Add to the size of all constants. Raises FunctionError when that is too much."""
        self._constant_size += len(written)
        if self._constant_size > LIMIT:
            raise refuse(
                part.source.filename,
                line,
                f"{called} brings this function's constants to {self._constant_size:,} characters, above {LIMIT:,}",
                "send large values once with cluster.put(value) and pass the reference as an argument",
            )

    def _need(self, part: Part, name: str, line: int, uses: list[imports.Use]) -> None:
        present = name in part.namespace
        value = part.namespace.get(name)
        self.globals_seen.setdefault(id(part.namespace), (part.namespace, {}))[1][name] = value
        if isinstance(value, ModuleType) and imports.is_users(value):
            self._need_attributes(part, name, value, uses)
            return
        if name in part.names:
            return
        part.names.add(name)
        binding = part.source.bindings.get(name)
        statement = imports.board_import(binding, name, value, present=present) if binding else None
        if binding and statement:
            part.simple(binding.line, statement, name)
        elif present and name != "__name__":
            self.bind(part, name, value, line, name)
        elif (
            name not in lacks.BUILTINS and name not in lacks.VIPER_NAMES and not self._is_written(part, name)
        ):
            raise _unknown(part.source.filename, name, line)

    def _need_attributes(self, part: Part, name: str, module: ModuleType, uses: list[imports.Use]) -> None:
        """`module.name` in code: the needed part of that module, under the module's name."""
        source = source_of(str(module.__file__), vars(module), name)
        owner = self.part_with_room(source, vars(module), 1, 0)
        for path, line in uses:
            if not path:
                raise refuse(
                    part.source.filename,
                    line,
                    f"the module {name} is used as a value, or changed",
                    f"read what you need from it where you need it: {name}.something",
                )
            if path[0] not in vars(module):
                raise refuse(part.source.filename, line, f"{name} has no {path[0]}", "check the name")
            binding = source.bindings.get(path[0])
            self._need(owner, path[0], binding.line if binding else 1, [(path[1:], line)])
        if name not in part.names:
            part.names.add(name)
            row = part.source.bindings[name].line if name in part.source.bindings else 1
            part.take_whole(owner, row, name)

    def _link(self, part: Part, owner: Part, exported: str, name: str, row: int) -> None:
        """Make what a part exports known in another part, or under another name."""
        if owner is not part:
            part.take_from(owner, row, exported, name)
        elif exported != name:
            self._scopes.wait(Pending(part, row, {exported}, [name], f"{name} = {exported}"))

    def _constant(self, part: Part, name: str, value: object, line: int, called: str) -> str:
        try:
            written = literal(value)
        except NotConstant as error:
            raise refuse(
                part.source.filename,
                line,
                f"{called} is or holds a {error}, which does not travel with a function",
                "pass what the function needs of it as an argument",
            ) from None
        self.count_constant(part, called, written, line)
        binding = part.source.bindings.get(name)
        if binding is None or type(value) is not int or not imports.is_const(binding.node, name):
            return written
        if "const" not in part.names:
            part.names.add("const")
            part.simple(1, "from micropython import const", "const")
        return f"const({written})"

    def _foreign(
        self, part: Part, value: FunctionType | type | ModuleType, line: int, called: str
    ) -> Exception:
        module = imports.module_of(value)
        root = module.partition(".")[0]
        if isinstance(value, ModuleType):
            hint = instead(module)
            if hasattr(value, "__path__") and not getattr(value, "__file__", None):
                hint = f"if {module} is a folder of yours, put an __init__.py into it"
            return refuse(part.source.filename, line, f"boards have no module {module}", hint)
        full = f"{module}.{value.__name__}"
        if root in BOARD_MODULES:
            return refuse(part.source.filename, line, f"boards have no {full}", instead(full))
        return refuse(
            part.source.filename, line, f"boards have no module {root}, from which {called} is", instead(full)
        )

    def _note_write(self, part: Part, name: str, node: ast.AST) -> None:
        key = id(part.namespace), name
        if any(isinstance(child, ast.Global) and name in child.names for child in ast.walk(node)):
            self._written.setdefault(key, part)
        if self._written.get(key, part) is not part:
            raise refuse(
                part.source.filename,
                line_of(node, name),
                f"the changing global {name} is used in several files",
                "keep the functions that share it in one file",
            )

    def _is_written(self, part: Part, name: str) -> bool:
        return (id(part.namespace), name) in self._written


def refuse_versions(found: Found, reason: str) -> Exception:
    """The refusal of a function in several versions."""
    return refuse(
        found.source.filename,
        found.node.lineno,
        f"this function cannot come in versions: {reason}",
        "put plain `def`s of constant defaults beside each other at the top of one file",
    )


def line_of(node: ast.AST, name: str) -> int:
    """The first line on which code uses a name."""
    lines = [child.lineno for child in ast.walk(node) if isinstance(child, ast.Name) and child.id == name]
    return min(lines, default=getattr(node, "lineno", 1))


def _unknown(filename: str, name: str, line: int) -> Exception:
    if name in dir(builtins):
        hint = lacks.BUILTINS_INSTEAD.get(name, "write it in other terms")
        return refuse(filename, line, f"boards have no built-in {name}", hint)
    return refuse(
        filename, line, f"the name {name} is not defined", "define it at the top of the file or pass it in"
    )
