"""The whole examination: gather, then judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shoal import image
from shoal.doctor import cluster, computer, ports
from shoal.doctor.facts import Facts, Port
from shoal.doctor.findings import Finding
from shoal.doctor.rules import diagnose
from shoal.spec import Spec
from shoal.usb.ports import is_path
from shoal.usb.serial import BAUD


@dataclass(frozen=True)
class Report:
    """What was looked at, and what was found, the worst first."""

    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Nothing is wrong; there may be notes."""
        return all(finding.severity == "note" for finding in self.findings)


def _usable(spec: Spec, found: Sequence[Port]) -> str | None:
    """The spec with only those of its ports at which a board is: one that is not there would keep the others from starting."""
    boards = [port.device for port in found if port.board is not None]
    if not boards:
        return None
    if not spec.targets or len(boards) == len(found) or not all(map(is_path, spec.targets)):
        return spec.text
    _, mark, options = spec.text.partition("?")
    return f"usb:{','.join(boards)}{mark}{options}"


def examine(spec: Spec | None, say: Callable[[str], None]) -> Report:
    """Look at this computer and its ports; with a spec, at that cluster too. `say` is told what goes on."""
    say("looking at this computer")
    wants_usb = spec is not None and spec.scheme == "usb"
    named: Sequence[str] = spec.targets if spec is not None and wants_usb else ()
    here = computer.look()
    found: tuple[Port, ...] = ()
    if spec is None or wants_usb:
        say("asking the ports")
        found = ports.look(named, int(spec.options["baud"] or BAUD)) if spec is not None else ports.look(named)
    text = None if spec is None else _usable(spec, found) if wants_usb else spec.text
    crew = None if text is None else cluster.look(text, say)
    facts = Facts(here, found, crew, wants_usb, image.release())
    return Report(facts, tuple(diagnose(facts)))
