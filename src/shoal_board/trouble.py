"""Part: what is told of an exception that a task raised."""

import io
import sys

from .codec import CodecError, Writer
from .wire import MICROPYTHON, const

if not MICROPYTHON:
    import traceback

_TRACE_LIMIT = const(3000)  # characters of a traceback: deep recursion makes it long, and its ends tell the story


class CannotTravel(CodecError):
    """A result of a type that has no encoding."""


def _trace(error):
    out = io.StringIO()
    try:
        if MICROPYTHON:
            sys.print_exception(error, out)
        else:
            traceback.print_exception(type(error), error, error.__traceback__, file=out)
    except BaseException:
        pass  # what there is of it will do
    text = out.getvalue()
    if len(text) > _TRACE_LIMIT:
        text = text[: _TRACE_LIMIT // 4] + "\n  ...\n" + text[-_TRACE_LIMIT // 2 :]
    return text


def describe(index, error):
    """An exception as values that travel: (index, type name, args or None, text, traceback)."""
    args = text = None
    if type(error) is CannotTravel:
        return index, "ValueTravelError", None, "its result is an " + str(error), ""
    try:
        args = list(error.args)
        text = str(error)
        Writer().value((args, text))
    except BaseException:  # its class is the user's, and may do anything
        args = None
    return index, type(error).__name__, args, text or "", _trace(error)
