"""`@task(cores=2)`: what runs on two cores does, what could allocate on the second is refused with its line."""

# ruff: noqa: F841, UP018  (functions that are wrong by design)

import re
from array import array

import pytest
from on_board import load_python, run_micropython

from shoal import micropython, task
from shoal.errors import FunctionError, UsageError
from shoal.micropython import const, ptr8, ptr16, ptr32, uint
from shoal.source import compile_module, pack
from shoal.versions import versions

_SHIFT = const(3)
PLAIN_GLOBAL = 5
_BIG = const(1 << 30)


@task(cores=2)
@micropython.viper
def kernel(out: ptr32, items: ptr32, start: int, stop: int) -> None:
    """Every allowed statement once."""
    i: int = start
    while i < stop:
        x = items[i]
        for k in range(2, -1, -1):
            if k == 2 and x > 0:
                continue
            x += (k << _SHIFT) if x & 1 else -k
        out[i] = x * x % 1000 + (x // 7) + int(uint(x) & 3)
        i += 1
        if not i:
            break
    return


@task(cores=2, width=3)
@micropython.viper
def bytewise(out: ptr8, items: ptr32, start: int, stop: int):
    for i in range(start, stop):
        for k in range(3):
            out[3 * i + k] = items[i] + k


def expected(x):
    for k in range(2, -1, -1):
        if k == 2 and x > 0:
            continue
        x += (k << 3) if x & 1 else -k
    return x * x % 1000 + x // 7 + (x & 3)


@pytest.mark.parametrize("cores", [1, 2])
def test_a_kernel_runs_on_the_real_micropython(tmp_path, cores):
    """MicroPython's threads on Linux run at once and hold no lock, as the cores of an RP2040 do."""
    shipment = pack(kernel)
    for module in shipment.modules:
        (tmp_path / f"{module.name}.mpy").write_bytes(compile_module(module, "x64", cores=cores))
    script = f"""
import gc
from array import array
from {shipment.modules[-1].name} import kernel
for turn in range(300):
    items = array("i", range(turn % 50 + turn))
    print(turn, sum(kernel(items)), len(kernel(items)))
    if turn % 10 == 0:
        gc.collect()
"""
    output = run_micropython(tmp_path, script)
    rows = [line.split() for line in output.splitlines()]
    assert len(rows) == 300
    for turn, total, count in rows:
        number = int(turn) % 50 + int(turn)
        assert (int(total), int(count)) == (sum(map(expected, range(number))), number)


def test_the_second_core_allocates_nothing(tmp_path):
    """What runs there, run here with the heap locked: an allocation would be a MemoryError, and state 2."""
    shipment = pack(kernel)
    runner = shipment.modules[-1]
    for module in shipment.modules:
        (tmp_path / f"{module.name}.mpy").write_bytes(compile_module(module, "x64", cores=2))
    script = f"""
import micropython
from array import array
import {runner.name} as runner
items = array("i", range(1000))
out = array("i", bytes(4000))
state = bytearray(1)
second = runner._second
micropython.heap_lock()
second(state, out, items, 500, 1000)
micropython.heap_unlock()
print(state[0], sum(out))
"""
    assert run_micropython(tmp_path, script).split() == ["1", str(sum(map(expected, range(500, 1000))))]


def test_the_text_for_two_cores_starts_a_thread_and_the_other_does_not():
    runner = pack(kernel).modules[-1]
    assert "start_new_thread" in runner.text
    assert "thread" not in runner.one_core
    assert compile_module(runner, "armv6m") != compile_module(runner, "armv6m", cores=2)
    assert compile_module(runner, "armv6m", cores=2)[2] >> 2 == 4  # native code of armv6m


def test_a_failing_second_core_is_an_error_and_not_a_hang(tmp_path):
    """The runner's own answer to what the checks should make impossible."""
    shipment = pack(bytewise)
    runner = shipment.modules[-1]
    module = shipment.modules[-2]
    (tmp_path / f"{module.name}.mpy").write_bytes(compile_module(module, "x64"))
    (tmp_path / f"{runner.name}.mpy").write_bytes(compile_module(runner, "x64", cores=2))
    script = f"""
import {runner.name} as runner
from array import array
def fails(out, items, start, stop):
    if start:
        raise ValueError
runner._kernel = fails
try:
    runner.bytewise(array("i", range(10)))
except RuntimeError as error:
    print(error)
"""
    assert "failed on the second core" in run_micropython(tmp_path, script)


def test_on_cpython_one_core_does_it():
    function = load_python(pack(bytewise))
    assert function(array("i", [7, 250])).tobytes() == bytes([7, 8, 9, 250, 251, 252])


# --- refusals --------------------------------------------------------------------------------------


def helper(x):
    return x


@micropython.viper
def bad_call(out: ptr32, items: ptr32, start: int, stop: int):
    out[start] = int(helper(items[start]))


@micropython.viper
def bad_list(out: ptr32, items: ptr32, start: int, stop: int):
    for i in [1, 2]:
        out[i] = 0


@micropython.viper
def bad_raise(out: ptr32, items: ptr32, start: int, stop: int):
    if stop < start:
        raise ValueError("no")


@micropython.viper
def bad_try(out: ptr32, items: ptr32, start: int, stop: int):
    try:
        out[start] = 1
    finally:
        pass


@micropython.viper
def bad_divide(out: ptr32, items: ptr32, start: int, stop: int):
    out[start] = 7 // items[start]


@micropython.viper
def bad_modulo(out: ptr32, items: ptr32, start: int, stop: int):
    x = 7
    x %= 0
    out[start] = x


@micropython.viper
def bad_float(out: ptr32, items: ptr32, start: int, stop: int):
    x = 1.5
    out[start] = int(x)


@micropython.viper
def bad_constant(out: ptr32, items: ptr32, start: int, stop: int):
    out[start] = 0x40000000


@micropython.viper
def bad_const(out: ptr32, items: ptr32, start: int, stop: int):
    out[start] = _BIG


@micropython.viper
def bad_global(out: ptr32, items: ptr32, start: int, stop: int):
    out[start] = PLAIN_GLOBAL


@micropython.viper
def bad_result(out: ptr32, items: ptr32, start: int, stop: int):
    return start


@micropython.viper
def bad_text(out: ptr32, items: ptr32, start: int, stop: int):
    print("hello")


@micropython.viper
def bad_tuple(out: ptr32, items: ptr32, start: int, stop: int):
    a, b = 1, 2
    out[a] = b


@micropython.viper
def bad_slice(out: ptr32, items: ptr32, start: int, stop: int):
    out[start:stop] = items[start:stop]


@micropython.viper
def bad_string(out: ptr32, items: ptr32, start: int, stop: int):
    """A docstring is no object that lives."""
    a = "a"
    a = a + a


@micropython.viper
def bad_range(out: ptr32, items: ptr32, start: int, stop: int):
    a = range(3)


@micropython.viper
def bad_step(out: ptr32, items: ptr32, start: int, stop: int):
    for i in range(start, stop, items[0]):
        out[i] = 1


@micropython.viper
def bad_cast(out: ptr32, items: ptr32, start: int, stop: int):
    out[0] = int()


@micropython.viper
def bad_name(out: ptr32, items: ptr32, start: int, stop: int):
    int = 3
    out[0] = int


@micropython.viper
def bad_in(out: ptr32, items: ptr32, start: int, stop: int):
    if 3 in items:
        out[0] = 1


@micropython.viper
def bad_walrus(out: ptr32, items: ptr32, start: int, stop: int):
    while (x := items[start]) > 0:
        out[x] = 1


@micropython.viper
def bad_signature(out: ptr32, items: ptr32, start: int):
    pass


@micropython.viper
def bad_types(out: ptr32, items, start: int, stop: int):
    pass


@micropython.viper
def bad_default(out: ptr32, items: ptr32, start: int, stop: int = 3):
    pass


REFUSED = [
    (bad_call, 1, r"the call helper\(items\[start\]\) may"),
    (bad_list, 1, "a loop over anything but range"),
    (bad_raise, 2, "`raise ValueError"),
    (bad_try, 1, "`try:` may"),
    (bad_divide, 1, "a division by something that may be 0"),
    (bad_modulo, 2, "a division by something that may be 0"),
    (bad_float, 1, "the constant 1.5 is an object"),
    (bad_constant, 1, "the constant 1073741824 is an object"),
    (bad_const, 1, "_BIG is an object"),
    (bad_global, 1, "PLAIN_GLOBAL is an object.*const"),
    (bad_result, 1, "a result other than in `out`"),
    (bad_text, 1, "the call print"),
    (bad_tuple, 1, "is an object"),
    (bad_slice, 1, "is an object"),
    (bad_string, 2, "the constant 'a' is an object"),
    (bad_range, 1, r"the call range\(3\) may"),
    (bad_step, 1, "with a step that is a constant"),
    (bad_cast, 1, r"the call int\(\) may"),
    (bad_name, 1, "int gets another meaning"),
    (bad_in, 1, "`is` and `in`"),
    (bad_walrus, 1, "is an object"),
    (bad_signature, 0, r"called with \(out, items, start, stop\)"),
    (bad_types, 0, r"called with \(out, items, start, stop\)"),
    (bad_default, 0, r"called with \(out, items, start, stop\)"),
]


@pytest.mark.parametrize(("function", "below", "message"), REFUSED, ids=[case[0].__name__ for case in REFUSED])
def test_refused_with_its_line(function, below, message):
    line = function.__wrapped__.__code__.co_firstlineno + 1 + below
    with pytest.raises(FunctionError, match=rf"{re.escape(__file__)}:{line}: .*{message}"):
        pack(task(cores=2)(function))


@micropython.native
def native_kernel(out, items, start, stop):
    pass


@micropython.viper
def wide(out: ptr16, items: ptr32, start: int, stop: int):
    out[start] = 1


@task(cores=2)
@versions(wide)
def both(out, items, start, stop):
    out[start] = 1


def test_plain_versions_run_where_viper_cannot():
    shipment = pack(both)
    assert shipment.function == "both"
    function = load_python(shipment)
    assert list(function(array("i", [7]))) == [1]


@task(cores=2)
@versions(wide, bytewise)
def mixed(out, items, start, stop):
    pass


@pytest.mark.parametrize(
    ("function", "message"), [(native_kernel, "native code makes objects"), (mixed, "whose `out` is of one type")]
)
def test_refused_kinds(function, message):
    with pytest.raises(FunctionError, match=message):
        pack(task(cores=2)(function))


def test_refused_if_it_is_no_viper_code():
    def plain(out, items, start, stop):
        pass

    with pytest.raises(FunctionError, match="cores=2 wants a viper kernel"):
        pack(task(cores=2)(plain))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cores": 3}, "cores must be 1 or 2"),
        ({"cores": True}, "cores must be 1 or 2"),
        ({"cores": 2, "width": -1}, "width must be a whole number"),
        ({"width": 4}, "width goes with cores=2"),
        ({"cores": 2, "native": True}, "cores=2 wants a viper function"),
        ({"cores": 2, "tune": True}, "say one of the two"),
        ({"tune": True, "native": True}, "say one of the two"),
        ({"tune": 1}, "tune must be True or False"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(UsageError, match=message):
        task(**options)

