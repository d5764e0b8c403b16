"""Makes one module out of the agent's, with everything in it that is known before it runs.

A board pays for each module, for each import of one by another, and for each constant that it looks up. So constants are put
in their places, the branches of CPython (`if MICROPYTHON: ... else: ...`) are left out, and imports among the parts vanish.
"""

import ast
from collections.abc import Mapping
from typing import Any

PACKAGE = "shoal_board"


def _value(node: ast.AST, constants: Mapping[str, Any]) -> Any:
    """The value of an expression of literals and constants. Raises ValueError if it is more than that."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "const":
        node = node.args[0]
    return ast.literal_eval(_Constants(constants).visit(ast.parse(ast.unparse(node), mode="eval")))


class _Constants(ast.NodeTransformer):
    """Puts constants in their places and leaves out what can then never run."""

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = constants

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and node.id in self.constants:
            return ast.Constant(self.constants[node.id])
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "wire":
            name = ast.Name(node.attr, node.ctx)
            return self.visit_Name(name)
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant):
            return ast.Constant(not node.operand.value)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        ends = isinstance(node.op, ast.Or)  # the value that decides it
        values: list[ast.expr] = []
        for value in node.values:
            if not isinstance(value, ast.Constant):
                values.append(value)
            elif bool(value.value) == ends:
                values.append(value)
                break
        if not values:
            return node.values[-1]
        return values[0] if len(values) == 1 else ast.BoolOp(node.op, values)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = _reachable(node.body)
        return node

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return node.body if node.test.value else node.orelse
        return node


def _reachable(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements up to the first that leaves the function."""
    for place, statement in enumerate(body):
        if isinstance(statement, ast.Return | ast.Raise):
            return body[: place + 1]
    return body


def without_idle_imports(tree: ast.Module) -> None:
    """Leave out imports that only constants needed, or branches that were left out: each takes a place in the module's dict."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and not _is_inside(node):
            node.names = [name for name in node.names if (name.asname or name.name.split(".")[0]) in names]
            if not node.names:
                continue
        body.append(node)
    tree.body = body


def _is_inside(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.level > 0 or node.module == PACKAGE)


def constants_of(tree: ast.Module, known: dict[str, Any], keep: set[str]) -> None:
    """Take the constants out of a module, into `known`: upper-case names that are given a literal, but for those in `keep`."""
    body: list[ast.stmt] = []
    for statement in tree.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        if isinstance(target, ast.Name) and target.id.isupper() and target.id not in keep:
            assert isinstance(statement, ast.Assign)
            if target.id in known:  # such as MICROPYTHON
                continue
            try:
                value = _value(statement.value, known)
            except ValueError:
                pass
            else:
                if isinstance(value, int | str | bytes):
                    known[target.id] = value
                    continue
        body.append(statement)
    tree.body = body


def fold(tree: ast.Module, constants: Mapping[str, Any]) -> ast.Module:
    """The module with constants in their places."""
    tree = _Constants(constants).visit(tree)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "const")]
    return tree


def outside(tree: ast.Module, constants: Mapping[str, Any], parts: set[str]) -> ast.Module:
    """A module that stays a file of its own, beside the one that `parts` were merged into."""
    body: list[ast.stmt] = []
    for node in fold(tree, constants).body:
        if _is_inside(node):
            assert isinstance(node, ast.ImportFrom)
            node.names = [name for name in node.names if name.name not in {*constants, "const", "wire"}]
            if node.module in parts - {"main"}:
                node.module = "main"
            if not node.names:
                continue
        body.append(node)
    tree.body = body
    return tree


def merge(trees: list[ast.Module], constants: Mapping[str, Any]) -> ast.Module:
    """One module of several, each of which uses only those before it."""
    imports: dict[str, ast.stmt] = {}
    body: list[ast.stmt] = []
    names: set[str] = set()
    for tree in trees:
        for node in fold(tree, constants).body:
            if _is_inside(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports[ast.unparse(node)] = node
                continue
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert node.name not in names, f"two parts of the agent define {node.name}"
                names.add(node.name)
            body.append(node)
    return ast.Module([*imports.values(), *body], [])


class _Unused(ast.NodeTransformer):
    """Leaves out functions that nothing names."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        self.generic_visit(node)
        return node if node.name in self.names or node.name.startswith("__") else None


def without_unused(trees: Mapping[str, ast.Module], wanted: set[str]) -> None:
    """Leave out what only the branches used that were left out; `wanted`: names that outsiders use."""
    while True:
        names = set(wanted)
        count = 0
        for tree in trees.values():
            for node in ast.walk(tree):
                count += 1
                for field in ("id", "attr"):
                    names.add(getattr(node, field, ""))
                if isinstance(node, ast.alias):
                    names.add(node.name)
        for tree in trees.values():
            _Unused(names).visit(tree)
        if sum(1 for tree in trees.values() for _ in ast.walk(tree)) == count:
            return
