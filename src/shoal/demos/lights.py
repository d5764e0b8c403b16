"""What the lights of the ESP32 cluster prove, judged from when each was lit and from nothing that the boards claim. Pure.

The boards say which part of the proof begins (`esp32_leds`); everything else is read off the lights. Times are microseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shoal.errors import UsageError

PARTS = ("chase", "barrier", "ring", "done")
TOGETHER_US = 1000  # within which lights come on "at once": the time that one board's Python takes to see the barrier's line
Changes = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Verdict:
    """Whether one part of the proof holds, and the sentence for it."""

    part: str
    passed: bool
    told: str


@dataclass(frozen=True, order=True)
class Lit:
    """One board's light, from when to when."""

    since: int
    until: int
    board: str


def judge(changes: Mapping[str, Changes], said: Sequence[tuple[float, str, str]], order: Sequence[str]) -> list[Verdict]:
    """`changes`: (us, level) of each board's light; `said`: (s, board, line) of the consoles; `order`: the boards by rank.

    Raises UsageError if the proof was not shown to its end.
    """
    starts = {}
    for part in PARTS:
        begun = [at_s for at_s, _, line in said if line == f"leds: {part}"]
        if len(begun) < len(order):
            raise UsageError(f"the lights were not shown to their end: {len(begun)} of {len(order)} boards came to '{part}'")
        starts[part] = round(min(begun) * 1e6)
    lit = [one for board, levels in changes.items() for one in spans(board, levels)]

    def within(part: str, after: str) -> list[Lit]:
        return sorted(one for one in lit if starts[part] <= one.since < starts[after])

    return [
        _chase(within("chase", "barrier"), order),
        _barrier(within("barrier", "ring"), order),
        _ring(within("ring", "done"), order),
    ]


def spans(board: str, changes: Changes) -> list[Lit]:
    """When a light was on; one that is on at the end counts for nothing."""
    found, since = [], None
    for us, level in changes:
        if level and since is None:
            since = us
        elif not level and since is not None:
            found.append(Lit(since, us, board))
            since = None
    return found


def _together(lit: Sequence[Lit]) -> str:
    """Two boards whose lights were on at the same time, or ""."""
    for first, second in pairwise(lit):
        if second.since < first.until:
            return f"{first.board} and {second.board} at {second.since / 1e6:.6f} s"
    return ""


def _chase(lit: Sequence[Lit], order: Sequence[str]) -> Verdict:
    rounds = len(lit) // len(order)
    if not rounds or [one.board for one in lit] != _from(lit[0], order) * rounds:
        return Verdict("chase", False, f"the light went {' '.join(one.board for one in lit) or 'nowhere'}")
    if both := _together(lit):
        return Verdict("chase", False, f"two were lit at once: {both}")
    return Verdict("chase", True, f"one light at a time went {rounds} times through {' '.join(_from(lit[0], order))}")


def _from(first: Lit, order: Sequence[str]) -> list[str]:
    """The boards in the order in which the token goes, from the one that happened to have it."""
    place = order.index(first.board)
    return [*order[place:], *order[:place]]


def _barrier(lit: Sequence[Lit], order: Sequence[str]) -> Verdict:
    """Every board is lit on its way, then all of them together, and so on."""
    mine = {board: [one for one in lit if one.board == board] for board in order}
    counts = {len(found) for found in mine.values()}
    if len(counts) != 1 or 0 in counts or counts.pop() % 2:
        return Verdict("barrier", False, "the boards were not lit equally often")
    widest = 0
    for turn in range(0, len(mine[order[0]]), 2):
        last = max(mine[board][turn].until for board in order)
        passed = sorted(mine[board][turn + 1].since for board in order)
        if passed[0] < last:
            return Verdict(
                "barrier", False, f"a board went on at {passed[0] / 1e6:.6f} s, {last - passed[0]} us before the last came"
            )
        widest = max(widest, passed[-1] - passed[0])
    told = f"nobody went on before the last had come; then all lights came on within {widest} us"
    return Verdict("barrier", widest <= TOGETHER_US, told)


def _ring(lit: Sequence[Lit], order: Sequence[str]) -> Verdict:
    rounds = len(order) - 1
    if both := _together(lit):
        return Verdict("ring", False, f"two talked at once: {both}")
    if not lit or [one.board for one in lit] != _from(lit[0], order) * rounds:
        return Verdict("ring", False, f"they talked in the order {' '.join(one.board for one in lit) or 'of nobody'}")
    return Verdict("ring", True, f"each talked to {rounds} others, one at a time, in the order of the token")
