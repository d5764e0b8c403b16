"""`shoal catalog`: the facts that predictions, plans and paced boards go by, each with unit, basis and source."""

import argparse
import difflib
import json
import math

from shoal import catalog
from shoal.catalog import Fact
from shoal.cli.screen import Screen
from shoal.errors import UsageError

_KINDS = ("kind", "entries")
_FACTS = ("fact", "value", "basis", "source", "condition")


def run(args: argparse.Namespace) -> int:
    """List kinds, or the facts that a word means; 0, or 2 for a word that means none."""
    found = _matching(args.word) if args.word else _every()
    if args.json:
        facts = [{"path": path, **vars(fact), "value": _plain(fact.value)} for path, fact in found.items()]
        print(json.dumps({"word": args.word, "measured_file": str(catalog.measured_file()), "facts": facts}, indent=2))
    elif args.word:
        _facts(found)
    else:
        _kinds(len(found))
    return 0


def _kinds(count: int) -> None:
    screen = Screen()
    rows = [[kind, ", ".join(catalog.entries(kind)) or "-"] for kind in catalog.KINDS if kind != "faults"]
    screen.table(_KINDS, [*rows, ["faults", f"{len(catalog.faults())} things that `shoal doctor` can find"]], text=_KINDS)
    screen.say("")
    own = len(catalog.yours())
    told = f"{own} of them your own, in" if own else "none of them your own; those would stand in"
    screen.say(f"{count} facts, {told} {catalog.measured_file()}")
    screen.say(
        "`shoal catalog pico` lists the facts of one, `shoal catalog price` those of one sort, `shoal catalog yours` your own."
    )


def _facts(found: dict[str, Fact]) -> None:
    """A table, and below it the sources by number: many facts have the same."""
    screen = Screen()
    numbers: dict[str, int] = {}
    rows = []
    for path, fact in found.items():
        number = numbers.setdefault(_source(fact), len(numbers) + 1)
        rows.append([path, _value(fact), fact.basis, f"[{number}]", fact.cond])
    screen.table(_FACTS, rows, text=_FACTS)
    screen.say("")
    for source, number in numbers.items():
        screen.say(f"[{number}] {source}")


def _plain(value: object) -> object:
    """As JSON can say it, which has no infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _value(fact: Fact) -> str:
    value = fact.value
    if isinstance(value, list):
        text = ", ".join(map(str, value))
    else:
        text = _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    return f"{text} {fact.unit}".strip()


def _number(value: float) -> str:
    """What somebody wrote as it is; what was measured to sixteen digits, to those that tell something."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{round(value, 3) if abs(value) >= 1 else float(f'{value:.4g}'):,}"


def _source(fact: Fact) -> str:
    return f"yours: {fact.reference}" if fact.source == catalog.YOURS else fact.reference


def _matching(word: str) -> dict[str, Fact]:
    """The facts that a word means: a kind, an entry or a path as a whole; else every one with it in its path or name."""
    every = _every()
    if word == catalog.YOURS:
        own = set(catalog.yours())
        found = {path: fact for path, fact in every.items() if fact.source == catalog.YOURS and path in own}
        if not found:
            raise UsageError(
                f"no fact is your own; they would stand in {catalog.measured_file()}, where `shoal bench --calibrate` writes"
            )
        return found
    whole = {path: fact for path, fact in every.items() if _is(word.lower(), path)}
    if whole:
        return whole
    some = {path: fact for path, fact in every.items() if word.lower() in f"{path} {_name(path)}".lower()}
    if not some:
        near = difflib.get_close_matches(word, _words(), n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise UsageError(f"nothing in the catalogue has '{word}' in its name{hint}; `shoal catalog` lists what there is")
    return some


def _every() -> dict[str, Fact]:
    return {path: catalog.fact(path) for kind in catalog.KINDS for path in catalog.paths(kind)}


def _is(word: str, path: str) -> bool:
    """Whether a word is some parts of a path as they stand together: "pico", "boards.pico", "price_usd"."""
    return f".{word}." in f".{path.lower()}."


def _name(path: str) -> str:
    kind, key = path.split(".")[:2]
    name = catalog.entries(kind)[key].get("name", "")
    return str(name)


def _words() -> list[str]:
    """Kinds and entries, but not what the doctor finds."""
    return [*catalog.KINDS, *(key for kind in catalog.KINDS if kind != "faults" for key in catalog.entries(kind))]
