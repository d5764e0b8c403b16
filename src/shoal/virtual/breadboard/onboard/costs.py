"""Lets the virtual time pass that functions of the user's take: as the wiring's [cost] declares, or as measured on this computer.

Functions named in [cost] are replaced in every module that is imported from here on, wherever they were imported to. A task that
is not named is measured, unless it called functions that are; then their time is its time.
"""

import _thread
import builtins
import struct
import sys

import bursts
import ops

from breadboard import charges, core, facts

_MEASURE, _MEASURED, _DECLARED, _STOPPED, _NOTHING, _PROBED = 0, 1, 2, 3, 4, 5
_TRIALS = 5


class _State:
    going = []  # last parts of names of modules whose import has not ended (of a relative import there is no more)
    declared = 0  # calls of functions with a declared cost, so far
    skipped = False  # whether a module was not looked through because its import had not ended
    count = 0  # modules when they were last looked through
    passed = 0  # nanoseconds of work that this core has done
    beside = 0  # of work that the second core has done
    main = 0  # the thread that is the first core
    known = set()  # names of modules that were looked through
    wrapped = {}  # id of a function -> what takes its place; holds both, so that ids stay theirs


class _Threads:
    """The real `_thread`; knows whether a second core is used."""

    started = 0

    def start_new_thread(self, function, args, kwargs=None):
        _Threads.started += 1
        return _thread.start_new_thread(function, args)

    def __getattr__(self, name):
        return getattr(_thread, name)


def _pass(nanoseconds):
    """Let so much work be done; interrupts are served meanwhile."""
    _State.passed += nanoseconds
    core.until(core.now + nanoseconds)


def _join(passed, beside):
    """A task has ended that began when so much had passed: if the second core had more to do than the first, wait for it."""
    late = _State.beside - beside - (_State.passed - passed)
    if late > 0 and _State.beside > beside:
        _pass(_ask(_DECLARED, late))


def _ask(what, nanoseconds=0):
    core.ask(ops.COST, what, 0, struct.pack("<q", nanoseconds))
    return struct.unpack("<q", core.data)[0]


def _units(how, args, result):
    if result is None and how != "argument":  # it writes its results somewhere
        return 0
    if how == "argument":
        return len(args[0])
    if how == "len":
        return len(result)
    return result if isinstance(result, (int, float)) else sum(result)


def _declared(function, cost):
    fixed, unit, how = cost

    def paid(*args, **options):
        _State.declared += 1
        passed, beside = _State.passed, _State.beside
        try:
            result = function(*args, **options)
        except KeyboardInterrupt:
            _pass(_ask(_STOPPED))
            raise
        units = _units(how, args, result) if unit else 0
        nanoseconds = int((fixed + unit * units) * 1000)
        if _thread.get_ident() != _State.main:  # a second core has no door of its own to the simulation
            _State.beside += nanoseconds
        else:
            _pass(_ask(_DECLARED, nanoseconds))
            _join(passed, beside)
        return result

    return paid


def _spin():
    """Work that is always the same."""
    number = 0
    for step in range(1200):
        number = number * 3 + step & 1023


def _probe():
    """A core is slower while others use it too: work is measured by work that is always the same, right behind it."""
    _ask(_MEASURE)
    _spin()
    return _ask(_PROBED)


def measured(function):
    """A function that takes as long as it took this computer, times the ratio of the two."""
    for _ in range(_TRIALS):  # asking takes time too, and is no work of the board
        _spin()
        _ask(_MEASURE)
        _ask(_NOTHING)
    for _ in range(_TRIALS):
        _probe()

    def paid(*args, **options):
        before, threads = _State.declared, _Threads.started
        passed, beside = _State.passed, _State.beside
        _spin()  # caches are cold after a wait for the simulation; a real board has none
        _ask(_MEASURE)
        try:
            return function(*args, **options)
        finally:
            took = _ask(_MEASURED if _State.declared == before else _STOPPED)
            took += _probe()
            _pass(took // 2 if _Threads.started > threads else took)  # two cores have had half of it each
            _join(passed, beside)

    return paid


def _look():
    """Replace the named functions in modules that are new."""
    costs = facts["costs"]
    _State.skipped = False
    for name in list(sys.modules):
        if name in _State.known:
            continue
        if name.split(".")[-1] in _State.going:
            _State.skipped = True
            continue
        _State.known.add(name)
        module = sys.modules[name]
        if name == "shoal_board.ports.lines":
            bursts.install(module)
        for wanted in costs:
            function = getattr(module, wanted, None)
            if function is not None and callable(function):
                pair = _State.wrapped.get(id(function))
                if pair is None:
                    paid = _declared(function, costs[wanted])
                    pair = _State.wrapped[id(function)] = (function, paid)
                    _State.wrapped[id(paid)] = pair
                setattr(module, wanted, pair[1])


def around(load, module, name):
    """For `Agent.around`: the function of a module that the host sent."""
    value = load(module, name)
    _pass(charges["import"])
    if id(value) in _State.wrapped:
        return _State.wrapped[id(value)][1]
    return measured(value) if callable(value) else value


def charged(kind, method, name):
    """Let a method of a class take what the table says, after each call."""
    inner = getattr(kind, method)
    after = charges[name]

    def paid(*args):
        result = inner(*args)
        core.charge(after)
        return result

    setattr(kind, method, paid)


_import = builtins.__import__


def _importing(*args):
    going = _State.going
    going.append(args[0].split(".")[-1])
    try:
        return _import(*args)
    finally:
        going.pop()
        if _State.skipped or len(sys.modules) != _State.count:
            _State.count = len(sys.modules)
            _look()


def install():
    """From now on imports are looked through."""
    _State.known.update(sys.modules)
    _State.main = _thread.get_ident()
    sys.modules["_thread"] = _Threads()
    builtins.__import__ = _importing
