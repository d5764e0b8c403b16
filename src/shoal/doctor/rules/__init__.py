"""The rules: facts in, findings out. Pure, so that every finding can be tested without a fault at hand.

One function a finding or a handful of close ones; the tables at the end of `computer`, `port` and `cluster` are what is applied.
"""

from shoal.doctor.facts import Facts
from shoal.doctor.findings import Finding, sort
from shoal.doctor.rules import cluster, computer, port


def diagnose(facts: Facts) -> list[Finding]:
    """Everything that is wrong, the worst first."""
    findings = [finding for rule in computer.RULES for finding in rule(facts)]
    for one in facts.ports:
        findings += [finding for rule in port.RULES for finding in rule(one, facts)]
    if facts.cluster is not None:
        findings += [finding for rule in cluster.RULES for finding in rule(facts.cluster, facts)]
    return sort(findings)
