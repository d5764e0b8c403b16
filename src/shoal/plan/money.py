"""Prices of the catalogue in the plan's currency: its own price there, or another one converted by the catalogue's rates."""

from shoal import catalog
from shoal.plan.figure import Figure, known, made

BASE = "GBP"
CURRENCIES = ("GBP", "USD", "EUR")


def catalogue_price(path: str, currency: str) -> Figure | None:
    """The price of the thing at a path such as "boards.pico", or None where the catalogue has none."""
    kind, _, key = path.partition(".")
    entry = catalog.entries(kind)[key]
    for other in (currency, *CURRENCIES):
        if f"price_{other.lower()}" in entry:
            return convert(known(f"{path}.price_{other.lower()}"), currency)
    return None


def convert(price: Figure, currency: str) -> Figure:
    """A price in another currency, by the catalogue's rates against pounds."""
    if price.unit == currency:
        return price
    value, rates = price.value, []
    if price.unit != BASE:
        rates.append(known(f"exchange.{price.unit.lower()}.price_gbp"))
        value *= rates[-1].value
    if currency != BASE:
        rates.append(known(f"exchange.{currency.lower()}.price_gbp"))
        value /= rates[-1].value
    return made(value, currency, (price, *rates))
