"""`@task(cores=2)`: a kernel that both cores of a board run at once, and the module that has them do it.

    @task(cores=2)
    @micropython.viper
    def squares(out: ptr32, items: ptr32, start: int, stop: int) -> None:
        for i in range(start, stop):
            out[i] = items[i] * items[i]

The second core shares the heap with the first and holds no lock, so it may not allocate, and nothing may fail there. Viper code
can keep that only if every value in it is a machine word: the checks here let nothing else pass. What is not checked is what
viper never checks: an index outside of `out` or `items` reads or changes other memory.
"""

import ast
import hashlib
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from shoal.source import imports
from shoal.source.find import DefNode, Found, find
from shoal.source.function import machine_code, unwrapped
from shoal.source.model import Module, refuse
from shoal.source.text import outside_names
from shoal.versions import versions_of

TYPES = {"ptr8": "B", "ptr16": "H", "ptr32": "i"}  # of `out`, and what its results travel as
CASTS = {"int", "uint", "bool", *TYPES}
SMALL = 1 << 30  # constants from here on are objects, not words
STATEMENTS = (
    *(ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If),
    *(ast.Break, ast.Continue, ast.Pass, ast.Return, ast.Expr),
)
EXPRESSIONS = (
    *(ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Call),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
HINT = "see docs/native.md for what the second core may do"
SIGNATURE = "def f(out: ptr32, items: ptr32, start: int, stop: int)"

_HEAD = """from array import array
from {module} import {kernel} as _kernel
"""
ONE_CORE = (
    _HEAD
    + """def {name}(items):
 out = array({code!r}, bytes({size} * len(items)))
 _kernel(out, items, 0, len(items))
 return out
"""
)
TWO_CORES = (
    _HEAD
    + """import micropython
from _thread import start_new_thread
@micropython.viper
def _second(state: ptr8, out, items, start: int, stop: int):
 try:
  _kernel(out, items, start, stop)
  state[0] = 1
 except:
  state[0] = 2
def _start(*args):
 for _ in range(100):
  try:
   start_new_thread(_second, args)
   return True
  except OSError:
   pass
  except MemoryError:
   break
 return False
def {name}(items):
 count = len(items)
 out = array({code!r}, bytes({size} * count))
 state = bytearray(1)
 half = count // 2
 if not half or not _start(state, out, items, half, count):
  _kernel(out, items, 0, count)
  return out
 _kernel(out, items, 0, half)
 while not state[0]:
  pass
 if state[0] == 2:
  raise RuntimeError("the kernel failed on the second core")
 return out
"""
)
# `_start` tries again because the second core is not free at once when its last work is done, and gives up soon: then one core
# does it all. The wait is bytecode, so that Ctrl-C and a board's timer still end it.


def runner(function: FunctionType, kernel_module: Module, kernel: str, width: int) -> Module:
    """The module whose function, of the kernel's name, answers for an array of items at once, on as many cores as there are.

    `width`: results an item. Raises FunctionError for a kernel that the second core could not run safely.
    """
    plain = unwrapped(function)
    found = find(plain)
    kinds = list(_machine_versions(plain, found))
    if not kinds:
        raise _refused(found, found.node, "cores=2 wants a viper kernel", f"write @micropython.viper {SIGNATURE}")
    types = {_checked(place, kind, namespace) for place, kind, namespace in kinds} - {""}
    if len(types) != 1:
        raise _refused(found, found.node, "cores=2 wants viper versions whose `out` is of one type", f"write {SIGNATURE}")
    code = TYPES[types.pop()]
    size = {"B": 1, "H": 2, "i": 4}[code] * max(1, width)
    name = plain.__name__
    facts = {"module": kernel_module.name, "kernel": kernel, "name": name, "code": code, "size": size}
    two, one = TWO_CORES.format(**facts), ONE_CORE.format(**facts)
    digest = hashlib.sha256(f"{two}\0{one}".encode()).hexdigest()
    return Module(f"_s{digest[:12]}", "<both cores>", two, one_core=one)


def _machine_versions(plain: FunctionType, found: Found) -> Iterator[tuple[Found, str, dict[str, Any]]]:
    """The kernel's functions that become machine code: their places, kinds and globals."""
    for function in (plain, *versions_of(plain)):
        inner = unwrapped(function)  # type: ignore[arg-type]
        place = found if inner is plain else find(inner)
        if isinstance(place.node, ast.Lambda):
            raise _refused(place, place.node, "a lambda cannot run on two cores", f"write @micropython.viper {SIGNATURE}")
        kind = next((kind for _, kind in machine_code(place.node, inner.__globals__)), "")
        if kind:
            yield place, kind, inner.__globals__


def _checked(found: Found, kind: str, namespace: dict[str, Any]) -> str:
    """The type of `out`. Raises FunctionError if this function may allocate or fail."""
    node = found.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if kind.startswith("asm"):
        return ""  # no instruction allocates; what they write only their author knows
    if kind != "viper":
        raise _refused(found, node, "native code makes objects, and the second core must not", "make it viper")
    given = [argument.annotation for argument in node.args.args]
    names = [annotation.id if isinstance(annotation, ast.Name) else "" for annotation in given]
    others = node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults
    if len(names) != 4 or others or names[0] not in TYPES or names[1] not in TYPES or names[2:] != ["int", "int"]:
        raise _refused(found, node, "a kernel for two cores is called with (out, items, start, stop)", f"write {SIGNATURE}")
    body = [child for statement in node.body for child in ast.walk(statement)]
    harmless = {id(child.value) for child in body if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)}
    harmless |= {id(child.iter) for child in body if isinstance(child, ast.For) and _counts(child)}
    for child in body:
        complaint = "" if id(child) in harmless else _complaint(child)
        if complaint:
            raise _refused(found, child, f"the second core must not allocate or fail, and {complaint}", HINT)
    _check_names(found, node, namespace)
    return names[0]


def _complaint(node: ast.AST) -> str:
    """Why this could allocate or fail in viper code, or ""."""
    if isinstance(node, ast.stmt) and not isinstance(node, STATEMENTS):
        return f"`{ast.unparse(node).splitlines()[0]}` may"
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, int) or not -SMALL < node.value < SMALL:
            return f"the constant {node.value!r} is an object, not a machine word"
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        divisor = node.right if isinstance(node, ast.BinOp) else node.value
        if isinstance(node.op, ast.Div | ast.Pow | ast.MatMult):
            return "/, ** and @ make objects"
        if isinstance(node.op, ast.FloorDiv | ast.Mod) and not (isinstance(divisor, ast.Constant) and divisor.value):
            return "a division by something that may be 0 may"
    elif isinstance(node, ast.Call):
        cast = isinstance(node.func, ast.Name) and node.func.id in CASTS
        if not cast or node.keywords or len(node.args) != 1:
            return f"the call {ast.unparse(node)} may"
    elif isinstance(node, ast.Name) and node.id in (*CASTS, "range") and not isinstance(node.ctx, ast.Load):
        return f"{node.id} gets another meaning"
    elif isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
        return "`is` and `in` compare objects"
    elif isinstance(node, ast.Return) and node.value is not None:
        return "a result other than in `out` is an object"
    elif isinstance(node, ast.For) and not _counts(node):
        return "a loop over anything but range() of words, with a step that is a constant, may"
    elif isinstance(node, ast.Slice) or (isinstance(node, ast.expr) and not isinstance(node, EXPRESSIONS)):
        return f"`{ast.unparse(node)}` is an object"
    return ""


def _counts(loop: ast.For) -> bool:
    """True for the loops that viper counts in a word; any other makes an iterator."""
    call = loop.iter
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "range":
        return False
    step = call.args[2] if len(call.args) == 3 else ast.Constant(1)
    if isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub):
        step = step.operand
    counted = isinstance(step, ast.Constant) and type(step.value) is int and step.value != 0
    return counted and 0 < len(call.args) < 4 and not call.keywords and isinstance(loop.target, ast.Name)


def _check_names(found: Found, node: DefNode, namespace: dict[str, Any]) -> None:
    """Names from outside are looked up as objects, unless the compiler has put their value in their place."""
    module = ast.unparse(ast.Module([node], []))
    for name in sorted(outside_names(module, found.source.filename) - CASTS - {"range", "micropython", "None"}):
        binding = found.source.bindings.get(name)
        value = namespace.get(name)
        folded = binding is not None and imports.is_const(binding.node, name) and type(value) is int
        body = [child for statement in node.body for child in ast.walk(statement)]
        used = next((child for child in body if isinstance(child, ast.Name) and child.id == name), None)
        if used and not (folded and isinstance(value, int) and abs(value) < SMALL):
            reason = f"the second core must not allocate or fail, and {name} is an object"
            raise _refused(found, used, reason, f"make it {name} = const(...)")


def _refused(found: Found, node: ast.AST, reason: str, hint: str) -> Exception:
    return refuse(found.source.filename, getattr(node, "lineno", found.node.lineno), reason, hint)
