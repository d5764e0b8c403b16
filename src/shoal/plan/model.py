"""What a plan says, read and checked for its form: frozen values. Whether it works is for `judging`."""

from dataclasses import dataclass

from shoal.plan.figure import Figure

COMPUTER, MICROCONTROLLER = "computers", "boards"
"""The two tables of the catalogue that a board can be in."""


@dataclass(frozen=True)
class BoardRow:
    """So many boards of one kind. `key` in table `table` of the catalogue; `power`: usb, poe or supply; `hat`: key, or ""."""

    key: str
    table: str
    name: str
    count: int
    power: str
    link: str
    hat: str
    price: Figure | None
    hat_price: Figure | None

    @property
    def path(self) -> str:
        return f"{self.table}.{self.key}"


@dataclass(frozen=True)
class Poe:
    """What one switch gives over Ethernet. `budget`: as listed, `safe`: what to plan with; `port_most`: of one port."""

    ports: int
    budget: Figure
    safe: Figure
    port_most: Figure


@dataclass(frozen=True)
class SwitchRow:
    """So many switches; `poe`: None without."""

    name: str
    count: int
    ports: int
    poe: Poe | None
    own_draw: Figure
    price: Figure | None


@dataclass(frozen=True)
class HubRow:
    """So many USB hubs. `port_a`, `total_a`: amperes; `powered`: it has a supply of its own."""

    name: str
    count: int
    ports: int
    port_a: Figure
    total_a: Figure
    own_draw: Figure
    powered: bool
    price: Figure | None


@dataclass(frozen=True)
class PartRow:
    """Anything else that costs money. `cables`, `supplies`: how many of these one of it contains."""

    name: str
    count: int
    price: Figure | None
    cables: int
    supplies: int


@dataclass(frozen=True)
class Plan:
    """`busy`: share of the time under load; `electricity`: price of a kWh; `uplink`: ports that something else takes.

    `work`: "hpl" or "python", what its speed is told in; `litres`: of the case, 0: none.
    """

    name: str
    currency: str
    years: float
    busy: float
    work: str
    uplink: int
    electricity: Figure
    litres: float
    fans: int
    boards: tuple[BoardRow, ...]
    switches: tuple[SwitchRow, ...]
    hubs: tuple[HubRow, ...]
    parts: tuple[PartRow, ...]

    @property
    def count(self) -> int:
        """Boards in all."""
        return sum(row.count for row in self.boards)


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. `severity`: error (it cannot work), warning, note or ok; `figures`: what it was judged by."""

    severity: str
    what: str
    figures: tuple[Figure, ...] = ()
