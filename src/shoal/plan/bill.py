"""The bill of materials: what is bought, for how much, and the total; what has no price makes the total an "at least"."""

from collections.abc import Iterator
from dataclasses import dataclass

from shoal import catalog
from shoal.plan.figure import Figure, total
from shoal.plan.model import HubRow, PartRow, Plan, SwitchRow


@dataclass(frozen=True)
class Line:
    """So many of one thing. `price`: of one; None: nobody knows."""

    what: str
    count: int
    price: Figure | None

    @property
    def cost(self) -> Figure | None:
        return None if self.price is None else self.price.times(self.count)


@dataclass(frozen=True)
class Bill:
    """All lines, what they sum to, and what of it has no price."""

    lines: tuple[Line, ...]
    total: Figure
    unpriced: tuple[str, ...]

    @property
    def at_least(self) -> bool:
        return bool(self.unpriced)


def bill(plan: Plan) -> Bill:
    """What the plan costs to buy, in its currency."""
    lines = tuple(_lines(plan))
    costs = [line.cost for line in lines if line.cost is not None]
    return Bill(lines, total(costs, plan.currency), tuple(line.what for line in lines if line.price is None))


def _lines(plan: Plan) -> Iterator[Line]:
    for board in plan.boards:
        yield Line(board.name, board.count, board.price)
        if board.hat:
            yield Line(str(catalog.entries("hats")[board.hat]["name"]), board.count, board.hat_price)
    rows: list[SwitchRow | HubRow | PartRow] = [*plan.switches, *plan.hubs, *plan.parts]
    for row in rows:
        yield Line(row.name, row.count, row.price)
