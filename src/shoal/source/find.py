"""From a function object to its place in its file: text, syntax tree, enclosing functions.

The file is read through `linecache`, which also knows notebook cells and, from Python 3.13, the prompt and
`-c`. A function is shipped only if its file, compiled again, gives the bytecode that the function has: a
file that was edited after it was loaded is refused instead of running other code on boards than on this
computer.
"""

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from shoal.errors import FunctionError
from shoal.source.model import refuse
from shoal.syntax import parse

DefNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FunctionNode: TypeAlias = DefNode | ast.Lambda
Node: TypeAlias = FunctionNode | ast.ClassDef

FUTURE_FLAGS = 0x1FF0000  # the bits of co_flags that `from __future__` sets, as `compile` takes them


@dataclass(frozen=True, slots=True)
class Binding:
    """A statement at module level that gives a name its value."""

    line: int
    node: ast.stmt
    guarded: bool  # inside try: another statement may give the value


@dataclass(frozen=True, slots=True)
class Source:
    """One host file: its lines, its tree, and where what is."""

    filename: str
    lines: list[str]
    tree: ast.Module
    functions: dict[int, list[tuple[FunctionNode, tuple[Node, ...]]]]  # first line -> (node, enclosing nodes)
    classes: dict[str, ast.ClassDef]
    bindings: dict[str, Binding]
    codes: dict[tuple[int, int], list[CodeType]] = field(default_factory=dict)  # (flags, first line) -> code

    def codes_at(self, flags: int, line: int) -> list[CodeType]:
        """The code objects of all functions whose first line this is."""
        if (flags, -1) not in self.codes:
            self.codes[flags, -1] = []
            whole = compile("".join(self.lines), self.filename, "exec", flags=flags, dont_inherit=True)
            for code in _nested_codes(whole):
                self.codes.setdefault((flags, code.co_firstlineno), []).append(code)
        return self.codes.get((flags, line), [])


@dataclass(frozen=True, slots=True)
class Found:
    """A function's place: its node, and the nodes around it from the outside in."""

    source: Source
    node: FunctionNode
    around: tuple[Node, ...]


_sources: dict[str, Source] = {}


def find(function: FunctionType) -> Found:
    """Where this function was written. Raises FunctionError when that cannot be told for certain."""
    code = function.__code__
    source = source_of(code.co_filename, function.__globals__, function.__name__)
    found = _candidate(source, code)
    if found is None:
        linecache.checkcache(code.co_filename)
        source = source_of(code.co_filename, function.__globals__, function.__name__)
        found = _candidate(source, code)
    if found is None:
        raise refuse(
            code.co_filename,
            code.co_firstlineno,
            f"{function.__name__} is not what the file says there now",
            "the file was edited after it was loaded, or a tool rewrites it: start the program again "
            "(in a notebook: run the cell again)",
        )
    return found


def source_of(filename: str, namespace: dict[str, Any], wanted: str) -> Source:
    """The file, parsed once for as long as its text stays the same; `wanted` is named when there is none."""
    lines = linecache.getlines(filename, namespace)
    kept = _sources.get(filename)
    if kept is not None and (kept.lines is lines or kept.lines == lines):
        return kept
    if not lines:
        raise FunctionError(
            f"{filename}: Python keeps no source of {wanted}, and boards need it; "
            "save the function in a file and import it, or use a notebook"
        )
    try:
        tree = parse("".join(lines), filename)
    except SyntaxError as error:
        raise refuse(
            filename, error.lineno or 1, f"not Python: {error.msg}", "save and run it again"
        ) from None
    source = Source(filename, lines, tree, {}, {}, {})
    _index(source, tree, ())
    for name, binding in _bindings(tree.body, guarded=False):
        source.bindings.setdefault(name, binding)
    _sources[filename] = source
    return source


def first_line(node: FunctionNode) -> int:
    """The line that Python calls the function's first: that of its first decorator, if any."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return decorators[0].lineno if decorators else node.lineno


def _index(source: Source, node: ast.AST, around: tuple[Node, ...]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            source.functions.setdefault(first_line(child), []).append((child, around))
            _index(source, child, (*around, child))
        elif isinstance(child, ast.ClassDef):
            if not around:
                source.classes[child.name] = child
            _index(source, child, (*around, child))
        else:
            _index(source, child, around)


def _bindings(body: list[ast.stmt], *, guarded: bool) -> Iterator[tuple[str, Binding]]:
    """Every name that statements outside functions and classes bind, with the statement, in file order."""
    for statement in body:
        for name in _bound(statement):
            yield name, Binding(statement.lineno, statement, guarded)
        in_try = guarded or isinstance(statement, ast.Try)
        for part in ("body", "orelse", "finalbody"):
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _bindings(getattr(statement, part, []), guarded=in_try)
        for handler in getattr(statement, "handlers", []):
            yield from _bindings(handler.body, guarded=in_try)


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in statement.names]
    if isinstance(statement, ast.Assign):
        targets: list[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return []
    nodes = [node for target in targets for node in ast.walk(target)]
    return [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _candidate(source: Source, code: CodeType) -> Found | None:
    flags = code.co_flags & FUTURE_FLAGS
    if not any(_same_code(code, other) for other in source.codes_at(flags, code.co_firstlineno)):
        return None
    places = [
        (node, around)
        for node, around in source.functions.get(code.co_firstlineno, [])
        if code.co_name == ("<lambda>" if isinstance(node, ast.Lambda) else node.name)
    ]
    if len(places) > 1:
        places = _by_columns(source, code, places)
    return Found(source, *places[0]) if places else None


def _by_columns(
    source: Source, code: CodeType, places: list[tuple[FunctionNode, tuple[Node, ...]]]
) -> list[tuple[FunctionNode, tuple[Node, ...]]]:
    """Of several lambdas on one line, the innermost whose body spans all positions of the code."""
    spans = [
        (line, column, end_line, end_column)
        for line, end_line, column, end_column in code.co_positions()
        if line is not None
        and column is not None
        and end_line is not None
        and end_column is not None
        # The prologue of the code is given position 0 to 0.
        and (column, end_column) != (0, 0)
    ]
    if not spans:
        # Some Pythons give a body that is one constant no position; lambdas of equal constants are one and the same.
        lambdas = [place for place in places if isinstance(getattr(place[0], "body", None), ast.Constant)]
        same = [place for place in lambdas if _same_code(code, _compiled_alone(source, place[0]))]
        if not same:
            raise refuse(
                source.filename,
                code.co_firstlineno,
                "several lambdas stand on this line",
                "put them on lines of their own",
            )
        return same[:1]
    start = min(span[:2] for span in spans)
    end = max(span[2:] for span in spans)
    within: list[tuple[FunctionNode, tuple[Node, ...]]] = [
        (node, around)
        for node, around in places
        if isinstance(node, ast.Lambda) and _start(node.body) <= start and end <= _end(node.body)
    ]
    return sorted(within, key=lambda place: _start(place[0]))[-1:]


def _compiled_alone(source: Source, node: FunctionNode) -> CodeType:
    assert isinstance(node, ast.Lambda)
    return next(_nested_codes(compile(ast.Expression(node), source.filename, "eval", dont_inherit=True)))


def _start(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _nested_codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested_codes(constant)


def _same_code(loaded: CodeType, written: CodeType) -> bool:
    """True if both do the same, whatever their file is called.

    pytest rewrites `assert` in test files and marks that with names that start with "@": there the bytecode
    differs by design, and the signature has to do.
    """
    signature = (loaded.co_name, loaded.co_argcount, loaded.co_kwonlyargcount, loaded.co_freevars)
    if signature != (written.co_name, written.co_argcount, written.co_kwonlyargcount, written.co_freevars):
        return False
    if any(name.startswith("@py") for name in _all_names(loaded)):
        return True
    return (
        loaded.co_code == written.co_code
        and loaded.co_names == written.co_names
        and loaded.co_varnames == written.co_varnames
        and len(loaded.co_consts) == len(written.co_consts)
        and all(map(_same_constant, loaded.co_consts, written.co_consts))
    )


def _same_constant(loaded: object, written: object) -> bool:
    if isinstance(loaded, CodeType) and isinstance(written, CodeType):
        return _same_code(loaded, written)
    if isinstance(loaded, frozenset):  # whose repr has no fixed order
        return loaded == written
    return type(loaded) is type(written) and repr(loaded) == repr(written)


def _all_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for nested in _nested_codes(code):
        yield from nested.co_names
