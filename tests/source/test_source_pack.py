"""`pack` remembers, notices what changed, and finds functions wherever Python keeps their source."""

import gc
import linecache
import os
import subprocess
import sys
import weakref
from types import FunctionType

import pytest
from cases import nested, plain
from on_board import load_python, run_micropython

import shoal
from shoal.errors import FunctionError
from shoal.source import pack

LIMIT = 3
SETTINGS = {"depth": [1, 2]}


def helper(x):
    assert x >= 0, "pytest rewrites this line"
    return x + LIMIT


def entry(x):
    return helper(x) + SETTINGS["depth"][0]


def test_remembered_while_nothing_changes():
    assert pack(entry) is pack(entry)


def test_a_function_in_a_file_that_pytest_rewrites():
    assert load_python(pack(entry))(1) == entry(1) == 5
    with pytest.raises(AssertionError, match="pytest rewrites"):
        load_python(pack(entry))(-1)


def other_helper(x):
    return -x


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [("LIMIT", 10, 12), ("LIMIT", 3.5, 5.5), ("helper", other_helper, 0), ("SETTINGS", {"depth": [5]}, 9)],
)
def test_a_global_that_was_bound_anew_is_seen(name, value, result, monkeypatch):
    before = pack(entry)
    monkeypatch.setitem(globals(), name, value)
    after = pack(entry)
    assert load_python(after)(1) == entry(1) == result
    assert after.key != before.key
    monkeypatch.undo()
    assert pack(entry) == before


def test_a_global_that_changed_in_place_is_seen():
    before = pack(entry)
    SETTINGS["depth"][0] = True  # equal to 1, but not the same value
    try:
        assert pack(entry).key != before.key
    finally:
        SETTINGS["depth"][0] = 1
    assert pack(entry) == before


def test_a_captured_variable_that_was_bound_anew_is_seen():
    def outer():
        factor = 2

        def scale(x):
            return x * factor

        def change(value):
            nonlocal factor
            factor = value

        return scale, change

    scale, change = outer()
    assert load_python(pack(scale))(10) == 20
    change(7)
    assert load_python(pack(scale))(10) == 70
    change([1])
    with pytest.raises(FunctionError, match="the captured variable factor is a list"):
        pack(scale)


def test_new_options_and_defaults_are_seen():
    def f(x, y=1):
        return x + y

    assert pack(f).options.timeout is None
    shoal.task(timeout=3)(f)
    assert pack(f).options.timeout == 3
    f.__defaults__ = (5,)
    assert load_python(pack(f))(1) == 6


def test_a_function_that_was_packed_can_die():
    def recursive(n):
        return 1 if n == 0 else n * recursive(n - 1)  # noqa: F821

    assert load_python(pack(recursive))(5) == 120
    gone = weakref.ref(recursive)
    del recursive
    gc.collect()
    assert gone() is None


def test_equal_functions_have_equal_keys_and_others_have_not():
    assert pack(nested.adder(5)).key == pack(nested.adder(5)).key
    assert pack(nested.adder(5)).key != pack(nested.adder(6)).key
    assert pack(plain.fact).key != pack(plain.is_even).key


def test_modules_come_in_the_order_in_which_they_can_be_loaded():
    def entry_of_two_files(x):
        return plain.fact(x) + plain.WIDTH

    first, last = pack(entry_of_two_files).modules
    assert first.filename == plain.__file__
    assert last.filename == __file__
    assert f"import {first.name} as plain" in last.text
    assert "def helper" not in first.text, "only the needed part travels"


# --- decorators and lambdas ------------------------------------------------------------------


def again(function):
    def call(x):
        return function(x) + 1

    return call


@again
def decorated_recursion(n):
    return 1 if n == 0 else decorated_recursion(n - 1)


def test_recursion_through_a_decorator(tmp_path):
    shipment = pack(decorated_recursion)
    name = shipment.modules[-1].name
    printed = run_micropython(tmp_path, f"import {name}\nprint({name}.{shipment.function}(3))\n", shipment)
    assert int(printed) == decorated_recursion(3) == 5


TWO = (lambda x: x + 1), (lambda x: x * 10)
CONSTANT = (lambda: None), (lambda: 7), (lambda: 7.0), (lambda: True)
THREE = lambda: lambda: lambda: 7  # noqa: E731


def test_the_right_one_of_several_lambdas_on_a_line():
    for function in TWO:
        assert load_python(pack(function))(5) == function(5)
    assert load_python(pack(THREE()()))() == 7
    for function in CONSTANT:
        assert load_python(pack(function))() == function()


def test_a_native_lambda_is_refused():
    with pytest.raises(FunctionError, match="a lambda cannot be native"):
        pack(shoal.task(native=True)(lambda x: x))


# --- where source comes from -----------------------------------------------------------------


def run_cell(number, code, namespace):
    """What a notebook does: compile under a made-up name and give the text to linecache."""
    filename = f"<cell {number}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    exec(compile(code, filename, "exec"), namespace)


def test_notebook_cells():
    namespace = {"__name__": "__main__"}
    run_cell(1, "import math\nSIDE = 4\n", namespace)
    run_cell(2, "class Box:\n    def __init__(self, x):\n        self.x = x\ndef area(x):\n    return Box(x * x).x\n", namespace)
    run_cell(3, "def entry(x):\n    return area(x) + SIDE + math.floor(2.5)\n", namespace)
    shipment = pack(namespace["entry"])
    assert [module.filename for module in shipment.modules] == ["<cell 2>", "<cell 3>"]
    assert load_python(shipment)(3) == 15
    run_cell(4, "def area(x):\n    return x\n", namespace)
    assert load_python(pack(namespace["entry"]))(3) == 9


def test_script_run_as_main(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from shoal.source import pack\n"
        "WIDTH = 3\n"
        "if __name__ == '__main__':\n"
        "    def f(x):\n"
        "        return x + WIDTH\n"
        "    print(pack(f).modules[0].text)\n"
    )
    done = shoal_python(script)
    assert done.splitlines() == ["", "WIDTH = 3", "", "def f(x):", "    return x + WIDTH", ""]


def shoal_python(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_command_line_source_is_used_or_refused_in_plain_words():
    code = (
        "from shoal.source import pack\n"
        "def f(x): return x\n"
        "try: print(pack(f).modules[0].text.strip())\n"
        "except ValueError as error: print(error)\n"
    )
    printed = shoal_python("-c", code).strip()
    assert printed == "def f(x): return x" or printed.startswith("<string>: Python keeps no source of f")


def test_source_with_a_blank_first_line_is_not_needed_for_cpython_boards():
    namespace = {"__name__": "made"}
    code = "def first(x):\n    return x\nfrom shoal import micropython\n@micropython.native\ndef f(x):\n    return first(x)\n"
    run_cell(5, code, namespace)
    assert isinstance(namespace["f"], FunctionType)
    assert load_python(pack(namespace["f"]))(3) == 3
