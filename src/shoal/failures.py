"""What a board says of a failed call, as the exception that the user knows, with the board's traceback as its cause."""

import builtins
from collections.abc import Mapping
from typing import Any

from shoal.errors import BoardError, RemoteTraceback, ValueTravelError
from shoal.protocol import RemoteFailure
from shoal.source import Module, map_traceback


def _type_of(failure: RemoteFailure, names: Mapping[str, Any]) -> type[BaseException] | None:
    """The exception type on this computer: a builtin one, or one that the function itself can name."""
    if failure.type == "RuntimeError" and "maximum recursion depth" in failure.text:
        return RecursionError  # MicroPython has no type of its own for it
    found = names.get(failure.type, getattr(builtins, failure.type, None))
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def to_exception(
    failure: RemoteFailure, board: str, function: str, names: Mapping[str, Any], modules: Mapping[str, Module]
) -> BaseException:
    """The exception for a failure on `board`; `names`: the globals of the function, `modules`: what was shipped, by name."""
    if failure.type == "ValueTravelError":
        return ValueTravelError(
            f"{function}() ran on {board}, but {failure.text}, which cannot travel back; "
            "return numbers, text, bytes, arrays, or lists, tuples, dicts and sets of them"
        )
    trace = map_traceback(failure.trace, modules).rstrip()
    kind = _type_of(failure, names)
    error: BaseException
    try:
        error = kind(*(failure.args or [failure.text])) if kind else BoardError(f"{failure.type}: {failure.text}")
    except Exception:  # its constructor wants something else
        error = BoardError(f"{failure.type}: {failure.text}")
    if kind is MemoryError:
        error = MemoryError(f"{failure.text or 'out of memory'} (on {board}; use smaller arguments, results or lumps)")
    error.__cause__ = RemoteTraceback(f"on board {board}:\n{trace}")
    return error


def summary(failures: Mapping[str, BaseException]) -> str:
    """The same failure on many boards as one line: "5 of 8 boards" is the caller's to add."""
    groups: dict[str, list[str]] = {}
    for board, error in failures.items():
        groups.setdefault(f"{type(error).__name__}: {error}", []).append(board)
    return "; ".join(f"{text} (on {', '.join(boards)})" for text, boards in groups.items())


__all__ = ["summary", "to_exception"]
