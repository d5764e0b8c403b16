"""The command `shoal`: reads the command line, runs one verb, and turns whatever happens into an exit code.

0 done, 1 the work failed, 2 wrong use, 130 stopped by Ctrl-C. An error that Shoal raises on purpose is one
message on standard error; a traceback there means a bug. Verbs and their options are in `verbs`.
"""

import os
import sys
from collections.abc import Sequence

import shoal
from shoal.cli import table
from shoal.cli.verbs import Verb
from shoal.cluster import abort_all
from shoal.errors import ShoalError, UsageError

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (None: that of this process) and return its exit code."""
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        abort_all()
        print("shoal: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left (`| head`). Python would complain at exit, when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ShoalError as error:
        print("\n".join([f"shoal: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return WRONG_USE if isinstance(error, UsageError) else FAILED


def _run(argv: Sequence[str]) -> int:
    parser = table.parser()
    args = parser.parse_args(argv)
    if args.version:
        print(f"shoal {shoal.__version__}")
        return DONE
    if "verb" not in args:
        parser.print_help(sys.stderr)
        return WRONG_USE
    verb: Verb = args.verb
    return verb.load()(args)
