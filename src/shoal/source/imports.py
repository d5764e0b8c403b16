"""What a name stands for on a board: something of a board's own modules, of the user's, or nothing there."""

import ast
import os
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

import shoal.micropython
from shoal.source.boards import BOARD_MODULES, HAS
from shoal.source.find import Binding
from shoal.source.lacks import BUILTINS, VIPER_NAMES

STDLIB = os.path.dirname(os.__file__) + os.sep
STAND_IN = vars(shoal.micropython)
STAND_IN_NAME = shoal.micropython.__name__
Use: TypeAlias = tuple[tuple[str, ...], int]  # attributes, line
SHIPPED_WITH_SHOAL = ("shoal", "shoal_board")
TRAVELS = ("shoal.kernels", "shoal.squeeze", "shoal.demos")  # but these are made to travel, as if the user had written them


def board_import(binding: Binding, name: str, value: object, *, present: bool) -> str | None:
    """The import statement that gives this name on a board, if the file imports it from a board module.

    An import inside `try` counts even if it failed here (`machine` exists on boards only); one that a later
    assignment replaced does not.
    """
    node = binding.node
    if isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            here = sys.modules.get(alias.name if alias.asname else root)
            wanted = root in BOARD_MODULES and name == (alias.asname or root)
            if wanted and (not present or binding.guarded or value is here):
                return f"import {_renamed(alias.name, alias.asname)}"
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module in BOARD_MODULES:
        for alias in node.names:
            here = getattr(sys.modules.get(node.module), alias.name, None)
            wanted = name == (alias.asname or alias.name)
            if wanted and (not present or binding.guarded or value is here):
                return f"from {node.module} import {_renamed(alias.name, alias.asname)}"
    return None


def stand_in_import(name: str, value: object) -> str | None:
    """The board's import for something of `shoal.micropython`; "" for what only viper code knows."""
    if value is shoal.micropython:
        return f"import {_renamed('micropython', name)}"
    for own, thing in STAND_IN.items():
        if thing is value and getattr(value, "__module__", None) == STAND_IN_NAME:
            if own in VIPER_NAMES:
                return ""
            return f"from micropython import {_renamed(own, name)}"
    return None


def board_value(name: str, value: object) -> str | None:
    """The statement that binds a module of boards, a thing in one, or a built-in; None for others."""
    if isinstance(value, ModuleType):
        if value.__name__ not in BOARD_MODULES:
            return None
        return f"import {_renamed(value.__name__, name)}"
    own = getattr(value, "__name__", None)
    if not isinstance(own, str) or not callable(value) or is_users(value):
        return None
    if vars(sys.modules["builtins"]).get(own) is value and own in BUILTINS:
        return None if own == name else f"{name} = {own}"
    for module, names in HAS.items():
        if own in names and getattr(sys.modules.get(module), own, None) is value:
            return f"from {module} import {_renamed(own, name)}"
    return None


def is_users(value: object) -> bool:
    """True for a module, function or class that the user wrote."""
    filename = _filename(value)
    if filename is None:
        return isinstance(value, type) and value.__module__ == "__main__"
    if filename.startswith("<frozen"):
        return False
    if module_of(value).startswith(TRAVELS):
        return True
    if module_of(value).partition(".")[0] in SHIPPED_WITH_SHOAL:
        return False
    installed = f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}"
    return not filename.startswith(STDLIB) and not any(folder in filename for folder in installed)


def module_of(value: object) -> str:
    """The full name of the module that a thing comes from."""
    return str(value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or "")


def file_of_class(kind: type) -> str | None:
    """The file that a class was written in, as far as its methods or its module tell."""
    files = [method.__code__.co_filename for method in methods_of(kind)]
    return files[0] if files else getattr(sys.modules.get(kind.__module__), "__file__", None)


def namespace_of_class(kind: type) -> dict[str, Any] | None:
    """The globals that a class was made in, as far as its methods or its module tell."""
    namespaces: list[dict[str, Any]] = [method.__globals__ for method in methods_of(kind)]
    module = sys.modules.get(kind.__module__)
    return namespaces[0] if namespaces else vars(module) if module else None


def methods_of(kind: type) -> Iterator[FunctionType]:
    """The functions that a class body defined: methods of all kinds, and the getters of properties.

    Those that tools added (dataclass, namedtuple) have other globals or no file, and are left out.
    """
    for thing in vars(kind).values():
        method = getattr(thing, "__func__", thing)
        method = method.fget if isinstance(method, property) else method
        if not isinstance(method, FunctionType) or method.__code__.co_filename == "<string>":
            continue
        if method.__globals__.get("__name__") == kind.__module__:
            yield method


def uses_of(node: ast.AST, name: str) -> list[Use]:
    """What code reads of a module: for `name.a.b` the attributes ("a", "b"), for any other use of the name ()."""
    inner = {id(child.value) for child in ast.walk(node) if isinstance(child, ast.Attribute)}
    uses: list[Use] = []
    for child in ast.walk(node):
        if id(child) in inner or not isinstance(child, ast.Attribute | ast.Name):
            continue
        path: tuple[str, ...] = ()
        base: ast.expr = child
        while isinstance(base, ast.Attribute):
            path = (base.attr, *path)
            base = base.value
        if isinstance(base, ast.Name) and base.id == name:
            uses.append((path if isinstance(child.ctx, ast.Load) else (), child.lineno))
    return uses


def is_named_tuple(value: object) -> bool:
    """True for a class that `collections.namedtuple` made."""
    return isinstance(value, type) and value.__bases__ == (tuple,) and hasattr(value, "_fields")


def named_tuple(name: str, value: Any) -> str:
    """The statement that makes the same class of named tuples on a board."""
    made = f"namedtuple({value.__name__!r}, {list(value._fields)!r})"
    return f"from collections import namedtuple; {name} = {made}"


def is_const(node: ast.stmt, name: str) -> bool:
    """True for `name = const(...)` or `name = micropython.const(...)`."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.value, ast.Call):
        return False
    made_by = node.value.func
    called = made_by.attr if isinstance(made_by, ast.Attribute) else getattr(made_by, "id", None)
    return called == "const" and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name


def _renamed(own: str, name: str | None) -> str:
    return own if name is None or name == own else f"{own} as {name}"


def _filename(value: object) -> str | None:
    if isinstance(value, FunctionType):
        return value.__code__.co_filename
    if isinstance(value, ModuleType):
        return getattr(value, "__file__", None)
    if isinstance(value, type) and value.__module__ == "builtins":
        return None
    return file_of_class(value) if isinstance(value, type) else None
