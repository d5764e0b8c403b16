"""Rules about the boards of a running cluster, and about those that did not come."""

import re
from collections.abc import Callable, Iterator

from shoal.doctor.facts import ClusterFacts, Facts, Member
from shoal.doctor.findings import Finding, found, limit

_RESET_BY_POWER, _RESET_BY_WATCHDOG = 1, (2, 3)
_REFUSALS = ("wrong_key", "unreachable")


def _absent(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    if cluster.failure:
        yield _refusal(cluster.failure, cluster.spec, "cluster_fails", cluster.spec)
    for name, reason in cluster.missing.items():
        yield _refusal(reason or "it never answered", name, "board_missing", cluster.spec)


def _bus(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    for sentence in cluster.troubles:
        yield found("bus_trouble", cluster.spec, sentence)


def _refusal(reason: str, where: str, otherwise: str, spec: str) -> Finding:
    """The finding that a reason stands for."""
    fits = (code for code in _REFUSALS if re.search(limit(code, "voice"), reason))
    return found(next(fits, otherwise), where, reason, spec=spec)


def _restarts(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    for board in cluster.members:
        cause = _cause(board)
        if board.resets >= limit("flapping", "resets"):
            seen = f"{board.resets} restarts while we looked; last: {board.last_error or cause or 'nobody knows why'}"
            yield found("flapping", board.name, seen, cause=cause or "no reset cause is known")
        elif board.resets and board.reset_cause == _RESET_BY_POWER:
            yield found("low_voltage", board.name, f"it restarted while we looked, by {cause}")
        elif board.resets and board.reset_cause in _RESET_BY_WATCHDOG:
            yield found("watchdog", board.name, f"it restarted while we looked, by {cause}")


def _cause(board: Member) -> str:
    if board.platform not in ("rp2", "esp32"):
        return ""
    causes: dict[str, str] = limit("flapping", board.platform)
    return causes.get(str(board.reset_cause), "")


def _links(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    times, most = limit("link_slow", "times"), limit("round_trip_slow", "most_s")
    for board in cluster.members:
        if board.damaged:
            yield found("link_errors", board.name, f"{board.damaged} damaged frames while we looked")
        ways = (("to the board", board.rate_out, board.expected_out), ("from it", board.rate_in, board.expected_in))
        slow = [f"{_kilo(rate)} {way}, {_kilo(usual)} is usual" for way, rate, usual in ways if 0 < rate < usual / times]
        if slow:
            yield found("link_slow", board.name, "; ".join(slow))
        if board.round_trip_s > 2 * board.latency_s + most:
            seen = f"{board.round_trip_s * 1000:.1f} ms there and back; the link alone: {2000 * board.latency_s:.1f} ms"
            yield found("round_trip_slow", board.name, seen)


def _state(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    for board in cluster.members:
        if 0 < board.heap_free < limit("heap_small", "least"):
            yield found("heap_small", board.name, f"{board.heap_free} bytes are free beside the agent")
        if board.temperature is not None and board.temperature > limit("hot", "most_c"):
            yield found("hot", board.name, f"{board.temperature:.0f} C in its chip")
        if board.skew_s is not None and abs(board.skew_s) > limit("clock_skew", "most_s"):
            yield found("clock_skew", board.name, f"it is {_span(board.skew_s)}")


def _agents(cluster: ClusterFacts, facts: Facts) -> Iterator[Finding]:
    releases = sorted({board.release for board in cluster.members if board.release})
    if len(releases) > 1:
        yield found("mixed_agents", cluster.spec, f"releases {', '.join(releases)}", spec=cluster.spec)


def _kilo(rate: float) -> str:
    return f"{rate / 1000:.0f} kB/s" if rate >= 10_000 else f"{rate / 1000:.1f} kB/s"


def _span(skew_s: float) -> str:
    """ "3 days behind"."""
    late, size = ("behind" if skew_s < 0 else "ahead"), abs(skew_s)
    for name, unit in (("years", 31_557_600), ("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if size >= 2 * unit:
            return f"{size / unit:.0f} {name} {late}"
    return f"{size:.0f} seconds {late}"


RULES: tuple[Callable[[ClusterFacts, Facts], Iterator[Finding]], ...] = (_bus, _absent, _restarts, _links, _state, _agents)
