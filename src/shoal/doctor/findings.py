"""A finding: what is wrong, how that shows, and what mends it. Its words are in the catalogue's faults.toml."""

from dataclasses import asdict, dataclass
from typing import Any

from shoal import catalog

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """`code`: key of `catalog.faults()`; `where`: the port, board or thing it is about; `evidence`: what was seen."""

    code: str
    severity: str
    where: str
    what: str
    evidence: str
    fix: str

    def to_dict(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)


def found(code: str, where: str, evidence: str, **words: object) -> Finding:
    """A finding with the catalogue's texts; `words` fill their {places}."""
    fault = catalog.faults()[code]
    return Finding(code, fault.severity, where, fault.what.format(**words), evidence, fault.fix.format(**words))


def limit(code: str, name: str) -> Any:
    """A figure or pattern that a rule compares with, such as `limit("heap_small", "least")`."""
    return catalog.fact(f"faults.{code}.{name}").value


def sort(findings: list[Finding]) -> list[Finding]:
    """The worst first; else as they were found, which is from this computer outwards."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
