"""Runs the calls of one lump and writes down what came of them. Whatever a task raises ends here, as an error in the answer.

A function may return an object that it keeps and changes, such as a row buffer used again and again. So a result that can change
is encoded when its call ends; only results that cannot are left as they are, and those of `map` are collected at C speed.
"""

import io
import sys

from . import wire
from .codec import CodecError, Frozen, Writer, packed
from .wire import const

try:
    import traceback
except ImportError:  # MicroPython
    traceback = None

_PLAIN = {int, float, bool, type(None), str, bytes, complex}  # results that nobody can change
_SAFE = _PLAIN | {Frozen}
_FEW = const(3)  # results that are not worth packing
_TRACE_LIMIT = const(3000)  # characters of a traceback: deep recursion makes it long, and its ends tell the story


class _CannotTravel(Exception):
    """A result of a type that has no encoding."""


def _trace(error):
    out = io.StringIO()
    try:
        if traceback:
            traceback.print_exception(type(error), error, error.__traceback__, file=out)
        else:
            sys.print_exception(error, out)
    except BaseException:
        pass  # what there is of it will do
    text = out.getvalue()
    if len(text) > _TRACE_LIMIT:
        text = text[: _TRACE_LIMIT // 4] + "\n  ...\n" + text[-_TRACE_LIMIT // 2 :]
    return text


def describe(index, error):
    """An exception as values that travel: (index, type name, args or None, text, traceback)."""
    args = text = None
    if type(error) is _CannotTravel:
        return index, "ValueTravelError", None, "its result is an " + str(error), ""
    try:
        args = list(error.args)
        text = str(error)
        Writer().value((args, text))
    except BaseException:  # its class is the user's, and may do anything
        args = None
    return index, type(error).__name__, args, text or "", _trace(error)


def run_map(function, items, results, errors, lossy, mixed):
    """One argument a call. Stops at the first error. `mixed`: its results are not all plain, whatever the first one is."""
    try:
        answers = map(function, items)
        for answer in answers:
            if type(answer) not in _PLAIN:
                answer = _frozen(answer, lossy or len(results) + 1 < len(items))
            results.append(answer)
            if type(answer) in _PLAIN and not mixed:
                results.extend(answers)  # at C speed; keeps what came before an error
                break
        if len(results) < len(items):
            raise StopIteration  # `map` took the function's own StopIteration for its end
    except BaseException as error:
        errors.append(describe(len(results), error))
        results.append(None)


def run_calls(function, calls, results, errors, lossy):
    """Any arguments. Every call is run, up to so many errors."""
    for args, kwargs in calls:
        if args is None:  # cancelled meanwhile
            results.append(None)
            continue
        try:
            answer = function(*args, **kwargs) if kwargs else function(*args)
            if type(answer) not in _PLAIN:
                answer = _frozen(answer, lossy or len(results) + 1 < len(calls))
            results.append(answer)
        except BaseException as error:
            errors.append(describe(len(results), error))
            results.append(None)
            if len(errors) == wire.ERRORS_A_LUMP:
                return


def _frozen(answer, copied):
    """A result that the function may keep and change, encoded now. (The last of a lump leaves before anything can change.)"""
    writer = Writer(copies=copied)
    try:
        writer.value(answer)
    except CodecError as error:
        raise _CannotTravel(str(error))
    return Frozen(writer.finish()) if copied else answer


def written(results, errors, head):
    """Results and errors as a list of buffers, the first of which begins with `head` bytes to fill; and whether results
    had to be left out, because they were not all plain although the first was."""
    writer = Writer(head, depth=-1)
    cut = False
    numbers = packed(results) if len(results) > _FEW else None
    if numbers is not None:
        writer.array(b"L", numbers)
    else:
        if not set(map(type, results)) <= _SAFE:
            place = [type(result) in _SAFE for result in results].index(False)
            if place + 1 < len(results):
                # After a plain result `map` went on at C speed, and this one may have changed since. The host will ask
                # for it and the rest again; then it is the first of its lump.
                results = results[:place]
                errors = []
                cut = True
        writer.items(b"l", results)
    writer.value(errors)
    return writer.finish(), cut
