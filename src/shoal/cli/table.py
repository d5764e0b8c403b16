"""The parser of the whole command, made from the table of verbs."""

import argparse
from collections.abc import Sequence

from shoal.cli.arguments import Argument
from shoal.cli.verbs import VERBS, Verb


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command; it leaves the verb's `Verb` in `verb`."""
    top = argparse.ArgumentParser(
        prog="shoal",
        description="Ordinary Python functions on a shoal of small boards, as if they were one computer.",
        epilog="`shoal VERB --help` tells more of each.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = top.add_subparsers(title="verbs", metavar="VERB")
    for verb in VERBS:
        examples = "\n".join(f"  {command}\n      {what}" for command, what in verb.examples)
        sub = verbs.add_parser(
            verb.name,
            help=verb.summary,
            description=verb.about,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _add(sub, verb.arguments)
        sub.set_defaults(verb=verb)
    return top


def split_options(verb: Verb, words: Sequence[str], into: argparse.Namespace) -> list[str]:
    """Take the leading words that are options of `verb` into the namespace; returns the words behind them.

    argparse cannot: an argument that takes all the rest takes the options too.
    """
    options = {argument.names[0]: argument for argument in verb.arguments if argument.names[0][0] == "-"}
    end = 0
    while end < len(words) and (option := options.get(words[end].partition("=")[0])):
        alone = "action" in option.settings or "=" in words[end]
        end += 1 if alone else 2
    own = argparse.ArgumentParser(prog=f"shoal {verb.name}", add_help=False, allow_abbrev=False)
    _add(own, tuple(options.values()))
    own.parse_args(words[:end], into)
    rest = list(words[end:])
    return rest[1:] if rest[:1] == ["--"] else rest


def _add(parser: argparse.ArgumentParser, arguments: tuple[Argument, ...]) -> None:
    for argument in arguments:
        parser.add_argument(*argument.names, **argument.settings)
