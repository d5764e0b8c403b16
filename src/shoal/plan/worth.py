"""What the plan computes, and what else the same money buys.

Two sorts of work: "hpl", Linpack, told in GFLOPS; and "python", told in pictures: the catalogue's Mandelbrot benchmark of 31x81
points and 100 iterations, measured on boards under MicroPython and on Raspberry Pis under CPython. A figure that the catalogue
does not have stays out of the comparison; none is made up. `shoal predict` says what the links leave of it.
"""

from dataclasses import dataclass
from statistics import median

from shoal import catalog
from shoal.plan import money
from shoal.plan.bill import Bill
from shoal.plan.figure import Figure, known, known_if, made, total
from shoal.plan.model import COMPUTER, Plan
from shoal.plan.running import Running

_UNITS = {"hpl": "GFLOPS", "python": "pictures/s"}
_WORK = {"hpl": "10^15 operations", "python": "10^6 pictures"}
"""A million times what a second of one unit of speed does."""
_MACHINES = ("pi_4b", "pi_5", "orange_pi_5", "used_mini_pc", "n150_mini_pc")
_VMS = ("hetzner_cx22", "hetzner_cx32", "digitalocean_2", "aws_t3_medium")
SECONDS_A_YEAR = 365.25 * 86400


@dataclass(frozen=True)
class Speed:
    """`perfect`: the sum over boards; `expected`, from `low` to `high`: what clusters of others kept of theirs.

    `left_out`: boards of which there is no figure.
    """

    perfect: Figure
    expected: Figure
    low: Figure
    high: Figure
    per_watt: Figure
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Worth:
    """`per_speed`: price of a GFLOPS or of a picture a second, None without a figure of speed.

    `per_work`: of a `work_unit`, electricity included, None if nothing is done; `owning`: hardware and electricity of all years.
    """

    per_speed: Figure | None
    per_work: Figure | None
    work_unit: str
    owning: Figure
    a_month: Figure


@dataclass(frozen=True)
class Machine:
    """Something else for the same money: so many of it, their speed together, their watts. None: not known."""

    name: str
    count: int
    cost: Figure
    speed: Figure | None
    load: Figure | None


@dataclass(frozen=True)
class Rented:
    """A machine for rent: what it costs a month, and for how many months the plan's money pays."""

    name: str
    a_month: Figure
    months: Figure


def unit(plan: Plan) -> str:
    """Of speed."""
    return _UNITS[plan.work]


def _one(work: str, path: str) -> Figure | None:
    """Speed of one board or computer, one core of a board, every core of a computer. None: not known."""
    if work == "hpl":
        return known_if(f"{path}.hpl_gflops")
    took = known_if(f"{path}.mandel_100_ms")
    if took is None:
        return None
    cores = known_if(f"{path}.cores") if path.startswith(COMPUTER) else None
    inputs = [took] if cores is None else [took, cores]
    return made((cores.value if cores else 1) * 1000 / took.value, "pictures/s", inputs)


def speed(plan: Plan, used: Running) -> Speed:
    """What all boards compute together, less what clusters of others lost between the boards."""
    ones = [(row, _one(plan.work, row.path)) for row in plan.boards]
    perfect = total([one.times(row.count) for row, one in ones if one], unit(plan))
    counted = sum(row.count for row, one in ones if one)
    kept = _kept() if plan.work == "hpl" and counted > 1 else [Figure(1.0, "")]
    factors = [figure.value for figure in kept]
    expected, low, high = (
        made(perfect.value * factor, perfect.unit, (perfect, *kept)) for factor in (median(factors), min(factors), max(factors))
    )
    per_watt = made(expected.value / used.load.value if used.load.value else 0.0, f"{perfect.unit}/W", (expected, used.load))
    return Speed(perfect, expected, low, high, per_watt, tuple(row.name for row, one in ones if one is None))


def _kept() -> list[Figure]:
    """What clusters of 4 to 10 computers kept of their boards' sum; above 1 is an accident of their measurements."""
    found = [known_if(f"clusters.{key}.scaling") for key in catalog.entries("clusters")]
    return [figure for figure in found if figure and figure.value <= 1]


def worth(plan: Plan, bought: Bill, used: Running, fast: Speed) -> Worth:
    """Money for speed, and for work."""
    electricity = used.cost_a_year.times(plan.years)
    owning = total((bought.total, electricity), plan.currency)
    a_month = owning.times(1 / (12 * plan.years))
    rate = fast.expected.value
    inputs = (bought.total, fast.expected)
    per_speed = made(bought.total.value / rate, f"{plan.currency} per {unit(plan)}", inputs) if rate else None
    done = rate * plan.busy * plan.years * SECONDS_A_YEAR / 1e6
    per_work = made(owning.value / done, plan.currency, (owning, fast.expected)) if done else None
    return Worth(per_speed, per_work, _WORK[plan.work], owning, a_month)


def others(plan: Plan, bought: Bill) -> list[Machine]:
    """Whole machines that the same money buys, bare, the fastest first; where it buys none, one of the cheapest."""
    priced = []
    for key in _MACHINES:
        price = money.catalogue_price(f"{COMPUTER}.{key}", plan.currency)
        if price and price.value and key not in {row.key for row in plan.boards}:
            priced.append((key, price))
    found = [_machine(plan, key, price, int(bought.total.value / price.value)) for key, price in priced]
    affordable = [machine for machine in found if machine.count]
    if not affordable and priced:
        affordable = [_machine(plan, *min(priced, key=lambda pair: pair[1].value), 1)]
    return sorted(affordable, key=lambda machine: -(machine.speed.value if machine.speed else 0))


def _machine(plan: Plan, key: str, price: Figure, count: int) -> Machine:
    path = f"{COMPUTER}.{key}"
    one, watts = _one(plan.work, path), known_if(f"{path}.hpl_w") or known_if(f"{path}.power_load_w")
    fast, load = (figure.times(count) if figure else None for figure in (one, watts))
    return Machine(str(catalog.entries(COMPUTER)[key]["name"]), count, price.times(count), fast, load)


def rented(plan: Plan, has: Worth) -> list[Rented]:
    """Machines for rent: the same money, hardware and electricity of all years, pays for so many months."""
    found = []
    for key in _VMS:
        a_month = money.catalogue_price(f"cloud.{key}", plan.currency)
        if a_month:
            months = made(has.owning.value / a_month.value, "months", (has.owning, a_month))
            found.append(Rented(str(catalog.entries("cloud")[key]["name"]), a_month, months))
    return found


def standing(plan: Plan, fast: Speed) -> tuple[str, tuple[Figure, ...]]:
    """Whether it is a supercomputer or a compute cluster, in a sentence."""
    entry = known("supercomputer.top500.cutoff_gflops")
    if plan.work == "python" or not fast.expected.value:
        what = "a compute cluster" if plan.count > 1 else "a computer"
        return f"{what}, no supercomputer: the last of the Top500 list of 2021 had {_big(entry)} of Linpack", (entry,)
    ratio = entry.value / fast.expected.value
    if ratio <= 1:
        return f"a supercomputer: {_big(fast.expected)} would have been on the Top500 list of 2021", (entry, fast.expected)
    what = "a compute cluster" if plan.count > 1 else "a computer"
    words = f"{what}, no supercomputer: the last of the Top500 list of 2021 had {_big(entry)}, {ratio:,.0f} times as much"
    return words, (entry, fast.expected)


def _big(gflops: Figure) -> str:
    """GFLOPS in the prefix that suits."""
    for size, name in ((1e6, "PFLOPS"), (1e3, "TFLOPS")):
        if gflops.value >= size:
            return f"{gflops.value / size:.2f} {name}"
    return f"{gflops.value:.1f} GFLOPS"
