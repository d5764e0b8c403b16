"""Power over Ethernet, port by port and switch by switch: what the classes reserve, and what the boards draw there.

At the switch a board takes max(P / efficiency, P + overhead) watts through its HAT, P being its own; idle, a measurement at the
switch goes before that. The two sums are judged apart: a switch that reserves by class can refuse what it could well supply.
"""

import heapq
from collections import Counter
from dataclasses import dataclass

from shoal import catalog
from shoal.plan.figure import Figure, cited, known, known_if, made, total
from shoal.plan.model import COMPUTER, BoardRow, Finding, Plan, Poe, SwitchRow

_ALMOST = 0.9  # of a budget: from there on it is too near for supplies that age and boards that differ


@dataclass(frozen=True)
class Port:
    """One board on a PoE port: watts at the switch, and what its class reserves there. `own_load`: at the board."""

    board: BoardRow
    idle: Figure
    load: Figure
    own_load: Figure
    reserved: Figure


def own_watts(board: BoardRow) -> tuple[Figure, Figure]:
    """Watts of one board at its own supply, waiting and under full load: for a computer the most of Linpack and its stress test.

    Figures of 0 where the catalogue has none.
    """
    idle = known_if(f"{board.path}.power_idle_w") or made(0.0, "W", ())
    loads = [known_if(f"{board.path}.power_load_w")]
    if board.table == COMPUTER:
        loads.append(known_if(f"{board.path}.hpl_w"))
    load = max(filter(None, loads), key=lambda figure: figure.value, default=idle)
    return idle, load


def port(board: BoardRow) -> Port:
    """What one of these boards is to a switch. It has a HAT."""
    hat = f"hats.{board.hat}"
    number = known(f"{hat}.poe_class")
    pse = known(f"poe.class_{number.value:.0f}.pse_w")
    idle, load = own_watts(board)
    at_switch = known_if(f"{hat}.idle_at_switch_w.{board.key}") or _through(hat, idle)
    return Port(board, at_switch, _through(hat, load), load, made(pse.value, "W", (number, pse)))


def _through(hat: str, own: Figure) -> Figure:
    efficiency, overhead = known(f"{hat}.efficiency"), known(f"{hat}.overhead_w")
    return made(max(own.value / efficiency.value, own.value + overhead.value), "W", (own, efficiency, overhead))


def ports(plan: Plan) -> list[Port]:
    """Every board with a HAT, those with the highest reservation first: that is how they are spread over the switches."""
    made_of = {row: port(row) for row in plan.boards if row.hat}
    every = [made_of[row] for row in plan.boards if row.hat for _ in range(row.count)]
    return sorted(every, key=lambda each: -each.reserved.value)


def spread(plan: Plan) -> tuple[list[tuple[SwitchRow, Poe, tuple[Port, ...]]], int]:
    """Each switch with PoE and the boards on it, and how many boards found no port.

    A board goes to the switch with the most of its budget left, of those that have a port.
    """
    switches = [(row, row.poe) for row in plan.switches for _ in range(row.count) if row.poe]
    taken: list[list[Port]] = [[] for _ in switches]
    free = [(-poe.safe.value, number) for number, (_, poe) in enumerate(switches)]
    heapq.heapify(free)
    homeless = 0
    for each in ports(plan):
        if not free:
            homeless += 1
            continue
        left, number = heapq.heappop(free)
        taken[number].append(each)
        if len(taken[number]) < switches[number][1].ports:
            heapq.heappush(free, (left + each.reserved.value, number))
    return [(row, poe, tuple(boards)) for (row, poe), boards in zip(switches, taken, strict=True)], homeless


def check(plan: Plan) -> list[Finding]:
    """HATs on their boards, boards on ports, ports on budgets."""
    findings = [finding for row in plan.boards if row.hat for finding in _hat(row)]
    switches, homeless = spread(plan)
    if homeless:
        have = sum(poe.ports for _, poe, _ in switches)
        findings.append(Finding("error", f"{homeless} of the boards find no PoE port: the switches have {have}"))
    for (row, poe, taken), number in Counter(switches).items():
        name = row.name if number == 1 else f"{row.name}, each of {number}"
        if taken:
            findings += [*_port_limits(name, poe, taken), *_budgets(name, poe, taken), *_room(name, poe, taken)]
        else:
            findings.append(Finding("note", f"{name}: no board is on its PoE ports"))
    return findings


def _hat(row: BoardRow) -> list[Finding]:
    hat, entry = f"hats.{row.hat}", catalog.entries("hats")[row.hat]
    fits = entry["fits"]["value"]
    if row.key not in fits:
        known_hats = [key for key, other in catalog.entries("hats").items() if row.key in other["fits"]["value"]]
        others = f"use {' or '.join(known_hats)}" if known_hats else "the catalogue knows none that does; power it otherwise"
        return [Finding("error", f"the {entry['name']} does not fit the {row.name}: {others}", (cited(f"{hat}.fits"),))]
    each, most = port(row), known(f"{hat}.most_w")
    told = f"the {row.name} takes {each.own_load.value:.1f} W under load, the {entry['name']} gives it {most.value:.1f} W"
    severity = "error" if each.own_load.value > most.value else "ok"
    found = [Finding(severity, told, (each.own_load, most))]
    if severity == "ok" and each.load.value > each.reserved.value:
        words = f"the {row.name} with its HAT draws {each.load.value:.1f} W, more than its class may: {each.reserved.value:g} W"
        found.append(Finding("error", words, (each.load, each.reserved)))
    return found


def _port_limits(name: str, poe: Poe, taken: tuple[Port, ...]) -> list[Finding]:
    most, found = poe.port_most, []
    for each in {one.board: one for one in taken}.values():
        takes = f"a {each.board.name} draws {each.load.value:.1f} W and reserves {each.reserved.value:g} W"
        severity = "error" if each.load.value > most.value else "warning" if each.reserved.value > most.value else "ok"
        found.append(Finding(severity, f"{name}: a port gives {most.value:g} W; {takes}", (most, each.load, each.reserved)))
    return found


def _budgets(name: str, poe: Poe, taken: tuple[Port, ...]) -> list[Finding]:
    """Reserved and drawn against the budget as listed and the one to plan with."""
    listed, safe = poe.budget, poe.safe
    reserved, drawn = total((each.reserved for each in taken), "W"), total((each.load for each in taken), "W")
    budget = f"{listed.value:g} W" if safe.value == listed.value else f"{listed.value:g} W ({safe.value:g} W to be safe)"
    used = (reserved, drawn, listed, safe)
    boards = f"{len(taken)} board{'s' * (len(taken) > 1)}"
    first = f"{name}: {boards} draw {drawn.value:.1f} W under load, of {budget}"
    if drawn.value > listed.value:
        return [Finding("error", f"{first}: too much; it will turn ports off, those of the lowest priority first", used)]
    severity, more = "ok", ""
    if drawn.value > safe.value:
        severity, more = "warning", ": more than is safe"
    elif drawn.value >= _ALMOST * safe.value:
        severity, more = "warning", f": barely, {drawn.value / safe.value:.0%}"
    found = [Finding(severity, first + more, used)]
    second = f"{name}: their classes reserve {reserved.value:.1f} W, of {budget}"
    if reserved.value > safe.value:
        unsafe = "" if reserved.value > listed.value else " only if the figure on the box is right, or"
        works = f"works{unsafe} if this switch counts what is drawn, not what is reserved"
        found.append(Finding("warning", f"{second}: {works}", used))
    else:
        found.append(Finding("ok", second, used))
    return found


def _room(name: str, poe: Poe, taken: tuple[Port, ...]) -> list[Finding]:
    """How many more of the last board this switch would carry."""
    each, free = taken[-1], poe.ports - len(taken)
    if not free:
        return []
    reserved = sum(one.reserved.value for one in taken)
    drawn = sum(one.load.value for one in taken)
    by_class = max(0, min(free, int((poe.safe.value - reserved) / each.reserved.value)))
    by_draw = max(0, min(free, int((poe.safe.value - drawn) / each.load.value)))
    words = f"{name}: room for {_more(by_class, each)} by class"
    if by_draw != by_class:
        words += f", {by_draw} by what is drawn"
    return [Finding("note", f"{words} ({free} PoE port{'s' * (free > 1)} free)", (each.reserved, each.load))]


def _more(count: int, each: Port) -> str:
    return f"{count or 'no'} more {each.board.name}"
