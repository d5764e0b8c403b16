"""Cut one definition out of its file and edit it without moving a line.

Annotations go, because they may name what a board lacks; viper and assembler functions keep theirs, which
are code. Decorators go (the caller puts back those that mean something on a board). A cut is moved sideways
to the indentation that the caller wants; the inner lines of multi-line strings stay untouched.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shoal.source.find import DefNode, Node, Source
from shoal.syntax import parse

MACHINE_CODE = ("native", "viper", "asm_thumb", "asm_xtensa", "asm_rv32")
TYPED_CODE = ("viper", "asm_thumb", "asm_xtensa", "asm_rv32")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two positions (line from 1, column in bytes) by one with as many lines."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def cut(source: Source, node: Node | ast.expr, edits: Iterable[Edit]) -> dict[int, str]:
    """The node's lines by number, from its first (that of `def` or `class`) to its last, edited."""
    last = node.end_lineno or node.lineno
    raw = {line: source.lines[line - 1].rstrip("\r\n").encode() for line in range(node.lineno, last + 1)}
    raw[last] = raw[last][: node.end_col_offset]
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column), reverse=True):
        _apply(raw, edit)
    raw[node.lineno] = raw[node.lineno][node.col_offset :]
    lines = {line: text.decode() for line, text in raw.items()}
    first = source.lines[node.lineno - 1]
    margin = first[: len(first) - len(first.lstrip())]
    inside_string = string_lines(node)
    for line in range(node.lineno + 1, last + 1):
        if line not in inside_string:
            lines[line] = _moved(lines[line], margin)
    return lines


def indented(lines: dict[int, str], indent: str) -> dict[int, str]:
    """The lines moved to the right, but for those that begin inside a string."""
    inside_string = string_lines(parse(joined(lines)), min(lines) - 1)
    return {
        line: text if line in inside_string or not text else indent + text for line, text in lines.items()
    }


def joined(lines: dict[int, str]) -> str:
    """The lines as one text that parses, from the first on."""
    return "\n".join(lines.get(line, "") for line in range(min(lines), max(lines) + 1)) + "\n"


def annotation_edits(source: Source, node: ast.AST, *, keep: bool) -> Iterator[Edit]:
    """Edits that take all annotations out of a definition; `keep` those of the outermost function."""
    for child in ast.walk(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            typed = any(decorator_kind(decorator) in TYPED_CODE for decorator in child.decorator_list)
            if not (typed or (keep and child is node)):
                yield from _signature_edits(source, child)
            elif isinstance(child.returns, ast.Constant):  # None: viper wants a name there, or nothing
                yield _returns_edit(source, child.returns)
        elif isinstance(child, ast.AnnAssign):
            yield _assignment_edit(source, child)


def cast_edits(source: Source, node: DefNode, casts: dict[str, str], result: str) -> Iterator[Edit]:
    """Edits that give parameters and the result other annotations; `result` "": none. For functions without defaults."""
    arguments = node.args.args
    last = arguments[-1] if arguments else None
    if node.returns is None and result:  # first: of edits at one place the first is made first
        start = (last.end_lineno or last.lineno, last.end_col_offset or 0) if last else (node.lineno, node.col_offset)
        line, column = _search(source, *start, b")")
        yield Edit(line, column, line, column + 1, f") -> {result}")
    elif node.returns and not isinstance(node.returns, ast.Constant):  # which `annotation_edits` has taken out
        edit = _returns_edit(source, node.returns)
        yield replace(edit, text=f" -> {result}{edit.text}" if result else edit.text)
    for argument in arguments:
        end_of_name = argument.col_offset + len(argument.arg.encode())
        end_line = argument.end_lineno or argument.lineno
        text = f": {casts[argument.arg]}" + "\n" * (end_line - argument.lineno)
        yield Edit(argument.lineno, end_of_name, end_line, argument.end_col_offset or 0, text)


def decorator_kind(decorator: ast.expr) -> str | None:
    """The X of a literal `@micropython.X` that makes machine code."""
    if (
        isinstance(decorator, ast.Attribute)
        and isinstance(decorator.value, ast.Name)
        and decorator.value.id == "micropython"
        and decorator.attr in MACHINE_CODE
    ):
        return decorator.attr
    return None


def replacement(node: ast.expr, text: str) -> Edit:
    """Put another expression in a node's place, inside brackets."""
    end_line = node.end_lineno or node.lineno
    filler = "\n" * (end_line - node.lineno)
    return Edit(node.lineno, node.col_offset, end_line, node.end_col_offset or 0, text + filler)


def outside_names(text: str, filename: str) -> set[str]:
    """The names that this module text takes from outside: not bound in it where they are used."""
    return set(_outside(symtable.symtable(text, filename, "exec")))


def early_names(text: str, filename: str) -> set[str]:
    """Those of the outside names that are looked up while the definition is made, not when it is called."""
    top = symtable.symtable(text, filename, "exec")
    names = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    classes = [table for table in top.get_children() if table.get_type() == "class"]
    bodies = {symbol.get_name() for table in classes for symbol in table.get_symbols() if symbol.is_global()}
    return (names | bodies) & outside_names(text, filename)


def _outside(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if table.get_type() == "module":
            if symbol.is_referenced() and not symbol.is_assigned() and not symbol.is_imported():
                yield symbol.get_name()
        elif symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _outside(child)


def _signature_edits(source: Source, node: DefNode) -> Iterator[Edit]:
    arguments = node.args
    optional = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *optional):
        if argument.annotation:
            end_of_name = argument.col_offset + len(argument.arg.encode())
            end_line = argument.end_lineno or argument.lineno
            filler = "\n" * (end_line - argument.lineno)
            yield Edit(argument.lineno, end_of_name, end_line, argument.end_col_offset or 0, filler)
    if node.returns:
        yield _returns_edit(source, node.returns)


def _returns_edit(source: Source, returns: ast.expr) -> Edit:
    """Take `-> x` out of a signature."""
    arrow = _search_back(source, returns.lineno, returns.col_offset, b"->")
    end = returns.end_lineno or returns.lineno
    colon = _search(source, end, returns.end_col_offset or 0, b":")
    before = source.lines[arrow[0] - 1].encode()[: arrow[1]]
    return Edit(arrow[0], len(before.rstrip()), *colon, " \\\n" * (colon[0] - arrow[0]))


def _assignment_edit(source: Source, node: ast.AnnAssign) -> Edit:
    start = node.target.end_lineno or node.lineno, node.target.end_col_offset or 0
    if node.value is None:
        end = node.end_lineno or node.lineno
        return Edit(
            node.lineno, node.col_offset, end, node.end_col_offset or 0, "pass" + "\n" * (end - node.lineno)
        )
    colon = _search(source, *start, b":")
    after = node.annotation.end_lineno or node.lineno, node.annotation.end_col_offset or 0
    equals = _search(source, *after, b"=")
    return Edit(*colon, *equals, " " + "\\\n" * (equals[0] - colon[0]))


def _search(source: Source, line: int, column: int, wanted: bytes) -> tuple[int, int]:
    """The first place of `wanted` from a position on."""
    while (place := source.lines[line - 1].encode().find(wanted, column)) < 0:
        line, column = line + 1, 0
    return line, place


def _search_back(source: Source, line: int, column: int, wanted: bytes) -> tuple[int, int]:
    """The last place of `wanted` before a position."""
    while (place := source.lines[line - 1].encode()[:column].rfind(wanted)) < 0:
        line -= 1
        column = len(source.lines[line - 1].encode())
    return line, place


def _apply(raw: dict[int, bytes], edit: Edit) -> None:
    tail = raw[edit.end_line][edit.end_column :]
    pieces = edit.text.encode().split(b"\n")
    pieces[0] = raw[edit.line][: edit.column] + pieces[0]
    pieces[-1] += tail
    for line in range(edit.line, edit.end_line + 1):
        raw[line] = pieces[line - edit.line]


def string_lines(node: ast.AST, shift: int = 0) -> set[int]:
    """Lines that begin inside a string, `shift` added."""
    lines: set[int] = set()
    for child in ast.walk(node):
        is_string = isinstance(child, ast.Constant) and isinstance(child.value, str | bytes)
        if is_string or isinstance(child, ast.JoinedStr):
            end = child.end_lineno or child.lineno  # type: ignore[attr-defined]
            lines.update(range(child.lineno + 1 + shift, end + 1 + shift))  # type: ignore[attr-defined]
    return lines


def _moved(text: str, margin: str) -> str:
    """A line without the indentation of its definition's first line."""
    if not text.startswith(margin):
        return text.lstrip()  # less indented than its definition: a continued line, whose place is free
    return text[len(margin) :]
