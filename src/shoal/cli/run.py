"""`shoal run`: a user's script, as `python script.py` would run it, on the cluster chosen here.

The script's standard output stays its own: the progress bar and the account go to standard error. With --json it is the other way
round: standard output is the account's, and what the script prints goes to standard error.
"""

import argparse
import json
import os
import runpy
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType

from shoal import Cluster, cluster, spec
from shoal.cli import accounts, outputs
from shoal.cli.following import Following
from shoal.cli.screen import Screen
from shoal.cli.table import split_options
from shoal.errors import UsageError


def run(args: argparse.Namespace) -> int:
    """Run the script; its own exit code, or 1 if it ended by an exception."""
    rest = prepare(args)
    accounts.check(args.html, args.trace)
    screen = Screen(error=True)
    wanted = args.account or args.measure or args.json or args.html or args.trace
    following = Following(screen, keep=bool(wanted), measure=args.measure)
    cluster.watch(following.add)
    quiet = args.quiet or not screen.redraws
    with outputs.moved() if args.json else nullcontext(), nullcontext() if quiet else following.progress():
        code = run_script(args.script, rest)
        following.shutdown()
    if wanted:
        _tell(args, screen, following.kept)
    return code


def _tell(args: argparse.Namespace, screen: Screen, made: Sequence[Cluster]) -> None:
    """The accounts of the script's clusters, in every form that was asked for."""
    told = [(each.spec.text, each.account(), each.timeline()) for each in made]
    for number, (spec_text, account, spans) in enumerate(told, 1):
        if not args.json:
            screen.say(f"\naccount of {spec_text}")
            screen.account(account, "calls")
        for name, write in ((args.html, accounts.write_html), (args.trace, accounts.write_trace)):
            if name:
                file = accounts.numbered(name, number)
                write(file, account, spans, spec_text)
                screen.say(f"wrote {file}")
    if args.json:
        print(json.dumps({"clusters": [accounts.values(text, account) for text, account, _ in told]}, indent=2))
    if not told:
        screen.say("no account: the script made no cluster")


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
