"""What the plan draws from the mains, waiting and under load, what that costs, and the heat that comes of it.

Boards behind PoE count as at the switch, losses of their HATs included; boards on mains supplies and hubs with one count with
the loss of that supply. A computer's watts under load were measured at the wall, so its own supply is in them already.
"""

from dataclasses import dataclass

from shoal.plan.figure import Figure, known, known_if, made, total
from shoal.plan.model import MICROCONTROLLER, BoardRow, Finding, Plan
from shoal.plan.poe import own_watts, port

KWH_PER_WATT_YEAR = 8.766  # 365.25 days of 24 hours


@dataclass(frozen=True)
class Draw:
    """Watts of one thing in the plan, all of them together."""

    what: str
    count: int
    idle: Figure
    load: Figure


@dataclass(frozen=True)
class Running:
    """Watts at the mains; `a_year`: kWh, `cost_a_year`: money; `unknown`: boards whose watts the catalogue does not know."""

    draws: tuple[Draw, ...]
    idle: Figure
    load: Figure
    a_year: Figure
    cost_a_year: Figure
    unknown: tuple[str, ...]


def running(plan: Plan) -> Running:
    """Watts and running cost."""
    draws = [_board(plan, row) for row in plan.boards]
    draws += [Draw(row.name, row.count, row.own_draw.times(row.count), row.own_draw.times(row.count)) for row in plan.switches]
    for hub in plan.hubs:
        own = _supplied(hub.own_draw) if hub.powered else hub.own_draw
        draws.append(Draw(hub.name, hub.count, own.times(hub.count), own.times(hub.count)))
    if plan.fans:
        fan = known("heat.case.fan_w").times(plan.fans)
        draws.append(Draw("fans", plan.fans, fan, fan))
    idle, load = total((draw.idle for draw in draws), "W"), total((draw.load for draw in draws), "W")
    mean = idle.value + plan.busy * (load.value - idle.value)
    a_year = made(mean * KWH_PER_WATT_YEAR, "kWh", (idle, load))
    cost = made(a_year.value * plan.electricity.value, plan.currency, (a_year, plan.electricity))
    unknown = tuple(row.name for row in plan.boards if not own_watts(row)[1].value)
    return Running(tuple(draws), idle, load, a_year, cost, unknown)


def _supplied(watts: Figure) -> Figure:
    efficiency = known("supplies.mains.efficiency")
    return made(watts.value / efficiency.value, "W", (watts, efficiency))


def _board(plan: Plan, row: BoardRow) -> Draw:
    if row.hat:
        each = port(row)
        idle, load = each.idle, each.load
    else:
        idle, load = own_watts(row)
        behind_hub = row.power == "usb" and any(hub.powered for hub in plan.hubs)
        if behind_hub or (row.power == "supply" and row.table == MICROCONTROLLER):
            idle, load = _supplied(idle), _supplied(load)
    return Draw(row.name, row.count, idle.times(row.count), load.times(row.count))


def heat(plan: Plan, used: Running) -> list[Finding]:
    """Where the watts go: all of them become heat."""
    per_watt = known("heat.case.btu_per_h_per_w")
    words = f"heat under load: {used.load.value:.1f} W, {used.load.value * per_watt.value:.0f} BTU/h"
    found = [Finding("note", words, (used.load, per_watt))]
    if plan.litres and not plan.fans:
        most = known("heat.case.still_air_w_per_litre")
        density = used.load.value / plan.litres
        words = f"a closed case of {plan.litres:g} l without a fan: {density:.1f} W a litre; still air takes about {most.value:g}"
        found.append(Finding("warning" if density > most.value else "ok", words, (used.load, most)))
    free = known("heat.case.fanless_board_w")
    for row in plan.boards:
        load = own_watts(row)[1]
        cooled = plan.fans or known_if(f"hats.{row.hat}.fan")
        if load.value > free.value and not cooled:
            words = f"{row.name}: {load.value:.1f} W under load; above {free.value:g} W a board wants a heat sink or a fan"
            found.append(Finding("warning", f"{words}, else it lowers its clock", (load, free)))
    return found
