"""What `shoal top` shows: snapshots in, lines out. Pure: rates come from the snapshots' own clocks, sizes from the caller.

Columns that do not fit go, the least telling first; boards that do not fit are counted.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from shoal import catalog
from shoal.cli.live import Line, Span
from shoal.cli.screen import seconds, size
from shoal.snapshot import BoardNow, Snapshot

_WINDOW_S = 3.0  # over which rates are taken: long enough for slow boards, short enough to see a change
_METER = 8
_STATE_STYLES = {"busy": "green", "idle": "dim", "starting": "yellow", "down": "bold red", "aside": "bold red", "gone": "red"}
_HOT_C = catalog.fact("faults.hot.most_c").value
_LITTLE_HEAP = catalog.fact("faults.heap_small.least").value


@dataclass(frozen=True)
class _Rates:
    """Of one board, over the window. `busy`: part of the time, 0 to 1; None: not known yet."""

    busy: float | None
    out: float
    into: float
    calls: float


@dataclass(frozen=True)
class _Column:
    """`rank`: the higher it is, the sooner the column goes where there is no room. `left`: flush left."""

    title: str
    width: int
    rank: int
    cell: Callable[[BoardNow, _Rates], Span]
    left: bool = False


class Panel:
    """Remembers the last seconds of each cluster."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[Snapshot]] = {}

    @property
    def clusters(self) -> list[Snapshot]:
        """As they were last."""
        return [seen[-1] for seen in self._seen.values()]

    def update(self, snapshots: Mapping[str, Snapshot]) -> None:
        """Take a look's snapshots, by names that stay the same. Clusters that are not among them have ended."""
        fresh: dict[str, deque[Snapshot]] = {}
        for key, snapshot in snapshots.items():
            seen = fresh[key] = self._seen.get(key, deque())
            if not seen or snapshot.at > seen[-1].at:
                seen.append(snapshot)
            while len(seen) > 2 and seen[1].at <= snapshot.at - _WINDOW_S:
                seen.popleft()
        self._seen = fresh

    def lines(self, width: int, height: int) -> list[Line]:
        """All clusters, in at most so many lines."""
        if not self._seen:
            return [[("no cluster of yours runs on this computer", "dim")]]
        clusters = list(self._seen.values())
        room = max(1, (height - 1) // len(clusters) - 3)  # title, headings, an empty line
        lines: list[Line] = []
        for number, seen in enumerate(clusters):
            if number:
                lines.append([("", "")])
            lines += _cluster(seen[0], seen[-1], width, room)
        return lines[: height - 1]


def _cluster(before: Snapshot, now: Snapshot, width: int, room: int) -> list[Line]:
    olds = {board.name: board for board in before.boards}
    span = now.at - before.at
    rows = [(board, _rates(olds.get(board.name), board, span)) for board in now.boards]
    columns = _fitting(now.boards, width)
    shown, left_out = (rows, []) if len(rows) <= room else (rows[: room - 1], rows[room - 1 :])
    lines: list[Line] = [_title(now, before, span)]
    lines.append([(_pad(column.title, column) + " ", "bold") for column in columns])
    for board, rates in shown:
        spans = [(column, *column.cell(board, rates)) for column in columns]
        lines.append([(_pad(text, column) + " ", style) for column, text, style in spans])
    if left_out:
        states = Counter(board.state for board, _ in left_out)
        lines.append([(f"and {len(left_out)} more: {', '.join(f'{count} {state}' for state, count in states.items())}", "dim")])
    return lines


def _title(now: Snapshot, before: Snapshot, span: float) -> Line:
    states = Counter(board.state for board in now.boards)
    well = states["busy"] + states["idle"]
    rate = f", {(now.done - before.done) / span:.1f} a second" if span > 0 and now.done > before.done else ""
    return [
        (f"{now.spec}  ", "bold"),
        (f"{well} of {len(now.boards)} boards  ", "bold red" if well < len(now.boards) else "green"),
        (f"{now.done} of {now.asked} calls{rate}, {seconds(now.wall_s)}  ", ""),
        (f"{PurePath(now.program).name or 'python'} (process {now.pid})", "dim"),
    ]


def _rates(before: BoardNow | None, now: BoardNow, span: float) -> _Rates:
    if before is None or span <= 0:
        return _Rates(None, 0.0, 0.0, 0.0)
    busy = min(1.0, max(0.0, now.busy_s - before.busy_s) / span)
    if now.lumps and now.busy_s == before.busy_s:
        busy = 1.0  # in one call all the time, which it will account for when it ends
    return _Rates(
        busy,
        max(0, now.bytes_out - before.bytes_out) / span,
        max(0, now.bytes_in - before.bytes_in) / span,
        max(0, now.calls - before.calls) / span,
    )


# --- columns ---


def _state(board: BoardNow, rates: _Rates) -> Span:
    return board.state, _STATE_STYLES.get(board.state, "")


def _runs(board: BoardNow, rates: _Rates) -> Span:
    lumps = f" x{board.lumps}" if board.lumps > 1 else ""
    return f"{board.function or '-'}{lumps}", "" if board.function else "dim"


def _busy(board: BoardNow, rates: _Rates) -> Span:
    if rates.busy is None:
        return "", ""
    full = round(_METER * rates.busy)
    return f"{'█' * full}{'░' * (_METER - full)} {rates.busy:4.0%}", "green" if rates.busy > 0.5 else "dim"


def _heap(board: BoardNow, rates: _Rates) -> Span:
    return (size(board.heap_free), "bold red" if board.heap_free < _LITTLE_HEAP else "") if board.heap_free else ("-", "dim")


def _temperature(board: BoardNow, rates: _Rates) -> Span:
    if board.temperature is None:
        return "-", "dim"
    return f"{board.temperature:.0f} C", "bold red" if board.temperature > _HOT_C else ""


def _link(board: BoardNow, rates: _Rates) -> Span:
    """How much of what its link can carry is used, where the catalogue knows the link."""
    link = catalog.links().get(board.link)
    if link is None or not link.to_board_s_per_byte:
        return board.link or "-", "dim"
    used = rates.out * link.to_board_s_per_byte + rates.into * link.to_host_s_per_byte
    return f"{board.link} {used:4.0%}", "bold yellow" if used > 0.8 else ""


def _count(field: str) -> Callable[[BoardNow, _Rates], Span]:
    def cell(board: BoardNow, rates: _Rates) -> Span:
        count = getattr(board, field)
        return (str(count), "yellow") if count else ("-", "dim")

    return cell


def _rate(value: float) -> Span:
    return (f"{size(int(value))}/s", "") if value >= 1 else ("-", "dim")


_COLUMNS: Mapping[str, _Column] = {
    "board": _Column("board", 12, 0, lambda board, rates: (board.name, "bold"), left=True),
    "state": _Column("state", 8, 1, _state, left=True),
    "runs": _Column("runs", 18, 2, _runs, left=True),
    "calls": _Column("calls", 7, 3, lambda board, rates: (str(board.calls), "")),
    "speed": _Column("calls/s", 8, 7, lambda board, rates: (f"{rates.calls:.1f}", "") if rates.calls else ("-", "dim")),
    "busy": _Column("busy", _METER + 5, 4, _busy),
    "heap": _Column("heap free", 9, 5, _heap),
    "temperature": _Column("temp", 5, 8, _temperature),
    "out": _Column("to it", 9, 9, lambda board, rates: _rate(rates.out)),
    "in": _Column("from it", 9, 10, lambda board, rates: _rate(rates.into)),
    "link": _Column("link", 10, 11, _link),
    "resets": _Column("resets", 6, 6, _count("resets")),
    "damaged": _Column("damaged", 7, 12, _count("damaged")),
    "error": _Column("last error", 40, 13, lambda board, rates: (board.last_error, "red"), left=True),
}


def _fitting(boards: tuple[BoardNow, ...], width: int) -> list[_Column]:
    """The columns that there is room for, and something to say in."""
    columns = list(_COLUMNS.values())
    if not any(board.last_error for board in boards):
        columns.remove(_COLUMNS["error"])
    while len(columns) > 1 and sum(column.width + 1 for column in columns) > width:
        columns.remove(max(columns, key=lambda column: column.rank))
    return columns


def _pad(text: str, column: _Column) -> str:
    if len(text) > column.width:
        text = text[: column.width - 1] + "…"
    return text.ljust(column.width) if column.left else text.rjust(column.width)
