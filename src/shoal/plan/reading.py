"""A plan's text as a `Plan`: every key known, every name in the catalogue, every amount in its unit, or a UsageError in words.

[plan] says the currency and for how long; [[boards]], [[switches]], [[hubs]] and [[parts]] are what is bought; [case] what it is
in. What a row does not say is taken from the catalogue. A price may be the path of a fact, such as "builds.two_pi_4.rack_gbp".
"""

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from shoal import catalog
from shoal.errors import UsageError
from shoal.plan import money, quantities
from shoal.plan.figure import PLAN, Figure, known, known_if
from shoal.plan.model import COMPUTER, MICROCONTROLLER, BoardRow, HubRow, PartRow, Plan, Poe, SwitchRow
from shoal.suggest import unknown

Row = Mapping[str, Any]
_TABLES = {
    "plan": ("name", "currency", "years", "busy", "electricity", "work", "uplink"),
    "boards": ("board", "count", "power", "link", "hat", "price", "hat_price"),
    "switches": ("switch", "name", "count", "price", "ports", "poe_ports", "poe_budget", "port_max", "draw"),
    "hubs": ("hub", "name", "count", "price", "ports", "port", "total", "draw", "powered"),
    "parts": ("name", "count", "price", "cables", "supplies"),
    "case": ("litres", "fans"),
}
_LISTS = ("boards", "switches", "hubs", "parts")
POWERS = ("usb", "poe", "supply")
LINKS = ("ethernet", "usb", "wifi", "i2c", "uart", "gpio")
WORKS = ("hpl", "python")


def read(text: str, name: str) -> Plan:
    """The plan in a TOML text; `name`: of its file, for messages. Raises UsageError for whatever is not understood."""
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} cannot be read as TOML: {error}") from None
    try:
        return _plan(document, name)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _plan(document: Row, name: str) -> Plan:
    for key, table in document.items():
        if key not in _TABLES:
            raise UsageError(unknown("table", key, _TABLES))
        wanted = list if key in _LISTS else dict
        if not isinstance(table, wanted) or (wanted is list and not all(isinstance(row, dict) for row in table)):
            form = f"[[{key}]]" if key in _LISTS else f"[{key}]"
            raise UsageError(f"{key} must be written {form}")
        for number, row in enumerate(table if isinstance(table, list) else [table], 1):
            for word in row:
                if word not in _TABLES[key]:
                    raise UsageError(f"{_where(key, number)}: {unknown('key', word, _TABLES[key])}")
    head, case = document.get("plan", {}), document.get("case", {})
    currency = _text("[plan] currency", head.get("currency", "GBP")).upper()
    if currency not in money.CURRENCIES:
        raise UsageError(f"[plan]: {unknown('currency', currency, money.CURRENCIES)}")
    boards = tuple(_board(_where("boards", n), row, currency) for n, row in enumerate(document.get("boards", []), 1))
    if not boards:
        raise UsageError('it has no boards; a plan has at least one [[boards]] with board = "pico" or another of the catalogue')
    computers = any(row.table == COMPUTER for row in boards)
    return Plan(
        name=_text("[plan] name", head.get("name", name)),
        currency=currency,
        years=_years(head.get("years", 3)),
        busy=quantities.share("[plan] busy", head.get("busy", 1.0)),
        work=_one_of("[plan]", "work", head.get("work", "hpl" if computers else "python"), WORKS),
        uplink=quantities.whole("[plan] uplink", head.get("uplink", 1)),
        electricity=_electricity(head.get("electricity", "gb"), currency),
        litres=quantities.amount("[case] litres", case.get("litres", 0), "volume"),
        fans=quantities.whole("[case] fans", case.get("fans", 0)),
        boards=boards,
        switches=tuple(_switch(_where("switches", n), row, currency) for n, row in enumerate(document.get("switches", []), 1)),
        hubs=tuple(_hub(_where("hubs", n), row, currency) for n, row in enumerate(document.get("hubs", []), 1)),
        parts=tuple(_part(_where("parts", n), row, currency) for n, row in enumerate(document.get("parts", []), 1)),
    )


def _where(table: str, number: int) -> str:
    return f"[[{table}]] number {number}" if table in _LISTS else f"[{table}]"


def _text(where: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{where} must be a text, not {value!r}")
    return value


def _one_of(where: str, key: str, value: object, words: Collection[str], more: str = "") -> str:
    word = _text(f"{where}: {key}", value)
    if word not in words:
        raise UsageError(f"{where}: {unknown(key, word, words)}{more}")
    return word


def _years(value: object) -> float:
    years = quantities.amount("[plan] years", value, "time")
    if not 0 < years <= 100:
        raise UsageError(f"[plan] years is {years:g}; it must be above 0, and at most 100")
    return years


def _electricity(value: object, currency: str) -> Figure:
    if isinstance(value, str) and "/" not in value:
        name = _one_of("[plan]", "electricity", value, catalog.entries("electricity"), ", or a price such as '27.69 p/kWh'")
        price = money.catalogue_price(f"electricity.{name}", currency)
        if price is not None:
            return price
    return Figure(quantities.per_kwh("[plan] electricity", value, currency), currency, paths=(PLAN,))


def _count(where: str, row: Row) -> int:
    return quantities.whole(f"{where}: count", row.get("count", 1), 1)


def _price(where: str, row: Row, key: str, path: str, currency: str) -> Figure | None:
    """What the row says, else the catalogue; None where nobody knows."""
    value = row.get(key)
    if value is None:
        return money.catalogue_price(path, currency) if path else None
    if isinstance(value, str) and value.partition(".")[0] in catalog.KINDS:
        found = known_if(value)
        if found is None or found.unit != currency:
            raise UsageError(f"{where}: {key}: the catalogue has no fact '{value}' in {currency}")
        return found
    return Figure(quantities.money(f"{where}: {key}", value, currency), currency, paths=(PLAN,))


def _board(where: str, row: Row, currency: str) -> BoardRow:
    if "board" not in row:
        lists = "`shoal catalog boards` and `shoal catalog computers` list them"
        raise UsageError(f'{where}: which board? For example board = "pi_4b"; {lists}')
    key = _one_of(where, "board", row["board"], [*catalog.boards(), *catalog.computers()])
    small = key in catalog.boards()
    table = MICROCONTROLLER if small else COMPUTER
    power = _one_of(where, "power", row.get("power", "poe" if "hat" in row else "usb" if small else "supply"), POWERS)
    hat = _one_of(where, "hat", row["hat"], catalog.entries("hats")) if "hat" in row else ""
    if hat and power != "poe":
        raise UsageError(f'{where}: a HAT is for power = "poe", and {key} has power = "{power}"')
    if power == "poe" and not hat:
        raise UsageError(f'{where}: {key} has power = "poe" and no hat = "..."; `shoal catalog hats` lists them')
    return BoardRow(
        key=key,
        table=table,
        name=catalog.entries(table)[key]["name"],
        count=_count(where, row),
        power=power,
        link=_one_of(where, "link", row.get("link", "usb" if small else "ethernet"), LINKS),
        hat=hat,
        price=_price(where, row, "price", f"{table}.{key}", currency),
        hat_price=_price(where, row, "hat_price", f"hats.{hat}", currency) if hat else None,
    )


def _named(where: str, row: Row, key: str, kind: str) -> str:
    """The path of what a row names in the catalogue, or "" for one of the user's own."""
    if key not in row:
        if "name" not in row:
            raise UsageError(f'{where}: which one? {key} = "..." of the catalogue, or name = "..." and its figures')
        return ""
    own = ". One of your own: name = ... and its figures"
    return f"{kind}.{_one_of(where, key, row[key], catalog.entries(kind), own)}"


def _number(where: str, row: Row, key: str, path: str) -> int:
    if key in row or not path:
        return quantities.whole(f"{where}: {key}", row.get(key))
    return int(known(f"{path}.{key}").value)


def _figure(where: str, row: Row, key: str, path: str, sort: str, unit: str) -> Figure | None:
    """What the row says in `unit`, else the fact at `path`, else None."""
    if key in row:
        return Figure(quantities.amount(f"{where}: {key}", row[key], sort), unit, paths=(PLAN,))
    return known_if(path)


def _need(where: str, key: str, figure: Figure | None) -> Figure:
    if figure is None:
        raise UsageError(f"{where}: {key} is missing, and the catalogue does not know it")
    return figure


def _title(where: str, row: Row, path: str) -> str:
    if "name" in row:
        return _text(f"{where}: name", row["name"])
    return str(catalog.entries(path.partition(".")[0])[path.partition(".")[2]]["name"])


def _switch(where: str, row: Row, currency: str) -> SwitchRow:
    path = _named(where, row, "switch", "switches")
    ports = _number(where, row, "ports", path)
    poe = _number(where, {"poe_ports": 0, **row} if not path else row, "poe_ports", path)
    if poe > ports:
        raise UsageError(f"{where}: {poe} PoE ports of {ports} ports in all")
    return SwitchRow(
        name=_title(where, row, path),
        count=_count(where, row),
        ports=ports,
        poe=_poe(where, row, path, poe) if poe else None,
        own_draw=_need(where, "draw", _figure(where, row, "draw", f"{path}.own_draw_w", "power", "W")),
        price=_price(where, row, "price", path, currency),
    )


def _poe(where: str, row: Row, path: str, ports: int) -> Poe:
    budget = _need(where, "poe_budget", _figure(where, row, "poe_budget", f"{path}.poe_budget_w", "power", "W"))
    safe = budget if "poe_budget" in row else known_if(f"{path}.poe_budget_plan_w") or budget
    most = _need(where, "port_max", _figure(where, row, "port_max", f"{path}.port_max_w", "power", "W"))
    return Poe(ports, budget, safe, most)


def _hub(where: str, row: Row, currency: str) -> HubRow:
    path = _named(where, row, "hub", "hubs")
    powered = row.get("powered", known(f"{path}.powered").value != 0 if path else True)
    if not isinstance(powered, bool):
        raise UsageError(f"{where}: powered must be true or false, not {powered!r}")
    return HubRow(
        name=_title(where, row, path),
        count=_count(where, row),
        ports=_number(where, row, "ports", path),
        port_a=_need(where, "port", _figure(where, row, "port", f"{path}.port_a", "current", "A")),
        total_a=_need(where, "total", _figure(where, row, "total", f"{path}.total_a", "current", "A")),
        own_draw=_need(where, "draw", _figure(where, row, "draw", f"{path}.own_draw_w", "power", "W")),
        powered=powered,
        price=_price(where, row, "price", path, currency),
    )


def _part(where: str, row: Row, currency: str) -> PartRow:
    return PartRow(
        name=_text(f"{where}: name", row.get("name", "")),
        count=_count(where, row),
        price=_price(where, row, "price", "", currency),
        cables=quantities.whole(f"{where}: cables", row.get("cables", 0)),
        supplies=quantities.whole(f"{where}: supplies", row.get("supplies", 0)),
    )
