"""Part of a standalone cluster: what it says when something is wrong, and what becomes of a board's exception."""

import builtins
import sys

from .parts import part


def failed(error):
    """The job has raised that."""
    if hasattr(error, "trace"):
        print("shoal: on board %s:\n%s" % (error.board, error.trace))
    sys.print_exception(error)
    print("shoal: job.py has failed; a computer on USB can still use the bus")


def refused(member):
    print("shoal: board %s (%s) runs another release; adopt it again" % (member.name, member.unique_id))


def trouble(code, detail):
    """Print what is wrong with the bus; gives the sentence."""
    sentence = part("trouble_on_bus").sentence(code, detail)
    print("shoal: " + sentence)
    return sentence


def raised(board, kind, args, text, trace):
    """What a board told of an exception, as one of that name with `board` and `trace`."""
    base = getattr(builtins, kind, None)
    if not isinstance(base, type) or not issubclass(base, Exception):
        base, args = RuntimeError, ("%s: %s" % (kind, text),)
    return type(kind, (base,), {"board": board, "trace": trace})(*(args if args is not None else (text,)))
