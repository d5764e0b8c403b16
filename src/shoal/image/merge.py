"""Makes one module out of the agent's, with everything in it that is known before it runs.

A board pays for each module, for each import of one by another, and for each constant that it looks up. So constants are put
in their places, the branches of CPython (`if MICROPYTHON: ... else: ...`) are left out, and imports among the parts vanish.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from shoal.syntax import parse_expression

PACKAGE = "shoal_board"


def _value(node: ast.AST, constants: Mapping[str, Any]) -> Any:
    """The value of an expression of literals and constants. Raises ValueError if it is more than that."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "const":
        node = node.args[0]
    return ast.literal_eval(_Constants(constants).visit(parse_expression(ast.unparse(node))))


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
            if not isinstance(value, ast.Constant) or value is node.values[-1]:  # the last may be its value
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


def imported(trees: Iterable[ast.Module], name: str) -> set[str]:
    """What some modules import from one of that name."""
    inside = [node for tree in trees for node in tree.body if _is_inside(node) and isinstance(node, ast.ImportFrom)]
    return {alias.name for node in inside if node.module == name for alias in node.names}


def without_idle_imports(tree: ast.Module, wanted: set[str]) -> None:
    """Leave out imports that only constants needed, or branches that were left out: each takes a place in the module's dict.

    `wanted`: names that others import from this module.
    """
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | wanted
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


_OURS = {"MICROPYTHON", "LOSSY", "RELEASE"}  # the image's own values


def _upper(tree: ast.Module) -> set[str]:
    """The upper-case names that a module gives values to."""
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    return {target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper()}


def exported(tree: ast.Module, constants: Mapping[str, Any]) -> dict[str, Any]:
    """The public constants of a module, which others may import. The module keeps them."""
    known = {name: value for name, value in constants.items() if name in _OURS or name not in _upper(tree)}
    before = set(known)
    constants_of(ast.Module(list(tree.body), []), known, set())
    return {name: value for name, value in known.items() if name not in before and not name.startswith("_")}


def constants_for(tree: ast.Module, constants: Mapping[str, Any], exported: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All constants that a module sees: those of the parts, those that it imports, and its own, which are taken out of it."""
    known = {name: value for name, value in constants.items() if name in _OURS or name not in _upper(tree)}
    for node in tree.body:
        if _is_inside(node) and isinstance(node, ast.ImportFrom):
            there = exported.get(f"{node.module}.py", {})
            known |= {alias.name: there[alias.name] for alias in node.names if alias.name in there}
    constants_of(tree, known, set())
    return known


def fold(tree: ast.Module, constants: Mapping[str, Any]) -> ast.Module:
    """The module with constants in their places."""
    tree = _Constants(constants).visit(tree)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "const")]
    return tree


def outside(tree: ast.Module, constants: Mapping[str, Any], home: Mapping[str, str]) -> ast.Module:
    """A module that stays a file of its own. `home`: where the parts are that were merged."""
    body: list[ast.stmt] = []
    for node in fold(tree, constants).body:
        if _is_inside(node):
            assert isinstance(node, ast.ImportFrom)
            node.names = [name for name in node.names if name.name not in {*constants, "const", "wire"}]
            node.module = home.get(node.module or "", node.module)
            if not node.names:
                continue
        body.append(node)
    tree.body = body
    return tree


def merge(trees: list[ast.Module], constants: Mapping[str, Any], home: Mapping[str, str] = {}, own: str = "main") -> ast.Module:
    """One module, `own`, of several, each of which uses only those before it, or what has its `home` in another."""
    imports: dict[str, ast.stmt] = {}
    body: list[ast.stmt] = []
    names: set[str] = set()
    for tree in trees:
        for node in fold(tree, constants).body:
            if isinstance(node, ast.ImportFrom) and home.get(node.module or "", own) != own:
                node.module = home[node.module or ""]
                node.names = [name for name in node.names if name.name not in {*constants, "const"}]
                if node.names:
                    imports[ast.unparse(node)] = node
                continue
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


def together(done: dict[str, ast.Module], own: str, names: list[str]) -> None:
    """Put files into one, `own`, in this order, and have all others import from there. Their constants are in place already."""
    inside = {name.removesuffix(".py") for name in (own, *names)}
    imports: dict[str, ast.stmt] = {}
    body: list[ast.stmt] = []
    known: set[str] = set()
    for name in dict.fromkeys([*([own] if own not in names else []), *names]):
        for node in done.pop(name).body:
            if _is_inside(node) and isinstance(node, ast.ImportFrom) and node.module in inside:
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports[ast.unparse(node)] = node
                continue
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert node.name not in known, f"two parts of {own} define {node.name}"
                known.add(node.name)
            body.append(node)
    done[own] = ast.Module([*imports.values(), *body], [])
    for tree in done.values():
        for node in tree.body:
            if _is_inside(node) and isinstance(node, ast.ImportFrom) and node.module in inside:
                node.module = own.removesuffix(".py")


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
