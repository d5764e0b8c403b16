"""Functions inside functions, lambdas, closures and decorators."""

import functools

from shoal.task import task

FACTOR = 10


def adder(n, label="x"):
    def add(x):
        return x + n + even(4), label

    def even(k):
        return 1 if k == 0 else odd(k - 1)

    def odd(k):
        return 0 if k == 0 else even(k - 1)

    return add


add1 = adder(1)
add2 = adder(2, label="é")


def both(x):
    return add1(x), add2(x)


def twice(function):
    @functools.wraps(function)
    def call(*values):
        return function(function(*values))

    return call


def scaled(by):
    def decorate(function):
        def call(value):
            return function(value) * by * FACTOR

        return call

    return decorate


def registered(function):
    REGISTRY[function.__name__] = function
    return function


REGISTRY = {}


@twice
def increment(x):
    return x + 1


@twice
def decrement(x):
    return x - 1


@scaled(3)
def cubed(x):
    return x * x * x


@registered
def listed(x):
    return x - FACTOR


def decorated(x):
    return increment(x) * 100 + decrement(x), cubed(x), listed(x)


square = lambda x: x * x; cube = lambda x: x * x * x  # noqa: E702, E731
by = lambda n: lambda x: x * n  # noqa: E731
triple = by(3)
long = lambda x: (  # noqa: E731
    x
    + FACTOR
)


def lambdas(x):
    return square(x), cube(x), triple(x), long(x), [f(x) for f in (lambda y: y + 1, lambda y: y + 2)]


def make_worker(limit):
    names = ("a", "b")
    key = lambda item: -item  # noqa: E731
    unrelated = object()

    def helper(x):
        """Text
  that is less indented than the function
        and more."""
        return x < limit

    if limit > 0:

        @task(timeout=2)
        def work(n, depth=limit, f=helper):
            if n == 0:
                return names
            return sorted([x for x in range(n) if helper(x)], key=key), depth, f(3), work(0), helper.__name__

    return work, unrelated


worker = make_worker(4)[0]

if FACTOR:
    def conditional(x):
        return one_deeper(x)

    with open(__file__):
        def one_deeper(x):
            return x + FACTOR


CALLS = [
    (add1, 5), (add2, 5), (both, 5), (increment, 5), (cubed, 2), (decorated, 5), (square, 5), (cube, 5), (triple, 5),
    (lambdas, 5), (worker, 7), (conditional, 1), (by(4), 5), (lambda x: square(x) + 1, 5),
]  # fmt: skip
