"""One table of functions, three ways to run them: here, from the shipped text, and on MicroPython. Equal results."""

import ast

import pytest
from cases import imports, machine_code, nested, odd, plain
from on_board import load_python, run_micropython

from shoal.source import pack

TABLES = [plain, nested, odd, imports, machine_code]
COMPILED = [(table, "x64") for table in TABLES] + [
    (table, "bytecode-only") for table in TABLES if table is not machine_code
]


@pytest.mark.parametrize(("table", "arch"), COMPILED)
def test_micropython_gives_what_this_computer_gives(table, arch, tmp_path):
    shipments = [pack(function) for function, *_ in table.CALLS]
    lines = []
    for shipment, (_, *arguments) in zip(shipments, table.CALLS, strict=True):
        call = f"{shipment.modules[-1].name}.{shipment.function}(*{arguments!r})"
        lines.append(f"import {shipment.modules[-1].name}\nprint(repr({call}))\n")
    printed = run_micropython(tmp_path, "".join(lines), *shipments, arch=arch).splitlines()
    expected = [function(*arguments) for function, *arguments in table.CALLS]
    assert [ast.literal_eval(line) for line in printed] == expected


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_shipped_text_gives_what_this_computer_gives(table):
    for function, *arguments in table.CALLS:
        assert load_python(pack(function))(*arguments) == function(*arguments)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_shipped_statement_stands_on_its_line(table):
    for function, *_ in table.CALLS:
        for module in pack(function).modules:
            with open(module.filename, encoding="utf-8") as file:
                host = _statements(ast.parse(file.read()))
            for line, kind in _statements(ast.parse(module.text)):
                if kind not in MADE_BY_SHOAL:
                    assert (line, kind) in host, f"{module.filename}:{line} {kind}"


# Statements inside functions; module level also holds what Shoal adds (constants, imports, factories).
MADE_BY_SHOAL = {"Return", "Pass"}


def _statements(tree):
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_scope")
    ]
    inner = {id(child): child for function in functions for child in function.body}
    # An annotated assignment loses its annotation on the way.
    return {(child.lineno, type(child).__name__.replace("AnnAssign", "Assign")) for child in inner.values()}
