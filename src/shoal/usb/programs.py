"""The programs that are typed into a board's raw REPL: files of `onboard`, without what only their readers need."""

import ast
from functools import cache
from pathlib import Path

from shoal.syntax import parse

_ONBOARD = Path(__file__).with_name("onboard")


@cache
def program(name: str) -> str:
    """The text of a program, without comments and docstrings: each byte costs a board time."""
    tree = parse((_ONBOARD / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def installed(name: str) -> bytes:
    """A file as it is installed on a board, where people may read it."""
    return (_ONBOARD / f"{name}.py").read_bytes()
