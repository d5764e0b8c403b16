"""Functions with helpers, constants and imports: all that a plain module has."""

import math
from collections import namedtuple
from math import pi
from math import sqrt as root

from shoal.task import task

WIDTH = 320
HEIGHT: int = 240
TABLE = {"a": [1, 2, (3,)], "b": 2.5, "c": {1, 2}, "d": b"\x00\xff", "e": None}
NAN_FREE = (float("inf"), -1.5, 10**30, "é\n'\"", True)
COUNTER = 0
Point = namedtuple("Point", "x y")


class Shape:
    """A class with a base, a property and an annotation."""

    sides: int = 0

    def __init__(self, size: "WhateverSize") -> None:  # noqa: F821
        self.size: float = size

    @property
    def area(self) -> float:
        return 0.0

    def title(self):
        return "shape of " + str(self.size)


class Square(Shape):
    sides = 4

    @property
    def area(self) -> float:
        return self.size * self.size


class TooBig(ValueError):
    pass


def helper(
    x: "list[int]",
    scale: int = WIDTH * 2,
    *rest: int,
    flag: bool = True,
    **more: "Unknown",  # noqa: F821
) -> tuple[
    int,
    int,
]:
    partial: int = x + scale
    unused: Nowhere  # noqa: F821, F842
    wide: dict[
        str, int
    ] = {"a": 1}
    return partial, len(rest) + len(more) + wide["a"] + flag


@task(timeout=3, retries=1)
def arithmetic(x, y=HEIGHT):
    """A docstring."""
    return helper(x, y, 1, 2, k=3), x // 3, x % 7, -x // 2, x**20, divmod(x, 4)


def text(n):
    long = """line one
    line two, indented
line three"""
    return long.splitlines(), f"{n:>5}|{n / 3:.3f}|{n!r}|{{}}", "%04d %s" % (n, "x"), ["a", "b", "", "c"]


def imported(x):
    return math.floor(x), round(root(x), 6), round(pi, 6), round(math.sin(x), 6)


def constants():
    return WIDTH, HEIGHT, sorted(TABLE), TABLE["a"], TABLE["d"], sorted(TABLE["c"]), NAN_FREE[1:]


def objects(size):
    shape = Square(size)
    point = Point(size, y=2)
    return shape.area, shape.sides, shape.title(), isinstance(shape, Shape), point.x + point.y


def failing(x):
    try:
        if x > 3:
            raise TooBig("no")
        return [][x]
    except TooBig as error:
        return "too big", error.args
    except IndexError:
        return "index"
    finally:
        x += 1


def fact(n):
    return 1 if n < 2 else n * fact(n - 1)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


def count():
    global COUNTER
    COUNTER += 1
    return COUNTER > 0


def defaults(a, b=[1, 2], *, c=helper, d=math.pi, e=(WIDTH, None)):  # noqa: B006
    return a, b, c(1)[0], round(d, 3), e


def generators(n):
    def squares(k):
        for i in range(k):
            yield i * i

    return list(squares(n)), sum(x for x in squares(n)), {k: -v for k, v in zip("abc", squares(3))}  # noqa: B905


def scopes(n):
    total = 0

    def add(k):
        nonlocal total
        total += k

    for math in range(n):  # noqa: F402 hides the module of this name
        add(math)
    return total, [WIDTH + 1 for WIDTH in range(2)]


def one_line(x): return x * WIDTH


def early(): return late()


def late(): return LAST


LAST = "last"; AFTER = 2  # noqa: E702

CALLS = [
    (arithmetic, 100), (arithmetic, -7, 5), (text, 42), (imported, 7.5), (constants,), (objects, 3), (failing, 9),
    (failing, 1), (fact, 30), (is_even, 10), (count,), (defaults, 1), (generators, 4), (scopes, 5), (one_line, 2),
    (early,),
]  # fmt: skip
