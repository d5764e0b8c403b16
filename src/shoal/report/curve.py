"""Speed-up against boards, as SVG: the ideal, the run itself, and a curve through other numbers of boards.

The curve is a prediction's if there is one, else what `binding.expected_s` reckons from the account.
"""

from collections.abc import Sequence

from shoal.binding import expected_s
from shoal.model import Account
from shoal.report.drawing import nice

WIDTH, HEIGHT = 460, 300
_LEFT, _BOTTOM = 46, 36


def figure(account: Account, predicted: Sequence[tuple[float, float]] = ()) -> str:
    """The drawing, with what it shows in words."""
    count = len(account.boards)
    if not account.calls or not account.wall_s:
        return '<p class="faint">There is no curve: no call was answered.</p>'
    points = sorted(predicted) or estimated(account)
    most = max([2 * count, *(boards for boards, _ in points)])
    highest = max([account.speed_up, 1.0, *(gain for _, gain in points)]) * 1.15
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    parts = [f'<svg {size} role="img" aria-label="speed-up curve">', *_axes(most, highest)]
    ideal = min(most, highest)
    parts.append(f'<path class="ideal" d="M{_xy(0, 0, most, highest)} L{_xy(ideal, ideal, most, highest)}"/>')
    line = " L".join(_xy(boards, gain, most, highest) for boards, gain in points)
    parts.append(f'<path class="curve" d="M{line}"/>')
    x, y = _xy(count, account.speed_up, most, highest).split()
    parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="5"/></svg>')
    kind = "predicted" if predicted else "estimated from this account: the boards' work divided among others, all else as it was"
    said = f"Dot: this run, {count} boards, {account.speed_up:.2f} ({account.alone_how}). Dashed: ideal. Line: {kind}."
    return f"<figure>{''.join(parts)}<figcaption>{said}</figcaption></figure>"


def estimated(account: Account) -> list[tuple[float, float]]:
    """(boards, speed-up) from the account alone."""
    alone = account.speed_up * account.wall_s
    return [(boards, alone / expected_s(account, boards)) for boards in range(1, 2 * len(account.boards) + 1)]


def _axes(most: float, highest: float) -> list[str]:
    corners = [_xy(x, y, most, highest) for x, y in ((0, highest), (0, 0), (most, 0))]
    parts = [
        f'<path class="axis" fill="none" d="M{" L".join(corners)}"/>',
        f'<text x="{WIDTH - 4}" y="{HEIGHT - 2}" text-anchor="end">boards</text>',
    ]
    step = max(1, nice(most / 8))
    for number in range(1, int(most / step) + 1):
        x, y = _xy(number * step, 0, most, highest).split()
        parts.append(f'<text x="{x}" y="{float(y) + 16:g}" text-anchor="middle">{number * step:g}</text>')
    step = nice(highest / 6)
    for number in range(int(highest / step) + 1):
        x, y = _xy(0, number * step, most, highest).split()
        parts.append(f'<text x="{float(x) - 6:g}" y="{float(y) + 4:g}" text-anchor="end">{number * step:g}</text>')
    return parts


def _xy(boards: float, gain: float, most: float, highest: float) -> str:
    x = _LEFT + boards / most * (WIDTH - _LEFT - 14)
    y = HEIGHT - _BOTTOM - gain / highest * (HEIGHT - _BOTTOM - 10)
    return f"{x:.1f} {y:.1f}"
