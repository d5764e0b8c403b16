"""Python text as a syntax tree. The only place that parses, and one thread at a time.

CPython 3.11 counts how deep it is in a tree for all threads together, and gives up with a SystemError when two build one at once
(python/cpython issue 106905).
"""

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(text: str, filename: str = "<unknown>") -> ast.Module:
    """The tree of a module. Raises SyntaxError."""
    with _one_at_a_time:
        return ast.parse(text, filename)


def parse_expression(text: str) -> ast.Expression:
    """The tree of an expression. Raises SyntaxError."""
    with _one_at_a_time:
        return ast.parse(text, mode="eval")
