"""`shoal doctor`: why it does not work. Each finding says what, how that shows, and what mends it."""

import argparse
import json
import shutil
from textwrap import TextWrapper

from shoal import spec
from shoal.cli.screen import Screen
from shoal.doctor import Finding, Report, examine
from shoal.doctor.findings import SEVERITIES


def run(args: argparse.Namespace) -> int:
    """Look, and tell; 1 if something is wrong. Notes are not."""
    asked = None if args.on is None else spec.parse(args.on)
    with Screen(error=True).working() as say:
        report = examine(asked, say)
    if args.json:
        print(json.dumps(_document(report), indent=2))
    else:
        _tell(report, Screen())
    return 0 if report.well else 1


def _tell(report: Report, screen: Screen) -> None:
    for finding in report.findings:
        screen.say(_folded(f"{finding.severity:<8} ", f"{finding.where}: {finding.what}", screen))
        screen.say(_folded("         seen: ", finding.evidence, screen))
        screen.say(_folded("         fix:  ", finding.fix, screen) + "\n")
    screen.say(_folded("", f"looked at {', '.join(_looked_at(report))}: {_count(report.findings)}", screen))


def _folded(begin: str, text: str, screen: Screen) -> str:
    """Broken between words on a terminal; one line where a program may read it."""
    if not screen.redraws:
        return begin + text
    width = max(40, shutil.get_terminal_size().columns)
    wrapper = TextWrapper(width, begin, " " * len(begin), break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)


def _looked_at(report: Report) -> list[str]:
    """What was looked at, so that nobody takes silence for health."""
    facts = report.facts
    told = ["this computer"]
    if facts.cluster is not None:
        boards = len(facts.cluster.members) + len(facts.cluster.missing)
        told.append(f"{facts.cluster.spec} with {boards} board{'s' * (boards != 1)}")
    if facts.ports:
        told.append(", ".join(port.device for port in facts.ports))
    elif facts.cluster is None:
        told.append("no port, because none has a board's USB id")
    return told


def _count(findings: tuple[Finding, ...]) -> str:
    counts = [(sum(finding.severity == severity for finding in findings), severity) for severity in SEVERITIES]
    told = [f"{count} {severity}{'s' * (count != 1)}" for count, severity in counts if count]
    return ", ".join(told) or "nothing is wrong"


def _document(report: Report) -> dict[str, object]:
    cluster = report.facts.cluster
    return {
        "well": report.well,
        "findings": [finding.to_dict() for finding in report.findings],
        "ports": [port.device for port in report.facts.ports],
        "cluster": None if cluster is None else {"spec": cluster.spec, "boards": [vars(board) for board in cluster.members]},
    }
