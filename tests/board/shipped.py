"""What a host ships to the board in these tests: `.mpy` for MicroPython, text for CPython. Imports only what is asked for."""

import sys
import time


def double(x):
    return 2 * x


def join(*args, sep="-", **more):
    return sep.join([str(arg) for arg in args] + ["%s=%s" % item for item in sorted(more.items())])


def same(x):
    return x


def length(x):
    return len(x)


def rest(milliseconds):
    time.sleep(milliseconds / 1000)
    return milliseconds


def fail_at(x, bad):
    if x == bad:
        raise ValueError("bad", x)
    return x


def fail_above_two(x):
    if x > 2:
        raise KeyError(x)
    return x


def stop_at_three(x):
    if x == 3:
        raise StopIteration
    return x


class Own(Exception):
    pass


class Silent(Exception):
    def __str__(self):
        raise ValueError("no text")


class Endless(Exception):
    def __str__(self):
        raise Endless()


def raises(name):
    if name == "own":
        raise Own(1, "two")
    if name == "object":
        raise ValueError(object())
    if name == "silent":
        raise Silent()
    if name == "endless":
        raise Endless()
    if name == "exit":
        raise SystemExit(3)
    if name == "interrupt":
        raise KeyboardInterrupt
    if name == "generator":
        raise GeneratorExit
    if name == "surrogate":
        raise ValueError(chr(0xD800))
    return 1 // 0


def deep(n):
    return deep(n + 1) + 1


def starve():
    return bytearray(1 << 40)


def returns(name):
    if name == "object":
        return object()
    if name == "nested object":
        return [1, {"a": (object(),)}]
    if name == "endless":
        own = []
        own.append(own)
        return own
    if name == "generator":
        return (x for x in "ab")
    if name == "surrogate":
        return chr(0xD800)
    return name


def text_of(size):
    return "x" * size


_buffer = bytearray(300)
_list = [0]


def reuse(x):
    _buffer[0] = x
    _list[0] = x
    return (_buffer, _list)[x % 2] if x else None


def floats(count):
    return [0.5] * count


def say(*lines):
    for line in lines:
        print(line)
    return len(lines)


def say_parts():
    print("a", 1, None, sep="+", end="!")
    print()
    print("no", "end", end="")


def print_to_file(name):
    print("to a file", file=sys.modules[name])
    print("flushed", flush=True)
    print("sep", "none", sep=None, end=None)


def flood(lines, size):
    for _ in range(lines):
        print("." * size)
    return "done"


def flood_one_line(times, size):
    for _ in range(times):
        print("." * size, end="")
    return "done"
