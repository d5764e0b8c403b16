"""`shoal.task` and the stand-in for the module `micropython`."""

from array import array

import pytest

from shoal import micropython
from shoal.errors import UsageError
from shoal.micropython import ptr8, ptr16, ptr32, uint
from shoal.task import TaskOptions, options_of, task


def plain(x):
    return x


def test_task_leaves_a_function_a_function():
    def f(x):
        return x + 1

    assert task(f) is f
    assert options_of(f) == TaskOptions()
    assert task(timeout=2.5, retries=3, native=True, needs=["wifi"])(f) is f
    assert options_of(f) == TaskOptions(2.5, 3, True, ("wifi",))
    assert f(1) == 2
    assert options_of(plain) == TaskOptions(None, 0, False, ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timout": 3}, "no option 'timout'; it knows timeout, retries, native, needs"),
        ({"timeout": "3"}, "timeout must be a number of seconds above 0"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"retries": -1}, "retries must be a whole number"),
        ({"retries": 1.0}, "retries must be a whole number"),
        ({"native": 1}, "native must be True or False"),
        ({"needs": "wifi"}, "needs must be a tuple of names"),
        ({"needs": (1,)}, "needs must be a tuple of names"),
    ],
)
def test_task_refuses(options, message):
    with pytest.raises(UsageError, match=message):
        task(**options)


def test_task_decorates_functions_only():
    with pytest.raises(UsageError, match="decorates a function, not int"):
        task(3)


def test_pointers_see_the_buffer():
    buffer = bytearray(9)
    ptr16(buffer)[1] = 0x12345
    ptr32(ptr8(buffer))[1] = -2
    assert buffer == bytes([0, 0, 0x45, 0x23, 0xFE, 0xFF, 0xFF, 0xFF, 0])
    assert [ptr8(buffer)[2], ptr16(buffer)[1], ptr32(buffer)[1]] == [0x45, 0x2345, -2]
    for index in (-1, 9):
        with pytest.raises(IndexError):
            ptr8(buffer)[index]
    with pytest.raises(IndexError):
        ptr32(buffer)[2] = 0


def test_viper_casts_what_annotations_name():
    @micropython.viper
    def f(items: ptr16, n: int, thing: object) -> uint:
        items[0] = n
        return -1 if thing else n

    items = array("H", [1, 2])
    assert f(items, 2**32 + 5, None) == 5
    assert f(items, -1, "x") == 0xFFFFFFFF
    assert items[0] == 0xFFFF
    assert f.__name__ == "f"


def test_the_rest_of_the_module():
    assert micropython.native(plain) is plain
    assert micropython.const(5) == 5
    assert uint(-1) == 2**32 - 1
    with pytest.raises(NotImplementedError, match="runs on a board only"):
        micropython.asm_thumb(plain)(1)
