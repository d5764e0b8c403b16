"""Functions that the cluster tests run on boards: some behave."""

import array
import sys
import time


def same(x):
    return x


def square(x):
    return x * x


def divide(a, b):
    return a / b


def add(a, b=10, *rest, scale=1):
    return (a + b + sum(rest)) * scale


def busy(x, steps=2000):
    total = 0
    for step in range(steps):
        total += step * x & 7
    return x, total


def forever(x):
    while True:
        pass


def sleeps(seconds):
    time.sleep(seconds)
    return seconds


def forever_if(x, bad):
    while x == bad:
        pass
    return x


def reset_if(x, bad):
    if x == bad:
        import machine

        machine.reset()
    return x


def exhaust(x):
    kept = []
    while True:
        kept.append(bytearray(10000))


def leave(x):
    sys.exit(x)


def ten_megabytes(x):
    return bytes(10_000_000)


def recurse(x):
    return recurse(x + 1) + 1


def flood(x):
    for number in range(100_000):
        print("line", number)
    return x


def says(x):
    print("hello", x, end="")
    print(" and", "goodbye", sep="-")
    return x


def returns_an_object(x):
    return object()


def raises_for(x, bad):
    if x in bad:
        raise ValueError("no %d here" % x, x)
    return x


class Refused(Exception):
    pass


def raises_own(x):
    raise Refused("not today", x)


def stops(x):
    raise StopIteration


def summed(values):
    return sum(values)


def length_and_type(value):
    return len(value), type(value).__name__


def doubled_array(values):
    return array.array("d", [2 * value for value in values])


def whoami():
    import machine

    return machine.unique_id().hex()


counter = 0


def counts():
    global counter
    counter += 1
    return counter


def free_heap(_):
    import gc

    gc.collect()
    return gc.mem_free()


def first_byte(value):
    return value[0]


buffer = bytearray(300)


def reuses_its_buffer(x):
    buffer[0] = x
    return buffer


def sometimes_reuses_its_buffer(x):
    return reuses_its_buffer(x) if x > 2 else None


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def one_in_two(x):
    print("call", x)
    return [x] if x % 2 else None
