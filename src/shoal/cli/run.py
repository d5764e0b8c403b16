"""`shoal run`: a user's script, as `python script.py` would run it, on the cluster chosen here.

The script's standard output stays its own: the progress bar and the account go to standard error.
"""

import argparse
import os
import runpy
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType

from shoal import cluster, spec
from shoal.cli.following import Following
from shoal.cli.screen import Screen
from shoal.cli.table import split_options
from shoal.errors import UsageError


def run(args: argparse.Namespace) -> int:
    """Run the script; its own exit code, or 1 if it ended by an exception."""
    rest = prepare(args)
    screen = Screen(error=True)
    following = Following(screen, keep=args.account)
    cluster.watch(following.add)
    with nullcontext() if args.quiet or not screen.redraws else following.progress():
        code = run_script(args.script, rest)
        following.shutdown()
    for made in following.kept:
        screen.say(f"\naccount of {made.spec.text}")
        screen.account(made.account(), "calls")
    return code


def prepare(args: argparse.Namespace) -> list[str]:
    """Choose the cluster for the script of these arguments; returns the script's own arguments. Raises UsageError."""
    rest = split_options(args.verb, args.arguments, args)
    if not Path(args.script).is_file():
        raise UsageError(f"there is no script {args.script}")
    if args.on is not None:
        os.environ[spec.ENVIRONMENT_NAME] = spec.parse(args.on).text
    return rest


def run_script(script: str, arguments: Sequence[str]) -> int:
    """Run a script as `python script` would; its exit code, or 1 if it ended by an exception."""
    path = str(Path(script).resolve())
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(Path(path).parent))
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as ended:
        return _exit_code(ended.code)
    except Exception as error:
        error.with_traceback(_within(path, error.__traceback__))
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def _exit_code(code: object) -> int:
    """What Python makes of the argument of `sys.exit`."""
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


def _within(path: str, trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the script on: the frames that led to it are ours."""
    while trace and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
