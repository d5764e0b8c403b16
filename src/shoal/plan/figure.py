"""A number that knows where it comes from: its unit, the worst basis of what it was made from, and the paths of those facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shoal import catalog

PLAN = "plan"
"""Stands among the paths for what the plan itself says."""


@dataclass(frozen=True)
class Figure:
    """`paths`: facts of the catalogue that it was made from, or PLAN; `basis`: the worst of theirs."""

    value: float
    unit: str
    basis: str = catalog.BASES[0]
    paths: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The basis for people; of what the plan says itself there is none."""
        return "your plan" if self.paths == (PLAN,) else self.basis

    def times(self, factor: float) -> "Figure":
        """So many of it."""
        return Figure(self.value * factor, self.unit, self.basis, self.paths)

    def to_dict(self) -> dict[str, object]:
        return {"value": round(self.value, 6), "unit": self.unit, "basis": self.basis, "from": list(self.paths)}


def known(path: str) -> Figure:
    """The figure at a path of the catalogue. Raises KeyError."""
    fact = catalog.fact(path)
    return Figure(float(fact.value), fact.unit, fact.basis, (path,))


def known_if(path: str) -> Figure | None:
    """The figure at a path, or None where the catalogue has none."""
    try:
        return known(path)
    except KeyError:
        return None


def cited(path: str) -> Figure:
    """A fact that is no number, where only its source counts. Raises KeyError."""
    return Figure(0.0, "", catalog.fact(path).basis, (path,))


def made(value: float, unit: str, inputs: Iterable[Figure]) -> Figure:
    """A figure computed from others."""
    used = list(inputs)
    paths = dict.fromkeys(path for figure in used for path in figure.paths)
    return Figure(value, unit, catalog.worst(figure.basis for figure in used), tuple(paths))


def total(figures: Iterable[Figure], unit: str) -> Figure:
    """The sum of figures of one unit."""
    used = list(figures)
    strange = {figure.unit for figure in used} - {unit}
    if strange:  # a mistake of ours, not of the user's
        raise AssertionError(f"{', '.join(strange)} added to {unit}")
    return made(sum(figure.value for figure in used), unit, used)


def sources(paths: Iterable[str]) -> Mapping[str, str]:
    """Where each of these facts comes from, in words with its basis."""
    said = {}
    for path in dict.fromkeys(paths):
        if path != PLAN:
            fact = catalog.fact(path)
            said[path] = f"{fact.basis}: {fact.reference}" + (f"; {fact.cond}" if fact.cond else "")
    return said
