"""The whole judgement of a plan: what is wrong with it, what it costs, draws and computes, what else that buys, and a verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

from shoal import catalog
from shoal.plan import poe, wiring
from shoal.plan.bill import Bill, bill
from shoal.plan.figure import Figure, sources
from shoal.plan.model import Finding, Plan
from shoal.plan.running import Running, heat, running
from shoal.plan.worth import Machine, Rented, Speed, Worth, others, rented, speed, standing, unit, worth

SEVERITIES = ("error", "warning", "note", "ok")


@dataclass(frozen=True)
class Judgement:
    """What `shoal plan` says. `verdict`: one sentence; `basis`: the worst of all that went in."""

    plan: Plan
    findings: tuple[Finding, ...]
    bill: Bill
    running: Running
    speed: Speed
    worth: Worth
    others: tuple[Machine, ...]
    rented: tuple[Rented, ...]
    standing: str
    standing_figures: tuple[Figure, ...]

    @property
    def works(self) -> bool:
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Everything that the answer was made from."""
        return tuple(self._figures())

    @property
    def basis(self) -> str:
        return catalog.worst(figure.basis for figure in self.figures)

    @property
    def sources(self) -> dict[str, str]:
        """Where each fact used comes from, by its path in the catalogue."""
        return dict(sources(path for figure in self.figures for path in figure.paths))

    @property
    def yours(self) -> tuple[str, ...]:
        """Facts used that are the user's own measurements."""
        used = {path for figure in self.figures for path in figure.paths}
        return tuple(path for path in catalog.yours() if path in used)

    @property
    def verdict(self) -> str:
        """One sentence."""
        wrong = [finding.what for finding in self.findings if finding.severity == "error"]
        cost = f"{'at least ' * self.bill.at_least}{self.bill.total.value:,.2f} {self.plan.currency}"
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            return f"It cannot work ({wrong[0]}{more}); it would cost {cost}."
        fast = self.speed.expected
        does = f"computes {fast.value:.3g} {fast.unit}" if fast.value else "computes what the catalogue has no figure for"
        return f"It works: it costs {cost}, draws {self.running.load.value:.1f} W under load, {does}, and is {self.standing}."

    @property
    def compared(self) -> str:
        """What the fastest thing for the same money does, in a sentence; "" where no speed is known."""
        mine, best = self.speed.expected.value, next((other for other in self.others if other.speed), None)
        if not mine or best is None or best.speed is None:
            return ""
        ratio = best.speed.value / mine
        money = "the same money" if best.cost.value <= self.bill.total.value else f"{best.cost.value:,.2f} {self.plan.currency}"
        if ratio < 1:
            return (
                f"nothing else in the catalogue is faster for {money}: {best.count} x {best.name} does {ratio:.2f} times as much"
            )
        return f"for {money}, {best.count} x {best.name} computes {ratio:.3g} times as much"

    def _figures(self) -> Iterator[Figure]:
        for finding in self.findings:
            yield from finding.figures
        for line in self.bill.lines:
            if line.price:
                yield line.price
        yield from (self.running.idle, self.running.load, self.running.cost_a_year, self.speed.expected, *self.standing_figures)
        for other in self.others:
            yield from (figure for figure in (other.cost, other.speed, other.load) if figure)
        yield from (machine.a_month for machine in self.rented)

    def to_dict(self) -> dict[str, object]:
        """All of it as plain values; every figure with unit, basis and the facts that it was made from."""
        return {
            "name": self.plan.name,
            "works": self.works,
            "verdict": self.verdict,
            "basis": self.basis,
            "findings": [{"severity": each.severity, "what": each.what, "from": _paths(each.figures)} for each in self.findings],
            "bill": _bill(self.bill),
            "watts": _watts(self.running),
            "speed": {
                "perfect": self.speed.perfect.to_dict(),
                "expected": self.speed.expected.to_dict(),
                "low": self.speed.low.to_dict(),
                "high": self.speed.high.to_dict(),
                "per_watt": self.speed.per_watt.to_dict(),
                "without_figure": list(self.speed.left_out),
            },
            "worth": {
                "per_speed": _dict(self.worth.per_speed),
                "per_work": _dict(self.worth.per_work),
                "work": self.worth.work_unit,
                "years": self.plan.years,
                "owning": self.worth.owning.to_dict(),
                "a_month": self.worth.a_month.to_dict(),
            },
            "same_money": [
                {
                    "name": each.name,
                    "count": each.count,
                    "cost": each.cost.to_dict(),
                    "speed": _dict(each.speed),
                    "load": _dict(each.load),
                }
                for each in self.others
            ],
            "compared": self.compared,
            "rented": [
                {"name": each.name, "a_month": each.a_month.to_dict(), "months": each.months.to_dict()} for each in self.rented
            ],
            "standing": self.standing,
            "sources": self.sources,
            "yours": list(self.yours),
        }


def judge(plan: Plan) -> Judgement:
    """Check a plan and count what it costs, draws and computes."""
    bought, used = bill(plan), running(plan)
    fast = speed(plan, used)
    has = worth(plan, bought, used, fast)
    findings = [*poe.check(plan), *wiring.check(plan), *heat(plan, used), *_gaps(plan, bought, used, fast)]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    words, figures = standing(plan, fast)
    return Judgement(
        plan=plan,
        findings=tuple(findings),
        bill=bought,
        running=used,
        speed=fast,
        worth=has,
        others=tuple(others(plan, bought)),
        rented=tuple(rented(plan, has)),
        standing=words,
        standing_figures=figures,
    )


def _gaps(plan: Plan, bought: Bill, used: Running, fast: Speed) -> list[Finding]:
    """What nobody knows, so that no figure looks surer than it is."""
    found = []
    if bought.unpriced:
        found.append(Finding("warning", f"the total is at least that: no price of {', '.join(dict.fromkeys(bought.unpriced))}"))
    if used.unknown:
        found.append(Finding("warning", f"the watts are at least that: none known of {', '.join(used.unknown)}"))
    if fast.left_out:
        found.append(Finding("note", f"the speed is without {', '.join(fast.left_out)}: no figure in {unit(plan)}"))
    return found


def _bill(made: Bill) -> dict[str, object]:
    return {
        "lines": [
            {"what": line.what, "count": line.count, "price": _dict(line.price), "cost": _dict(line.cost)} for line in made.lines
        ],
        "total": made.total.to_dict(),
        "at_least": made.at_least,
        "without_price": list(made.unpriced),
    }


def _watts(used: Running) -> dict[str, object]:
    return {
        "idle": used.idle.to_dict(),
        "load": used.load.to_dict(),
        "draws": [
            {"what": draw.what, "count": draw.count, "idle": draw.idle.to_dict(), "load": draw.load.to_dict()}
            for draw in used.draws
        ],
        "unknown": list(used.unknown),
        "a_year": used.a_year.to_dict(),
        "cost_a_year": used.cost_a_year.to_dict(),
    }


def _machine(machine: Machine) -> dict[str, object]:
    return {
        "name": machine.name,
        "count": machine.count,
        "cost": machine.cost.to_dict(),
        "speed": _dict(machine.speed),
        "load": _dict(machine.load),
    }


def _dict(figure: Figure | None) -> dict[str, object] | None:
    return None if figure is None else figure.to_dict()


def _paths(figures: tuple[Figure, ...]) -> list[str]:
    return list(dict.fromkeys(path for figure in figures for path in figure.paths))
