"""`shoal account`: the account in a trace that `shoal run --trace` wrote, once more as a table, as JSON or as a page."""

import argparse
import json
from pathlib import Path

from shoal import report
from shoal.cli import accounts
from shoal.cli.screen import Screen
from shoal.errors import UsageError


def run(args: argparse.Namespace) -> int:
    """Read the trace and show it; UsageError for a file that is none."""
    accounts.check(args.html)
    try:
        text = Path(args.trace).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{args.trace}: {error.strerror}; give a trace that `shoal run --trace FILE` wrote") from None
    except UnicodeDecodeError:
        raise UsageError(f"{args.trace} is no text; give a trace that `shoal run --trace FILE` wrote") from None
    saved = report.read(text, args.trace)
    screen = Screen(error=args.json)
    if args.html:
        accounts.write_html(args.html, saved.account, saved.spans, saved.spec)
        screen.say(f"wrote {args.html}")
    if args.json:
        print(json.dumps(accounts.values(saved.spec, saved.account), indent=2))
    else:
        screen.say(f"account of {saved.spec}")
        screen.account(saved.account, "calls")
    return 0
