"""What a bus board gets beside the agent: the settings of its bus, and a job.py with the modules beside it, compiled for it.

A job's functions travel from the controller's flash to boards of the same kind, so their machine code is that of the board.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shoal.errors import FunctionError, UsageError
from shoal.source import Module, compile_module
from shoal.syntax import parse

PORTS = {"i2c": "i2c_target", "uart": "uart", "gpio": "gpio"}  # wire -> port of the agent
MODULE = "job"  # what the controller imports


@dataclass(frozen=True)
class OnBus:
    """How a board is to be one of a bus. `settings`: its shoal_bus.json; `job`: file name -> content, None: the one on it."""

    wire: str
    settings: bytes
    job: Mapping[str, bytes] | None = None


def settings(wire: str, frequency_hz: int, pins: Mapping[str, int]) -> bytes:
    """The content of a shoal_bus.json."""
    return (json.dumps({"wire": wire, "frequency_hz": frequency_hz, "pins": dict(pins)}, indent=1) + "\n").encode()


def wire_of(content: str) -> str:
    """The wire that a shoal_bus.json names. Raises UsageError if it makes no sense."""
    try:
        wire = json.loads(content)["wire"]
        PORTS[wire]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"its shoal_bus.json makes no sense: {content[:80]!r}; `shoal adopt --bus` writes it anew") from error
    return str(wire)


def compiled(path: Path, arch: str | None, version: tuple[int, int]) -> dict[str, bytes]:
    """A job and the modules beside it that it imports, as a board loads them: file name -> content.

    Raises UsageError if there is no such file or it has no `main`, FunctionError for what MicroPython does not understand.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    found: dict[str, Path] = {MODULE: path}
    for name in found_in(path):
        found.setdefault(name, path.with_name(f"{name}.py"))
    texts = {name: file.read_text(encoding="utf-8") for name, file in found.items()}
    if not any(getattr(node, "name", "") == "main" for node in _tree(path, texts[MODULE]).body):
        raise UsageError(f"{path}: a job needs a function `main()`, which the controller calls")
    return {f"{name}.mpy": compile_module(Module(name, str(found[name]), text), arch, version) for name, text in texts.items()}


def found_in(path: Path) -> list[str]:
    """The modules beside a file that it imports, and that those import."""
    waiting, names = [path], []
    while waiting:
        file = waiting.pop()
        for name in _imports(_tree(file, file.read_text(encoding="utf-8"))):
            beside = path.with_name(f"{name}.py")
            if name not in names and beside.is_file() and beside != path:
                names.append(name)
                waiting.append(beside)
    return names


def _tree(path: Path, text: str) -> ast.Module:
    try:
        return parse(text, str(path))
    except SyntaxError as error:
        raise FunctionError(f"{path}:{error.lineno}: {error.msg}") from error


def _imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names
