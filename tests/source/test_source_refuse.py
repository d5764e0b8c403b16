"""What boards cannot run is refused on this computer, with file, line, reason and a hint."""

import functools
import math
import threading
from types import FunctionType

import pytest
from cases import plain, refused

from shoal.errors import FunctionError
from shoal.source import compile_module, pack
from shoal.source.model import Module

FILE = refused.__file__
with open(FILE, encoding="utf-8") as file:
    LINES = file.read().splitlines()
NESTED = list(refused.make(threading.Lock(), 3))
FUNCTIONS = [thing for thing in vars(refused).values() if isinstance(thing, FunctionType)]
BAD = [function for function in [*FUNCTIONS, *NESTED] if function.__name__.startswith("bad_")]


def marked_line(function):
    """Number of the marked line that belongs to a function, and what its mark says."""
    elsewhere = refused.ELSEWHERE.get(function.__name__)
    first = function.__code__.co_firstlineno
    for number, line in enumerate(LINES, 1):
        belongs = elsewhere in line if elsewhere else number >= first
        if belongs and "# refused: " in line:
            return number, line.partition("# refused: ")[2]
    raise AssertionError(f"no mark for {function.__name__}")


@pytest.mark.parametrize("function", BAD, ids=lambda function: function.__name__)
def test_refused_with_file_line_and_reason(function):
    number, reason = marked_line(function)
    with pytest.raises(FunctionError) as caught:
        pack(function)
    message = str(caught.value)
    assert message.startswith(f"{FILE}:{number}: ")
    assert reason in message
    assert "; " in message, "a refusal ends with a hint"


@pytest.mark.parametrize(
    ("callable_thing", "hint"),
    [
        (refused.Plain().method, "move it out of its class"),
        (refused.Plain.method, "move it to the top of the file"),
        (functools.partial(plain.fact, 3), "def f(x)"),
        (math.sqrt, "def f(x): return sqrt(x)"),
        (refused.Plain, "a function that makes the object"),
        (3, "plain functions"),
    ],
)
def test_only_plain_functions(callable_thing, hint):
    with pytest.raises(FunctionError, match=hint.replace("(", r"\(").replace(")", r"\)")):
        pack(callable_thing)


def test_no_source():
    namespace = {}
    exec("def made(x): return x", namespace)
    with pytest.raises(FunctionError, match="save the function in a file"):
        pack(namespace["made"])


def test_a_file_edited_after_it_was_loaded(tmp_path, monkeypatch):
    path = tmp_path / "edited_module.py"
    path.write_text("def f(x):\n    return x + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    import edited_module

    path.write_text("def f(x):\n    return x + 22\n")
    with pytest.raises(FunctionError, match=r"edited_module\.py:1: f is not what the file says there now"):
        pack(edited_module.f)


def test_what_only_the_compiler_refuses_names_the_host_line():
    text = "\n\n\ndef f(x):\n    with (open(x) as a, open(x) as b):\n        pass\n"
    with pytest.raises(FunctionError, match=r"^there\.py:5: MicroPython's compiler refuses this"):
        compile_module(Module("_s0", "there.py", text), "x64")


def test_unknown_architecture():
    with pytest.raises(FunctionError, match="'z80'"):
        compile_module(Module("_s0", "there.py", "x = 1\n"), "z80")


def test_machine_code_for_a_board_without_it():
    text = "\n@micropython.viper\ndef f(x: int) -> int:\n    return x\n"
    with pytest.raises(FunctionError, match=r"there\.py:2: @micropython\.viper needs machine code"):
        compile_module(Module("_s0", "there.py", text), "bytecode-only")


def test_bytecode_version_that_this_shoal_does_not_write():
    with pytest.raises(FunctionError, match=r"5\.2"):
        compile_module(Module("_s0", "there.py", "x = 1\n"), "x64", (5, 2))
