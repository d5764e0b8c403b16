"""Values that travel inside the code of a shipment: those that an expression of literals rebuilds exactly."""

import math
from collections.abc import Iterator
from typing import Any

LIMIT = 16 * 1024  # characters of all constants of a shipment together: more belongs into cluster.put

ATOMS = (type(None), bool, int, str, bytes, bytearray, type(...))


class NotConstant(Exception):
    """A value, or one inside it, cannot be written down; carries the type's name."""


def literal(value: object) -> str:
    """An expression that gives an equal value of the same types. Raises NotConstant, naming the type."""
    return _literal(value, 0)


def is_constant(value: object) -> bool:
    """True if `literal` can write this value down."""
    try:
        literal(value)
    except NotConstant:
        return False
    return True


def is_mutable(value: object) -> bool:
    """True if a value of these kinds can change in place."""
    if type(value) in (list, dict, set, bytearray):
        return True
    return type(value) is tuple and any(map(is_mutable, value))


def _literal(value: Any, depth: int) -> str:
    kind = type(value)
    if depth > 20:
        raise NotConstant("a deeply nested value")
    if kind in ATOMS:
        return "..." if value is ... else repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if kind is complex:
        return f"complex({_literal(value.real, depth)}, {_literal(value.imag, depth)})"
    items = ", ".join(_items(value, depth + 1))
    if kind is tuple:
        return f"({items},)" if len(value) == 1 else f"({items})"
    if kind is list:
        return f"[{items}]"
    if kind is dict:
        return f"{{{items}}}"
    if kind is set:
        return f"{{{items}}}" if value else "set()"
    return f"frozenset(({items},))" if value else "frozenset()"


def _items(value: Any, depth: int) -> Iterator[str]:
    if type(value) in (tuple, list):
        return (_literal(item, depth) for item in value)
    if type(value) in (set, frozenset):
        # Sorted, because the order of a set changes from run to run and the text is a cache key.
        return iter(sorted(_literal(item, depth) for item in value))
    if type(value) is dict:
        return (f"{_literal(key, depth)}: {_literal(item, depth)}" for key, item in value.items())
    raise NotConstant(type(value).__qualname__)
