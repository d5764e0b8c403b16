"""Functions that raise on a board, for their tracebacks."""

from shoal.task import task


def divide(a, b):
    return (
        a //
        b
    )


@task(native=True)
def fast(x):
    y = x
    return divide(
        1,
        y,
    )


def entry(x):
    assert x < 100, "too large"

    def inner(y):
        return divide(1, y - 4)

    return inner(x)


def make():
    def closure(x):
        return divide(1, x)

    return closure


closure = make()
