"""Finds, inside a value that cannot travel, the part that is to blame: "argument 2, key 'x': object of type Foo"."""

from typing import Any

from shoal import protocol
from shoal.protocol import CodecError


def locate(value: Any, path: str) -> str | None:
    """The path and description of the first part that cannot travel, or None if all can."""
    reason = _reason(value)
    if reason is None:
        return None
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        children = [(f"{path}, a key", key) for key in value] + [(f"{path}, key {k!r}", v) for k, v in value.items()]
    elif isinstance(value, list | tuple):
        children = [(f"{path}, item {index}", item) for index, item in enumerate(value)]
    elif isinstance(value, set):
        children = [(f"{path}, an element", item) for item in value]
    if reason == _ENDLESS:
        return f"{path}: {reason}"
    for inner, child in children:
        found = locate(child, inner)
        if found:
            return found
    return f"{path}: {reason}"


_ENDLESS = "a container that is nested too deeply, or contains itself,"


def _reason(value: Any) -> str | None:
    """Why a value cannot travel, or None."""
    try:
        protocol.encode(value)
    except RecursionError:
        return _ENDLESS
    except CodecError as error:
        return _ENDLESS if "deeper" in str(error) else str(error)
    return None
