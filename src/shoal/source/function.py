"""Prepare one function for its place: cut it out, defaults by value, decorators of machine code kept."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import shoal.micropython
from shoal.errors import FunctionError
from shoal.source.constants import NotConstant, is_mutable, literal
from shoal.source.find import Found, find
from shoal.source.imports import is_users
from shoal.source.layout import Part
from shoal.source.model import refuse
from shoal.source.text import (
    MACHINE_CODE,
    TYPED_CODE,
    Edit,
    annotation_edits,
    cast_edits,
    cut,
    decorator_kind,
    joined,
    replacement,
)

STAND_IN = vars(shoal.micropython)
GENERATOR = 0x20
COROUTINE = 0x80
ASYNC_GENERATOR = 0x200

CALLABLES = {
    "method": "move it out of its class, to the top of the file, and pass the object's values as arguments",
    "partial": "write def f(x): return g(x, ...) and pass f",
    "type": "pass a function that makes the object",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A function's lines by number, and what they take from where they are put.

    name:       what the lines bind.
    parameters: values of defaults that are no constants, by the name that stands for each in the lines.
    siblings:   defaults that are functions of the same enclosing function, by their names.
    kind:       "native", "viper", "asm_thumb" ... or "" for plain Python.
    """

    name: str
    lines: dict[int, str]
    parameters: dict[str, object]
    siblings: dict[str, FunctionType]
    kind: str

    @property
    def assembler(self) -> bool:
        """True if the body is not Python: its names mean registers and instructions."""
        return self.kind.startswith("asm")

    @property
    def first(self) -> int:
        return min(self.lines)

    @property
    def last(self) -> int:
        return max(self.lines)

    @property
    def text(self) -> str:
        """The lines as a text of their own, without decorators: MicroPython's compiler knows those by their words."""
        return joined({line: text for line, text in self.lines.items() if not text.startswith("@micropython.")})

    @property
    def is_simple(self) -> bool:
        """True if the lines are one statement that can share its row."""
        return self.first == self.last and not self.lines[self.first].startswith("def ")

    def put_on(self, part: Part) -> None:
        """Put the lines on a part that has room for them."""
        if self.is_simple:
            part.simple(self.first, self.lines[self.first], self.name)
        else:
            part.block(self.lines)
            part.row_of[self.name] = self.last


@dataclass(frozen=True, slots=True)
class Forced:
    """What code to make of a function that does not say it itself; for viper the types of its parameters and its result."""

    kind: str = ""
    casts: dict[str, str] = field(default_factory=dict)
    result: str = ""


AS_WRITTEN = Forced()
NATIVE = Forced("native")


def unwrapped(function: FunctionType) -> FunctionType:
    """The user's function inside what `shoal.micropython`'s decorators made of it."""
    while function.__globals__ is STAND_IN and isinstance(
        getattr(function, "__wrapped__", None), FunctionType
    ):
        function = function.__wrapped__  # type: ignore[attr-defined]
    return function


def check_entry(function: object) -> FunctionType:
    """The function, if it is one that a board can be asked to run. Raises FunctionError."""
    if not isinstance(function, FunctionType):
        name = getattr(function, "__qualname__", None) or repr(function)
        raise not_a_function(name, type(function).__name__)
    function = unwrapped(function)
    flags, code = function.__code__.co_flags, function.__code__
    if flags & (COROUTINE | ASYNC_GENERATOR):
        raise refuse(
            code.co_filename,
            code.co_firstlineno,
            f"{function.__name__} is an async function",
            "a board runs one call at a time: make it a plain `def`, and await its future on this computer",
        )
    if flags & GENERATOR:
        raise refuse(
            code.co_filename,
            code.co_firstlineno,
            f"{function.__name__} is a generator, whose state cannot travel",
            "return a list, or write a function that returns list(...) of it",
        )
    return function


def not_a_function(name: str, kind: str) -> FunctionError:
    """The refusal of a callable that is not a plain function."""
    hint = CALLABLES.get(kind, f"wrap it in a function: def f(x): return {name}(x)")
    return FunctionError(f"{name} is a {kind}, and boards get plain functions; {hint}")


def prepare(function: FunctionType, found: Found, forced: Forced = AS_WRITTEN) -> Prepared:
    """Cut the function out of its file for a place at module level."""
    node = found.node
    if isinstance(node, ast.Lambda):
        if forced.kind:
            raise refuse(found.source.filename, node.lineno, "a lambda cannot be native", "write it with `def`")
        return _prepare_lambda(function, found, node)
    kinds = dict(machine_code(node, function.__globals__))
    typed = any(kind in TYPED_CODE for kind in kinds.values())
    edits = list(annotation_edits(found.source, node, keep=typed or forced.kind == "viper"))
    if forced.kind == "viper":
        edits += cast_edits(found.source, node, forced.casts, forced.result)
    parameters: dict[str, object] = {}
    siblings: dict[str, FunctionType] = {}
    edits += _default_edits(function, found, parameters, siblings)
    lines = cut(found.source, node, edits)
    if forced.kind and not kinds:
        row = node.decorator_list[0].lineno if node.decorator_list else node.lineno - 1
        if row < 1:
            raise refuse(
                found.source.filename,
                1,
                f"{forced.kind} code of {node.name} needs a line above its `def`",
                "put one there",
            )
        kinds = {row: forced.kind}
    lines.update({row: f"@micropython.{kind}" for row, kind in kinds.items()})
    return Prepared(node.name, lines, parameters, siblings, next(iter(kinds.values()), ""))


def _prepare_lambda(function: FunctionType, found: Found, node: ast.Lambda) -> Prepared:
    parameters: dict[str, object] = {}
    siblings: dict[str, FunctionType] = {}
    lines = cut(found.source, node, _default_edits(function, found, parameters, siblings))
    name = f"_lambda_{node.lineno}_{node.col_offset}"
    lines[node.lineno] = f"{name} = ({lines[node.lineno]}"
    lines[max(lines)] += ")"
    return Prepared(name, lines, parameters, siblings, "")


def machine_code(
    node: ast.FunctionDef | ast.AsyncFunctionDef, namespace: dict[str, Any]
) -> Iterator[tuple[int, str]]:
    """The decorators that make machine code of a function: their lines and kinds."""
    for decorator in node.decorator_list:
        kind = decorator_kind(decorator)
        if kind is None and isinstance(decorator, ast.Attribute | ast.Name):
            # The same decorators under another name: `from shoal.micropython import viper`.
            value = namespace.get(decorator.id) if isinstance(decorator, ast.Name) else None
            kind = next(
                (kind for kind in MACHINE_CODE if value is not None and STAND_IN[kind] is value), None
            )
        if kind is not None:
            yield decorator.lineno, kind


def _default_edits(
    function: FunctionType, found: Found, parameters: dict[str, object], siblings: dict[str, FunctionType]
) -> Iterator[Edit]:
    """Write defaults down as they are now; those that are no constants become names in `parameters`."""
    arguments = found.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    values = function.__defaults__ or ()
    named = function.__kwdefaults__ or {}
    pairs = list(zip(positional[len(positional) - len(values) :], arguments.defaults, values, strict=False))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None and argument.arg in named:
            pairs.append((argument, default, named[argument.arg]))
    for argument, default, value in pairs:
        if _is_written(default, value):
            continue
        if _is_sibling(default, value, found):
            siblings[ast.unparse(default)] = value
            continue
        try:
            yield replacement(default, literal(value))
        except NotConstant:
            stand_in = f"_default_{argument.arg}_{default.lineno}_{default.col_offset}"
            parameters[stand_in] = value
            yield replacement(default, stand_in)


def _is_sibling(default: ast.expr, value: object, found: Found) -> bool:
    """True for the name of a function that stands in the same enclosing function."""
    if not found.around or not isinstance(default, ast.Name) or not isinstance(value, FunctionType):
        return False
    return is_users(value) and default.id == value.__name__ and find(value).around == found.around


def _is_written(default: ast.expr, value: object) -> bool:
    """True if the text already says what the default is; a written list or dict starts anew on each board."""
    try:
        written = ast.literal_eval(default)
    except (ValueError, TypeError):
        return False
    return type(written) is type(value) and (is_mutable(value) or repr(written) == repr(value))
