"""Runs the calls of one lump and writes down what came of them. Whatever a task raises ends here, as an error in the answer.

A function may return an object that it keeps and changes, such as a row buffer used again and again. So a result that can change
is encoded when its call ends (`values.frozen`); only results that cannot are left as they are.
"""

from . import wire
from .codec import Writer
from .parts import part

_PLAIN = (int, type(None), float, str, bytes, bool)  # results that nobody can change


def describe(error, results, errors):
    """The call after the last result has failed."""
    index = len(results)
    try:
        errors.append(part("trouble").describe(index, error))
    except MemoryError:
        errors.append((index, type(error).__name__, None, "", ""))
    results.append(None)


def run_calls(function, calls, results, errors, lossy):
    """Any arguments. Every call is run, up to so many errors, or an interrupt: that may be meant for the lump."""
    for args, kwargs in calls:
        if args is None:  # cancelled meanwhile
            results.append(None)
            continue
        try:
            answer = function(*args, **kwargs) if kwargs else function(*args)
            if type(answer) not in _PLAIN:
                answer = part("values").frozen(answer, lossy or len(results) + 1 < len(calls))
            results.append(answer)
        except BaseException as error:
            describe(error, results, errors)
            if len(errors) == wire.ERRORS_A_LUMP or type(error) is KeyboardInterrupt:
                return


def written(results, errors, head):
    """Results and errors as a list of buffers, the first of which begins with `head` bytes to fill; and whether results
    had to be left out."""
    writer = Writer(head)
    count = len(results)
    cut = False
    if count == 1:
        writer.buf.extend(b"l\1")
        writer.value(results[0])
    else:
        writer.depth = -1
        cut = part("values").write_results(writer, results) < count
    if errors and not cut:
        writer.depth = -1
        writer.items(b"l", errors)
    else:
        writer.buf.extend(b"l\0")
    return writer.finish(), cut
