"""How a plan writes amounts: a bare number in the unit that its key means, or a text that says the unit, "63 W" or "£35".

Units of one sort are converted; units of another sort are refused, and so is money of another currency than the plan's.
"""

import math
import re

from shoal.errors import UsageError

MOST = 100_000
"""Of one thing in a plan."""
_SORTS = {
    "power": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "current": {"A": 1.0, "mA": 1e-3},
    "volume": {"l": 1.0, "litre": 1.0, "litres": 1.0, "dm3": 1.0, "ml": 1e-3},
    "time": {"years": 1.0, "year": 1.0, "months": 1 / 12, "month": 1 / 12},
}
_SIGNS = {"£": "GBP", "$": "USD", "€": "EUR"}
_CENTS = {"p": "GBP", "ct": "EUR", "c": "USD"}
_AMOUNT = re.compile(r"\s*([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]\w*|)\s*", re.ASCII)
_MONEY = re.compile(r"\s*([£$€]?)\s*([+-]?\d+(?:\.\d*)?)\s*([A-Za-z]{0,3}|[£$€])\s*", re.ASCII)


def amount(where: str, value: object, sort: str) -> float:
    """A number of the first unit of a sort ("power": watts). Raises UsageError, beginning with `where`."""
    units = _SORTS[sort]
    first = next(iter(units))
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number, unit = float(value), first
    elif match:
        number, unit = float(match[1]), match[2] or first
    else:
        raise UsageError(f'{where} must be a number of {first} or a text such as "5 {first}", not {value!r}')
    if unit not in units:
        raise UsageError(f"{where} is a {sort}, in {', '.join(units)}; '{value}' is not: plans do not mix units")
    return _checked(where, number * units[unit])


def whole(where: str, value: object, least: int = 0) -> int:
    """A whole number. Raises UsageError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{where} must be a whole number, not {value!r}")
    if not least <= value <= MOST:
        raise UsageError(f"{where} is {value}; it must be from {least} to {MOST:,}")
    return value


def share(where: str, value: object) -> float:
    """A number from 0 to 1. Raises UsageError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise UsageError(f"{where} must be a number from 0 to 1, not {value!r}")
    return float(value)


def money(where: str, value: object, currency: str) -> float:
    """An amount of the plan's currency. Raises UsageError for another currency."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _checked(where, float(value))
    match = _MONEY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UsageError(f'{where} must be a number of {currency} or a text such as "35 {currency}", not {value!r}')
    sign, number, word = match.groups()
    named = {name for name in (_SIGNS.get(sign, ""), _SIGNS.get(word, word.upper())) if name} or {currency}
    if named != {currency}:
        raise UsageError(
            f"{where} is in {' and '.join(sorted(named))}, the plan in {currency}: plans do not mix currencies; convert it"
        )
    return _checked(where, float(number))


def per_kwh(where: str, value: object, currency: str) -> float:
    """The price of a kWh: a number, "0.2769 GBP/kWh" or "27.69 p/kWh". Raises UsageError."""
    if not isinstance(value, str):
        return money(where, value, currency)
    price, slash, unit = value.replace(" ", "").partition("/")
    if not slash or unit != "kWh":
        raise UsageError(f"{where} must be a price of a kWh such as '27.69 p/kWh', or a name in the catalogue, not {value!r}")
    cents = re.fullmatch(r"(.*\d)(p|ct|c)", price)
    if cents:
        return money(where, f"{cents[1]} {_CENTS[cents[2]]}", currency) / 100
    return money(where, price, currency)


def _checked(where: str, number: float) -> float:
    if not math.isfinite(number) or number < 0:
        raise UsageError(f"{where} is {number:g}; it must be 0 or more")
    return number
