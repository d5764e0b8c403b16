"""Whether plain Python could be viper code for the arguments that it gets, and with which types.

Viper has machine words in place of ints and bare pointers in place of buffers. Taken for it are functions of ints, bools and
buffers that are only read, whose source names nothing that a word cannot hold. What remains different (sums that pass 32 bits,
an index outside of a buffer) is for `shoal.tune` to compare, and for docs/native.md to say.
"""

import ast
from array import array
from collections.abc import Sequence
from typing import Any

from shoal.source.find import find
from shoal.source.function import check_entry, machine_code

WORD = 1 << 30  # ints from here on are not taken: sums of two would wrap
BUFFERS = {"B": "ptr8", "H": "ptr16", "i": "ptr32"}
Types = tuple[str, ...]


def types_of(args: Sequence[Any]) -> Types | None:
    """The viper types of positional arguments, or None if one has none."""
    types = [_type_of(value) for value in args]
    return tuple(types) if all(types) else None


def sizes_of(args: Sequence[Any]) -> tuple[int, ...]:
    """For each argument that `types_of` has a type for: an int's value, a buffer's length."""
    return tuple([value if isinstance(value, int) else len(value) for value in args])


def viper_casts(function: Any, types: Types) -> dict[str, str] | str:
    """Parameter -> viper type, for a function called with such arguments; or why it cannot be viper code."""
    plain = check_entry(function)
    found = find(plain)
    node = found.node
    if isinstance(node, ast.Lambda):
        return "it is a lambda"
    if any(machine_code(node, plain.__globals__)):
        return "it says itself what code it is"
    arguments = node.args
    names = [argument.arg for argument in arguments.args]
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs or arguments.defaults:
        return "its parameters are not plain ones"
    if plain.__code__.co_freevars:
        return "it captures variables"
    if len(names) != len(types):
        return "it is called with other arguments"
    casts = dict(zip(names, types, strict=True))
    buffers = {name for name, kind in casts.items() if kind.startswith("ptr")}
    for child in ast.walk(node):
        complaint = _complaint(child, buffers)
        if complaint:
            return complaint
    return casts


def _type_of(value: Any) -> str:
    kind = type(value)
    if kind is bool:
        return "bool"
    if kind is int:
        return "int" if -WORD < value < WORD else ""
    if kind in (bytes, bytearray):
        return "ptr8"
    if kind is array:
        return BUFFERS.get(value.typecode, "")
    return ""


def _complaint(node: ast.AST, buffers: set[str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        return "it has numbers that are not whole"
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= WORD:
        return f"the constant {node.value} is no machine word"
    if isinstance(node, ast.Div | ast.Pow | ast.MatMult):
        return "it has /, ** or @"
    if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Try | ast.With):
        return f"it has {type(node).__name__.lower()}"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in buffers:
        if not isinstance(node.ctx, ast.Load):
            return f"it writes into {node.value.id}"
        index = node.slice
        if isinstance(index, ast.Slice) or (isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub)):
            return f"it takes {ast.unparse(node)}"
    return ""
