"""`shoal plan`: judge a cluster before it is bought."""

import argparse
import json
from pathlib import Path

from shoal import catalog
from shoal.cli.screen import Screen
from shoal.errors import UsageError
from shoal.plan import Judgement, judge, read
from shoal.plan.figure import Figure
from shoal.plan.worth import Machine

_MOST_BYTES = 1_000_000
_MARKS = {"error": "ERROR", "warning": "warning", "note": "note", "ok": "ok"}


def run(args: argparse.Namespace) -> int:
    """Read, judge, show; 1 if the plan cannot work."""
    judged = judge(read(_text(Path(args.file)), args.file))
    if args.json:
        print(json.dumps(judged.to_dict(), indent=2))
    else:
        _show(Screen(), judged, args.sources)
    return 0 if judged.works else 1


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise UsageError(f"{file} is too long to be a plan")
        return data.decode()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not a text in UTF-8, so it is no plan") from None


def _show(screen: Screen, judged: Judgement, with_sources: bool) -> None:
    screen.say(judged.plan.name)
    screen.say(judged.verdict)
    screen.say("")
    screen.table(["check", "what"], [[_MARKS[each.severity], each.what] for each in judged.findings], text=["check", "what"])
    _bill(screen, judged)
    _watts(screen, judged)
    _speed(screen, judged)
    _others(screen, judged)
    screen.say("")
    own = f", {len(judged.yours)} of them your own" if judged.yours else ""
    screen.say(f"{len(judged.sources)} facts of the catalogue went in{own}; the least certain is {judged.basis}.")
    if with_sources:
        rows = [[path, _plain(path), why] for path, why in judged.sources.items()]
        screen.table(["fact", "value", "source"], rows, text=["fact", "source"])
    else:
        screen.say("--sources lists them, `shoal catalog NAME` shows more.")


def _bill(screen: Screen, judged: Judgement) -> None:
    screen.say("")
    rows = [
        [line.what, str(line.count), _money(line.price), _money(line.cost), line.price.said if line.price else "price not known"]
        for line in judged.bill.lines
    ]
    least = "at least" if judged.bill.at_least else "total"
    rows.append([least, "", "", _money(judged.bill.total), judged.bill.total.basis])
    screen.table(["bill of materials", "count", "each", judged.plan.currency, "basis"], rows, text=["bill of materials", "basis"])


def _watts(screen: Screen, judged: Judgement) -> None:
    screen.say("")
    used = judged.running
    rows = [[draw.what, str(draw.count), _watt(draw.idle), _watt(draw.load), draw.load.said] for draw in used.draws]
    rows.append(["in all", "", _watt(used.idle), _watt(used.load), used.load.basis])
    screen.table(["power at the mains", "count", "idle W", "load W", "basis"], rows, text=["power at the mains", "basis"])
    busy = f"{judged.plan.busy:.0%} of the time under load"
    cost = f"{used.cost_a_year.value:,.2f} {judged.plan.currency} a year"
    screen.say(
        f"{used.a_year.value:,.0f} kWh and {cost}, {busy}, at {judged.plan.electricity.value:.4f} {judged.plan.currency}/kWh"
    )


def _speed(screen: Screen, judged: Judgement) -> None:
    screen.say("")
    fast, has, plan = judged.speed, judged.worth, judged.plan
    if not fast.expected.value:
        screen.say(f"Speed: not known, the catalogue has no figure in {fast.expected.unit} for these boards")
        return
    rate, watt = fast.expected, fast.per_watt
    between = ""
    if fast.low.value != fast.high.value:
        between = f" ({fast.low.value:.3g} to {fast.high.value:.3g}, of {fast.perfect.value:.3g} in sum)"
    screen.say(f"Speed: {rate.value:.3g} {rate.unit}{between}, {_small(watt.value)} {watt.unit}")
    if plan.work == "python":
        screen.say(
            "  A picture: a Mandelbrot set, 31x81 points, 100 iterations; Python on one core of a board, all cores of a computer."
        )
        screen.say("  That is without what the links take: `shoal predict` says it for a program of yours.")
    if has.per_speed:
        of = "GFLOPS" if plan.work == "hpl" else "picture a second"
        screen.say(f"Price of speed: {_small(has.per_speed.value)} {plan.currency} for a {of}")
    if has.per_work:
        years = f"{plan.years:g} years of electricity"
        screen.say(f"Price of work: {_small(has.per_work.value)} {plan.currency} for {has.work_unit}, with {years}")
    screen.say(f"Is it a supercomputer? It is {judged.standing}.")


def _others(screen: Screen, judged: Judgement) -> None:
    plan, has = judged.plan, judged.worth
    if judged.others:
        screen.say("")
        headings = ["for the same money, bare", plan.currency, judged.speed.expected.unit, "load W", "basis"]
        screen.table(headings, [_machine(other) for other in judged.others], text=[headings[0], headings[-1]])
        if judged.compared:
            screen.say(f"In short: {judged.compared}.")
    screen.say("")
    owned = f"{_money(has.owning)} {plan.currency}, {_money(has.a_month)} a month"
    screen.say(f"Owned for {plan.years:g} years, with electricity: {owned}; rented instead:")
    rows = [[each.name, _money(each.a_month), f"{each.months.value:.0f}", each.a_month.basis] for each in judged.rented]
    screen.table(["machine", f"{plan.currency} a month", "months for that", "basis"], rows, text=["machine", "basis"])
    screen.say(f"Of rented ones: {catalog.fact('cloud.notes.shared_cores').value}.")


def _machine(other: Machine) -> list[str]:
    fast = f"{other.speed.value:.3g}" if other.speed else "not known"
    draws = _watt(other.load) if other.load else "not known"
    basis = catalog.worst(figure.basis for figure in (other.cost, other.speed) if figure)
    return [f"{other.count} x {other.name}", _money(other.cost), fast, draws, basis]


def _plain(path: str) -> str:
    fact = catalog.fact(path)
    return f"{fact.value} {fact.unit}".strip()


def _money(figure: Figure | None) -> str:
    return "?" if figure is None else f"{figure.value:,.2f}"


def _watt(figure: Figure) -> str:
    return f"{figure.value:,.2f}" if figure.value < 1 else f"{figure.value:,.1f}"


def _small(value: float) -> str:
    """Three digits that tell something."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
