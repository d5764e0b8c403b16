"""Walk the text that would be sent; refuse what MicroPython cannot run, with line, reason and remedy.

Only what is shipped is looked at: the rest of the host file may use all of Python. The tables are in
`lacks` and `boards`; the compiler has the last word on syntax.
"""

import ast
from collections.abc import Iterable, Iterator

from shoal.source import lacks
from shoal.source.boards import BOARD_MODULES, HAS, instead
from shoal.source.model import Module, refuse
from shoal.source.text import decorator_kind
from shoal.syntax import parse

Complaint = tuple[ast.AST, str, str]


def check(modules: Iterable[Module]) -> None:
    """Raise FunctionError for the first thing in these modules that boards cannot run."""
    modules = list(modules)
    trees = [parse(module.text, module.filename) for module in modules]
    own_names = {name for tree in trees for name in _own_attributes(tree)}
    shipped = {module.name for module in modules}
    for module, tree in zip(modules, trees, strict=True):
        checker = Checker(own_names, shipped, _imported_modules(tree), _functions(tree))
        for node, reason, hint in checker.complaints(tree):
            raise refuse(module.filename, getattr(node, "lineno", 1), reason, hint)


class Checker:
    """The checks of one module; each method looks at one kind of node."""

    def __init__(
        self, own_names: set[str], shipped: set[str], modules: dict[str, str], functions: set[str]
    ) -> None:
        self.own_names = own_names  # attributes that shipped classes define themselves
        self.shipped = shipped  # names of modules that travel along
        self.modules = modules  # local name -> board module
        self.functions = functions  # names of module-level functions

    def complaints(self, tree: ast.Module) -> Iterator[Complaint]:
        """Everything that is wrong, in the order of the walk."""
        guarded = {
            id(inner) for node in ast.walk(tree) if _catches_import_errors(node) for inner in ast.walk(node)
        }
        assembler = {id(inner) for node in ast.walk(tree) if _is_assembler(node) for inner in ast.walk(node)}
        viper = {id(inner) for node in ast.walk(tree) if _is_viper(node) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if id(node) in assembler:
                continue
            yield from self.syntax(node)
            yield from self.definition(node)
            yield from self.call(node)
            yield from self.attribute(node)
            if id(node) not in guarded:
                yield from self.imports(node)
            if isinstance(node, ast.Name) and node.id in lacks.VIPER_NAMES and id(node) not in viper:
                yield (
                    node,
                    f"{node.id} exists in viper functions only",
                    "decorate the function with @micropython.viper",
                )

    def syntax(self, node: ast.AST) -> Iterator[Complaint]:
        """Statements and expressions that the compiler does not know."""
        kind = type(node).__name__
        if kind in SYNTAX:
            yield node, *SYNTAX[kind]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            if isinstance(node.ctx, ast.Load) if not isinstance(node, ast.Set) else True:
                for item in node.elts:
                    if isinstance(item, ast.Starred):
                        yield (
                            item,
                            "boards cannot unpack with * inside brackets",
                            "add lists: [*a, 1] is list(a) + [1]",
                        )
        elif isinstance(node, ast.Dict) and None in node.keys:
            yield node, "boards cannot unpack with ** inside {}", "copy the dict and call update"
        elif isinstance(node, ast.FormattedValue) and node.conversion == ord("a"):
            yield node, "boards do not know !a in f-strings", "use !r"
        elif isinstance(node, ast.comprehension) and node.is_async:
            yield node.target, "boards have no asynchronous comprehensions", "write the loop"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            if self._is_type(node.left) and self._is_type(node.right):
                yield node, "boards cannot join types with |", "use a tuple of types"
        elif isinstance(node, ast.Subscript) and self._is_type(node.value):
            yield node, "boards have no generic types such as list[int]", "use the plain type"

    def definition(self, node: ast.AST) -> Iterator[Complaint]:
        """Functions and classes of a form that boards do not have."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and node.args.posonlyargs:
            yield node, "boards have no positional-only parameters", "remove the / from the parameters"
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if getattr(node, "type_params", None):
                yield node, "boards have no type parameters", "remove the [...] after the name"
            for decorator in node.decorator_list:
                base = decorator.func if isinstance(decorator, ast.Call) else decorator
                while isinstance(base, ast.Attribute):
                    base = base.value
                if not isinstance(base, ast.Name):
                    yield (
                        decorator,
                        "boards know only decorators that are names",
                        "give the decorator a name first",
                    )
        if isinstance(node, ast.ClassDef):
            if node.keywords:
                argument = node.keywords[0].arg or "**"
                yield node, f"boards have no class arguments ({argument}=)", "remove it from the class"
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name in lacks.SPECIAL_METHODS:
                    yield item, f"boards never call {item.name}", "call a method of another name yourself"

    def call(self, node: ast.AST) -> Iterator[Complaint]:
        """Calls of built-ins with arguments that they do not take on boards."""
        if not isinstance(node, ast.Call):
            return
        given = {keyword.arg for keyword in node.keywords}
        if isinstance(node.func, ast.Name):
            name = node.func.id
            refused = lacks.KEYWORDS.get(name, ()) if name not in self.functions else ()
            if name == "iter" and len(node.args) == 2:
                yield node, "boards have no iter() with two arguments", "write a while loop"
        elif isinstance(node.func, ast.Attribute):
            name = node.func.attr
            refused = lacks.METHOD_KEYWORDS.get(name, ()) if name not in self.own_names else ()
            if name in lacks.METHODS and name not in self.own_names and not self._is_module(node.func.value):
                yield node.func, f"boards have no method {name}()", lacks.METHODS[name]
        else:
            return
        for argument in refused:
            if argument in given:
                yield (
                    node,
                    f"{name}() takes no argument by the name {argument} on boards",
                    "pass it by position, if at all",
                )

    def attribute(self, node: ast.AST) -> Iterator[Complaint]:
        """Attributes that modules, functions and exceptions do not have on boards."""
        if not isinstance(node, ast.Attribute):
            return
        if isinstance(node.value, ast.Name):
            module = self.modules.get(node.value.id)
            if module in HAS and node.attr not in HAS[module] and not node.attr.startswith("__"):
                missing = f"{module}.{node.attr}"
                yield node, f"boards have no {missing}", instead(missing)
            if node.value.id in self.functions and isinstance(node.ctx, ast.Store):
                yield node, "functions have no attributes on boards", "use a global variable"
        if node.attr in lacks.ATTRIBUTES:
            yield node, f"boards keep no {node.attr}", "leave it out"

    def imports(self, node: ast.AST) -> Iterator[Complaint]:
        """Imports of what boards do not have, outside `try`."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from self._import(node, alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from self._import(node, module)
            for alias in node.names:
                if module in HAS and alias.name not in HAS[module] and alias.name != "*":
                    missing = f"{module}.{alias.name}"
                    yield node, f"boards have no {missing}", instead(missing)

    def _import(self, node: ast.AST, module: str) -> Iterator[Complaint]:
        root = module.partition(".")[0]
        if root not in BOARD_MODULES and module not in self.shipped:
            yield (
                node,
                f"boards have no module {module}",
                (instead(root) + "; a module of your own is imported at the top of the file"),
            )

    def _is_type(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in lacks.TYPE_NAMES and node.id not in self.functions

    def _is_module(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.modules


SYNTAX = {
    "Match": ("boards have no match statement", "use if and elif"),
    "TryStar": ("boards have no except*", "use except"),
    "TypeAlias": ("boards have no type statement", "leave the type out"),
    "TemplateStr": ("boards have no t-strings", "use an f-string"),
}


def _own_attributes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (item.name for item in node.body if isinstance(item, ast.FunctionDef))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _imported_modules(tree: ast.Module) -> dict[str, str]:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return {alias.asname or alias.name: alias.name for node in imports for alias in node.names}


def _functions(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _catches_import_errors(node: ast.AST) -> bool:
    if not isinstance(node, ast.Try):
        return False
    names = {name.id for handler in node.handlers for name in ast.walk(handler) if isinstance(name, ast.Name)}
    return bool(names & {"ImportError", "Exception"}) or any(
        handler.type is None for handler in node.handlers
    )


def _is_viper(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        decorator_kind(item) == "viper" for item in node.decorator_list
    )


def _is_assembler(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        (decorator_kind(item) or "").startswith("asm") for item in node.decorator_list
    )
