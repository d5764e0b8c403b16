"""The agent's lumps: every way of calling, every way of failing, and that it goes on after each of them."""

import array
import struct
import sys

from checks import check, done, same
from hosted import encoded, run

from shoal_board import wire

ON_A_BOARD = sys.implementation.name == "micropython"
FUNCTIONS = ["double", "join", "same", "length", "fail_at", "fail_above_two", "stop_at_three", "raises", "deep"]
FUNCTIONS += ["starve", "returns", "text_of", "floats", "rest", "reuse"]


def started(host):
    """A session in which all functions have their places in FUNCTIONS as numbers."""
    yield from host.hello()
    host.ship()
    for number, name in enumerate(FUNCTIONS):
        host.bind(number, name)


def number_of(name):
    return FUNCTIONS.index(name)


def call(host, name, *args):
    return (yield from host.one(number_of(name), *args))


def alive(host):
    check((yield from call(host, "double", 21)) == 42)


def calls_with_arguments(host):
    yield from started(host)
    join = number_of("join")
    host.call(join, ((), None), ((1, "b"), None), ((1, 2), {"sep": "+", "x": 5, "y": None}), (("a",), {}))
    results, errors = yield from host.answer()
    check(results == ["", "1-b", "1+2+x=5+y=None", "a"] and errors == [])
    host.call(join)
    check((yield from host.answer()) == ([], []))
    values = [None, True, 2**70, -1.5, 2j, "t\u20ac", b"\0", bytearray(b"x"), [1, [2]], (3, (4,)), {"k": {1}}, set()]
    values += [array.array("h", [1, -1]), list(range(50)), (0.5,) * 50, "long" * 500, bytes(2000)]
    for value in values:
        if len(encoded(value)) < 200:
            check(same((yield from call(host, "same", value)), value))
    check(same((yield from call(host, "text_of", 5000)), "x" * 5000))  # an answer in many parts


def maps_over_arrays(host):
    yield from started(host)
    double = number_of("double")
    host.map(double, encoded(array.array("i", [1, -2, 3])))
    check(same((yield from host.answer()), ([2, -4, 6], [])))
    host.map(double, encoded(array.array("d", [0.5])))
    check(same((yield from host.answer()), ([1.0], [])))
    host.map(double, encoded(array.array("i")))
    check(same((yield from host.answer()), ([], [])))
    for code, items in (("i", range(500)), ("d", range(500)), ("b", range(100)), ("q", range(300))):
        numbers = array.array(code, items)
        host.store(5, code, bytes(numbers))
        host.map(double, b"R" + struct.pack("<I", 5))
        results, errors = yield from host.answer()
        check(results == [2 * item for item in numbers] and errors == [], code)
        check(type(results[0]) is (float if code == "d" else int))
    host.map(double, b"R" + struct.pack("<I", 5))  # it was taken out
    results, errors = yield from host.answer()
    check(results == [None] and errors[0][:2] == (0, "CodecError"))


def stored_arguments(host):
    yield from started(host)
    same_one = number_of("same")
    host.store(7, "s", b"s" * 1000)
    host.store(8, "l", b"\3NNN", 3)
    taken, kept = b"R" + struct.pack("<I", 7), b"K" + struct.pack("<I", 8)
    for _ in range(2):
        host.encoded_call(same_one, b"\1t\1" + kept + b"N")
        check((yield from host.answer()) == ([[None] * 3], []))
    host.encoded_call(same_one, b"\1t\1" + taken + b"N")
    check((yield from host.answer()) == (["s" * 1000], []))
    host.send(wire.FORGET, struct.pack("<I", 8))
    host.encoded_call(same_one, b"\1t\1" + kept + b"N")
    results, errors = yield from host.answer()
    check(results == [None] and errors[0][:2] == (0, "CodecError"))
    if ON_A_BOARD:  # what did not fit is told when it is asked for
        host.store(9, "y", b"z", 0xFFFFFFFF)
        host.encoded_call(same_one, b"\1t\1R" + struct.pack("<I", 9) + b"N")
        results, errors = yield from host.answer()
        check(results == [None] and errors[0][:2] == (0, "MemoryError"))
    yield from alive(host)


def functions_that_cannot_be_had(host):
    """BIND has no answer, so its failure is told by every call."""
    yield from started(host)
    host.bind(100, "no_such_function")
    host.bind(101, "main", "no_such_module")
    host.store(2, "y", b"(" + host.code[1:])
    host.send(wire.MODULE, encoded((2, "broken")))
    host.bind(102, "double", "broken")
    host.send(wire.MODULE, encoded((77, "never_stored")))
    host.bind(103, "double", "never_stored")
    for _ in range(3):
        for number, kinds in ((100, "AttributeError"), (101, ("ImportError", "ModuleNotFoundError"))):
            check((yield from host.one(number, 1))[0] in kinds)
        check(isinstance((yield from host.one(102, 1)), tuple))
        check((yield from host.one(103, 1))[0] in ("ImportError", "ModuleNotFoundError"))
    check((yield from host.one(999, 1))[0] == "KeyError")
    yield from alive(host)


def modules_stay_until_they_are_imported(host):
    """BIND imports one module; what it does not import, a later BIND may."""
    yield from started(host)
    for name, number in (("first", 20), ("second", 21)):
        host.store(number, "y", host.code)
        host.send(wire.MODULE, encoded((number, name)))
    host.bind(100, "double", "first")
    host.bind(101, "same", "second")
    host.bind(102, "same", "first")
    check((yield from host.one(100, 4)) == 8)
    check((yield from host.one(101, 4)) == 4)
    check((yield from host.one(102, 4)) == 4)


def functions_and_modules_are_dropped(host):
    """A session may be longer than a board's memory for code."""
    yield from started(host)
    for name, number in (("first", 20), ("second", 21)):
        host.store(number, "y", host.code)
        host.send(wire.MODULE, encoded((number, name)))
        host.bind(number, "double", name)
    host.send(wire.DROP, encoded(([20, 99], ["first", "never sent"])))
    check((yield from host.one(20, 4))[0] == "KeyError" and "first" not in sys.modules)
    check((yield from host.one(21, 4)) == 8 and "second" in sys.modules)
    host.store(22, "y", host.code)
    host.send(wire.MODULE, encoded((22, "first")))
    host.bind(20, "same", "first")
    check((yield from host.one(20, 4)) == 4)
    host.send(wire.DROP, encoded(([20, 21], ["first", "second"])))
    yield from alive(host)
    check("first" not in sys.modules and "second" not in sys.modules)


def errors_tell_what_happened(host):
    yield from started(host)
    kind, args, text, trace = yield from call(host, "fail_at", 1, 1)
    check((kind, args) == ("ValueError", ["bad", 1]) and "bad" in text)
    check("fail_at" in trace and "line" in trace and trace.rstrip().split("\n")[-1].startswith("ValueError"), trace)
    kind, args, text, trace = yield from call(host, "raises", "own")
    check((kind, args) == ("Own", [1, "two"]))
    kind, args, text, trace = yield from call(host, "raises", "object")
    check((kind, args) == ("ValueError", None) and "object" in text)
    check((yield from call(host, "raises", "zero"))[0] == "ZeroDivisionError")
    for name, kind in (("exit", "SystemExit"), ("interrupt", "KeyboardInterrupt"), ("generator", "GeneratorExit")):
        check((yield from call(host, "raises", name))[0] == kind)
    check((yield from call(host, "double"))[0] == "TypeError")  # an argument is missing
    kind, _, text, trace = yield from call(host, "deep", 0)
    check(kind in ("RuntimeError", "RecursionError") and "recursion" in text and len(trace) < 4000)
    check((yield from call(host, "starve"))[0] in ("MemoryError", "OverflowError"))
    yield from alive(host)


def errors_that_cannot_be_told_are_errors_too(host):
    yield from started(host)
    for name in ("silent", "endless"):
        check(isinstance((yield from call(host, "raises", name)), tuple), name)
        yield from alive(host)
    check((yield from call(host, "raises", "surrogate"))[1] == [chr(0xD800)])


def results_are_those_of_their_calls(host):
    """A function may return the same buffer or list every time, with other contents."""
    yield from started(host)
    expected = [None] + [[x] if x % 2 else bytearray([x]) + bytearray(299) for x in range(1, 9)]
    host.call(number_of("reuse"), *[((x,), None) for x in range(9)])
    check(same((yield from host.answer()), (expected, [])))
    # After a plain result `map` goes on at C speed: what then turns out to be a buffer is left for the next lump.
    host.map(number_of("reuse"), encoded(array.array("i", range(9))))
    check(same((yield from host.answer()), ([None], [])))
    host.map(number_of("reuse"), encoded(array.array("i", range(1, 9))))
    check(same((yield from host.answer()), (expected[1:], [])))


def a_lump_goes_on_after_an_error(host):
    yield from started(host)
    host.call(number_of("fail_at"), *[((x, 2), None) for x in range(5)])
    results, errors = yield from host.answer()
    check(results == [0, 1, None, 3, 4] and len(errors) == 1 and errors[0][:2] == (2, "ValueError"))
    host.call(number_of("fail_above_two"), *[((x,), None) for x in range(20)])
    results, errors = yield from host.answer()
    check(results == [0, 1, 2] + [None] * wire.ERRORS_A_LUMP)  # those after the eighth error were not run
    check([error[0] for error in errors] == list(range(3, 3 + wire.ERRORS_A_LUMP)))
    check([error[2] for error in errors] == [[index] for index, *_ in errors])


def a_map_ends_at_its_first_error(host):
    yield from started(host)
    host.map(number_of("fail_above_two"), encoded(array.array("i", range(10))))
    results, errors = yield from host.answer()
    check(results == [0, 1, 2, None] and [error[:3] for error in errors] == [(3, "KeyError", [3])])
    # A function's own StopIteration must not look like the end of the items.
    host.map(number_of("stop_at_three"), encoded(array.array("i", range(10))))
    results, errors = yield from host.answer()
    check(results == [0, 1, 2, None] and [error[:2] for error in errors] == [(3, "StopIteration")])
    host.map(number_of("stop_at_three"), encoded(array.array("i", [0, 1, 3])))
    results, errors = yield from host.answer()
    check(results == [0, 1, None] and [error[:2] for error in errors] == [(2, "StopIteration")])


def results_that_cannot_travel(host):
    yield from started(host)
    returns = number_of("returns")
    names = ["fine", "object", "nested object", "endless", "also fine", "generator"]
    host.call(returns, *[((name,), None) for name in names])
    results, errors = yield from host.answer()
    check(results == ["fine", None, None, None, "also fine", None])
    check([error[:2] for error in errors] == [(index, "ValueTravelError") for index in (1, 2, 3, 5)])
    check("object" in errors[0][3] and "object" in errors[1][3] and "generator" in errors[3][3])
    # A str that is not quite Unicode is one all the same.
    host.call(returns, (("surrogate",), None), (("fine",), None))
    check((yield from host.answer()) == ([chr(0xD800), "fine"], []))
    yield from alive(host)


def a_result_that_does_not_fit(host):
    """Under MicroPython a result may fit while its message does not; CPython finds room for both."""
    yield from started(host)
    count = host.hellos[-1][6]["heap_free"] * 6 // 10 // struct.calcsize("P") or 100000
    got = yield from call(host, "floats", count)
    check(got[0] == "MemoryError" if ON_A_BOARD else got == [0.5] * count)
    yield from alive(host)


def cancelled_lumps_do_not_run(host):
    """A board looks for messages before it begins a lump."""
    yield from started(host)
    yield from alive(host)  # its answer gives all credit back, so that what follows arrives together
    same_one = number_of("same")
    lumps = [host.call(same_one, ((number,), None)) for number in range(4)]
    for lump in (lumps[1], lumps[3], 12345):
        host.send(wire.CANCEL, struct.pack("<I", lump))
    check((yield from host.answer()) == ([0], []))
    check((yield from host.answer()) == ([2], []))
    yield from alive(host)
    check(not host.results)
    # One call of a lump: NN stands for it.
    host.encoded_call(same_one, b"\3" + encoded((1,), None) + b"NN" + encoded((3,), None))
    check((yield from host.answer()) == ([1, None, 3], []))


def answers_tell_the_time(host):
    yield from started(host)
    host.call(number_of("rest"), ((20,), None), ((20,), None))
    while not host.results:
        yield
    _, compute, agent, _, results, _ = host.results.pop()
    check(results == [20, 20] and 40000 <= compute < 10000000 and agent < 10000000, compute, agent)


def run_of(microseconds):
    """Compute and agent time of a lump that takes so long, by clocks that wrap as a board's do."""
    wrap = (1 << 30) - 1
    now = [wrap - 5000]  # microseconds; the lump begins shortly before the fine clock wraps

    def fine():
        now[0] += 100
        return now[0] & wrap

    def coarse():
        return (now[0] // 1000 + wrap - 30000) & wrap  # wraps, too

    class Late:
        """A task's time passes when its board asks it to run."""

        def begin(self, allowed):
            now[0] += microseconds

        def end(self):
            pass

        def temperature(self):
            return wire.NO_TEMPERATURE

    told = []

    def talk(host):
        yield from started(host)
        host.board.agent.guard = Late()
        host.call(number_of("same"), ((1,), None))
        while not host.results:
            yield
        told.extend(host.results.pop()[1:3])

    run(talk, clock=fine, coarse=coarse)
    return told


def long_lumps_tell_their_time():
    """The clock of microseconds begins again after 18 minutes; a RESULT has 32 bits of them, 71 minutes."""
    for seconds in (0, 1, 599, 601, 1073, 1100, 4000):
        compute, agent = run_of(seconds * 1000000)
        check(0 <= compute - seconds * 1000000 < 10000 and agent < 10000, seconds, compute, agent)
    for seconds in (4295, 100000):
        check(run_of(seconds * 1000000) == [4294967000, 0], seconds)


for part in (
    calls_with_arguments,
    maps_over_arrays,
    stored_arguments,
    functions_that_cannot_be_had,
    modules_stay_until_they_are_imported,
    functions_and_modules_are_dropped,
    errors_tell_what_happened,
    errors_that_cannot_be_told_are_errors_too,
    results_are_those_of_their_calls,
    a_lump_goes_on_after_an_error,
    a_map_ends_at_its_first_error,
    results_that_cannot_travel,
    a_result_that_does_not_fit,
    cancelled_lumps_do_not_run,
    answers_tell_the_time,
):
    run(part)
long_lumps_tell_their_time()
done()
