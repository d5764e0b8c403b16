"""The tables about MicroPython are compared with MicroPython itself."""

import ast
import builtins

import pytest
from on_board import run_micropython

from shoal.source import lacks
from shoal.source.boards import BOARD_MODULES, HAS

TYPES = ["int", "float", "str", "bytes", "bytearray", "list", "tuple", "dict", "set", "frozenset"]
TYPES += ["memoryview", "complex", "range", "object", "Exception"]

# What a board's compiler or interpreter refuses, so that the checks may refuse it first.
REFUSED = [
    "match 1:\n  case 1: pass",
    "def f(a, /): pass",
    "try: pass\nexcept* ValueError: pass",
    "type X = int",
    "def f[T](x): pass",
    "class A(metaclass=type): pass",
    "a = []\nb = [*a]",
    "a = []\nb = (*a, 1)",
    "a = []\nb = {*a}",
    "a = {}\nb = {**a}",
    "a = {}\nb = ()\na[*b]",
    "def f(a): return *a, 1",
    "x = 1\nf'{x!a}'",
    "d = [lambda f: f]\n@d[0]\ndef f(): pass",
    "isinstance(1, int | str)",
    "list[int]",
    "iter([].pop, 1)",
    "def f(): pass\nf.x = 1",
    "async def f():\n  return [x async for x in y]",
    *[f"(lambda: 0).{name}" for name in ("__qualname__", "__code__", "__doc__", "__defaults__")],
    *[f"ValueError().{name}" for name in ("__cause__", "__traceback__", "__context__")],
    "sum([1], start=2)",
    "zip([1], strict=True)",
    "print(1, flush=True)",
    "int('1', base=10)",
    "str(b'a', encoding='utf8')",
    "round(1.5, ndigits=1)",
    "pow(2, 3, mod=5)",
    "'a'.split(sep=',')",
    "'a'.encode(encoding='utf8')",
    "b'a'.decode(encoding='utf8')",
    "int.from_bytes(b'a', byteorder='big')",
]
SILENTLY_DIFFERENT = [
    "class A:\n  def __init_subclass__(cls): raise SystemExit\nclass B(A): pass",
    "class A:\n  def __format__(self, spec): raise SystemExit\nf'{A()}'",
]


def evaluate(tmp_path, expression, before=""):
    return ast.literal_eval(run_micropython(tmp_path, f"{before}print({expression})\n"))


def test_builtins(tmp_path):
    there = set(evaluate(tmp_path, "dir(__import__('builtins'))"))
    names = sorted({*dir(builtins), *lacks.BUILTINS} - {"None", "True", "False"})
    code = f"def has(name):\n  try:\n    eval(name)\n    return True\n  except NameError:\n    return False\nnames = {names!r}\n"
    there |= set(evaluate(tmp_path, "[name for name in names if has(name)]", code))
    expected = {name for name in names if name in there and not name.startswith("__")}
    assert {name for name in lacks.BUILTINS if not name.startswith("__")} == expected
    assert not lacks.BUILTINS_INSTEAD.keys() & there


def test_methods(tmp_path):
    there = set(evaluate(tmp_path, f"[name for kind in ({', '.join(TYPES)}) for name in dir(kind)]"))
    assert not lacks.METHODS.keys() & there
    here = {name for kind in TYPES for name in dir(getattr(builtins, kind)) if callable(getattr(getattr(builtins, kind), name))}
    unknown = {name for name in here - there if not name.startswith("_")}
    # `release` and `conjugate` are left alone: locks have the first, numbers on boards are not asked for the second.
    assert unknown - lacks.METHODS.keys() - {"release", "conjugate"} == set()


def test_contents_of_modules(tmp_path):
    code = "def contents(module):\n  return [name for name in dir(__import__(module)) if name[0] != '_']\n"
    there = evaluate(tmp_path, "{" + ", ".join(f"{name!r}: contents({name!r})" for name in HAS) + "}", code)
    assert {module: set(names) for module, names in there.items()} == {module: set(HAS[module]) for module in HAS}


def test_modules_of_the_unix_port_are_known(tmp_path):
    listed = run_micropython(tmp_path, "help('modules')\n").split()
    names = {name for name in listed[:-6] if "/" not in name and not name.startswith(("_asyncio", "u"))}
    only_unix = {"argparse", "termios", "__main__"}
    assert names - only_unix <= BOARD_MODULES


@pytest.mark.parametrize("code", REFUSED)
def test_boards_refuse(code, tmp_path):
    guarded = f"try:\n  exec({code!r})\n  print('accepted')\nexcept Exception as error:\n  print(type(error).__name__)\n"
    assert run_micropython(tmp_path, guarded).strip() != "accepted"


@pytest.mark.parametrize("code", SILENTLY_DIFFERENT)
def test_boards_ignore(code, tmp_path):
    assert run_micropython(tmp_path, f"exec({code!r})\nprint('ignored')\n").strip() == "ignored"
    with pytest.raises(SystemExit):
        exec(code, {"__name__": "here"})
