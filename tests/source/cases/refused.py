# ruff: noqa
"""Functions that boards cannot run. The line that must be named ends in "# refused: part of the message"."""

import dataclasses
import functools
import math
import random
import threading
import time
from collections import Counter  # refused: collections.Counter
from enum import Enum
from itertools import chain

import cases.library as library
from shoal import micropython
from shoal.micropython import ptr8

LOCK = threading.Lock()
BIG = list(range(10_000))


class Colour(Enum):  # refused: Enum
    RED = 1


@dataclasses.dataclass  # refused: dataclasses
class Record:
    x: int


class Hooked:
    def __init_subclass__(cls):  # refused: __init_subclass__
        pass


class Plain:
    def method(self):  # refused: class
        return 1


def bad_match(x):
    match x:  # refused: match
        case 1:
            return 2


def bad_positional(a, /, b):  # refused: positional-only
    return a


def bad_star_list(a):
    b = [1]
    return [*a, *b]  # refused: unpack with *


def bad_star_return(a):
    return *a, 1  # refused: unpack with *


def bad_star_set(a):
    return {*a}  # refused: unpack with *


def bad_star_index(a, b):
    return a[*b, 1]  # refused: unpack with *


def bad_dict_unpack(a):
    return {**a, "b": 1}  # refused: unpack with **


def bad_except_star(a):
    try:  # refused: except*
        a += 1
    except* ValueError:
        pass


def bad_metaclass(a):
    class A(metaclass=type):  # refused: metaclass
        pass

    return A


def bad_fstring(a):
    return f"{a!a}"  # refused: !a


def bad_builtin(x):
    return vars(x)  # refused: vars


def bad_exception(x):
    try:
        return x
    except (ValueError, TimeoutError):  # refused: TimeoutError
        return 1


def bad_method(x):
    return x.bit_length()  # refused: bit_length


def bad_method_text(x):
    y = str(x)
    return y.zfill(5)  # refused: zfill


def bad_keyword(x):
    return x.split(",", maxsplit=1)  # refused: maxsplit


def bad_start(x):
    return sum(x, start=1)  # refused: start


def bad_iter(x):
    return list(iter(x.pop, 1))  # refused: iter()


def bad_union(x):
    return isinstance(x, int | str)  # refused: tuple of types


def bad_generic(x):
    y = list[int]  # refused: generic
    return y(x)


def bad_function_attribute(x):
    bad_function_attribute.calls = x  # refused: attributes
    return x


def bad_dunder(x):
    return bad_dunder.__qualname__  # refused: __qualname__


def bad_undefined(x):
    return x + undefined_thing  # refused: undefined_thing is not defined


def bad_module(x):
    return functools.reduce(max, x)  # refused: functools


def bad_from_module(x):
    return list(chain(x, x))  # refused: itertools


def bad_counter(x):
    return Counter(x)


def bad_module_content(x):
    return math.gcd(x, 2)  # refused: math.gcd


def bad_clock():
    return time.perf_counter()  # refused: ticks_us


def bad_shuffle(x):
    random.shuffle(x)  # refused: random.shuffle


def bad_local_import(x):
    import numpy  # refused: numpy

    return numpy.array(x)


def bad_local_from(x):
    from math import comb  # refused: math.comb

    return comb(x, 2)


def bad_value(x):
    with LOCK:  # refused: LOCK is or holds a lock
        return x


def bad_size(x):
    return BIG[x]  # refused: cluster.put


def bad_enum():
    return Colour.RED


def bad_dataclass():
    return Record(1)


def bad_hook():
    return Hooked()



def bad_pointer(x):
    return ptr8(x)[0]  # refused: viper


def bad_module_value(x):
    return getattr(library, x)  # refused: used as a value


async def bad_async(x):  # refused: async
    return x


def bad_generator(x):  # refused: return a list
    yield x


def bad_nested_import():
    return library.above(bad_method(1))


def make(live, number):
    mutable = [1]

    def bad_closure(x):  # refused: the captured variable live
        return live, x

    def bad_mutable(x):  # refused: the captured variable mutable is a list
        mutable.append(x)

    def bad_nonlocal(x):
        nonlocal number  # refused: changes the captured variable number
        number += x
        return number

    def bad_late(x):  # refused: unset has no value yet
        return unset

    yield from (bad_closure, bad_mutable, bad_nonlocal, bad_late)
    if live is None:
        unset = 1


ELSEWHERE = {  # function -> the marked line is that of another definition
    "bad_counter": "import Counter",
    "bad_enum": "class Colour",
    "bad_dataclass": "@dataclasses",
    "bad_hook": "def __init_subclass__",
    "bad_nested_import": "return x.bit_length",
}
