"""The same work on more and more boards, as expected: what each number of them gives, which is best, and what is the limit.

A board alone stands for two things: the first board of the spec with its link (what speed-up is against), and one that runs the
program by itself and sends nothing (what a cluster must beat to be worth its wires).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shoal import catalog
from shoal.binding import Binding, binding
from shoal.errors import UsageError
from shoal.model import Account
from shoal.predict.layout import expected
from shoal.predict.model import Sample
from shoal.spec import TCP, Spec

LITTLE = 0.05  # fewer boards that are slower by no more than this are the better choice
GAIN = 0.02  # another lump size is worth naming if it is faster by more than this
CHUNKS = tuple(1 << power for power in range(15))  # lump sizes that are tried,
NEAR = 8  # if they are not more than so many times larger or smaller than those that the scheduler makes

LINK_FACTS = ("to_board_bytes_s", "to_host_bytes_s", "latency_s")
BUS_BASIS = "estimated"  # what a call of a board's I2C or UART takes: the weakest of the figures in `shoal.charges`

Expect = Callable[[Sample, int], Account]


@dataclass(frozen=True)
class Lump:
    """What one lump of a prediction is on average: calls in it, seconds that it computes and travels."""

    calls: float
    compute_s: float
    travel_s: float


@dataclass(frozen=True)
class Prediction:
    """Accounts expected of one program on different numbers of boards.

    `rows`: one for each number, with `alone_s` as predicted for one board of the spec; `itself_s`: what a board would take that
    runs the program by itself, without a link; `best`: the smallest number of boards with a time within `LITTLE` of the shortest;
    `chunk`: calls in a lump that would be faster than the scheduler's own choice there, or 0, and `chunk_s` what it would take;
    `limit_s`: the time that no number of boards beats; `basis`: the worst of all that went in, a word of the catalogue.
    """

    spec: str
    rows: tuple[Account, ...]
    itself_s: float
    best: int
    chunk: int
    chunk_s: float
    limit_s: float
    limit: str
    verdict: str
    spread: float
    error: float
    basis: str
    notes: tuple[str, ...]

    @property
    def curve(self) -> tuple[tuple[int, float], ...]:
        """(boards, speed-up) of each row."""
        return tuple((len(row.boards), row.speed_up) for row in self.rows)

    def row(self, boards: int) -> Account:
        """The account of a number of boards. Raises KeyError."""
        for row in self.rows:
            if len(row.boards) == boards:
                return row
        raise KeyError(boards)

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values: seconds, bytes, joules."""
        figures = {name: value for name, value in vars(self).items() if name not in ("rows", "notes")}
        rows = [{"count": len(row.boards), "bound": vars(binding(row)), **row.to_dict()} for row in self.rows]
        return {**figures, "notes": list(self.notes), "rows": rows}


def sweep(
    sample: Sample, spec: Spec, counts: Sequence[int], expect: Expect | None = None, *, lumps: bool = True
) -> Prediction:
    """What is expected of a sample's work on so many boards of a spec.

    `expect(sample, count)` gives the account of a count; None: that of so many boards (`layout.expected`). `lumps`: try other
    sizes of lumps than the scheduler's, too. Raises UsageError for no counts or such as cannot be, and what `expect` raises.
    """
    if not counts:
        raise UsageError("no number of boards to predict for; say --boards 1,2,4")
    for count in counts:
        if count < 1:
            raise UsageError(f"{count} boards cannot be; a number of boards is 1 or more")
    alone = expected(sample, spec, 1)
    look = expect or (lambda work, boards: alone if (work, boards) == (sample, 1) else expected(work, spec, boards))
    found = {count: replace(look(sample, count), alone_s=alone.wall_s, alone_how="predicted") for count in sorted(set(counts))}
    rows = tuple(found.values())
    shortest = min(row.wall_s for row in rows)
    count, best = next((count, row) for count, row in found.items() if row.wall_s <= shortest * (1 + LITTLE))
    chunk, chunk_s = _best_chunk(sample, count, best, look) if lumps else (0, best.wall_s)
    limit_s, limit = _limit(sample, rows)
    itself_s = sum(sum(job.seconds) for job in sample.jobs)
    return Prediction(
        spec=spec.text,
        rows=rows,
        itself_s=itself_s,
        best=len(best.boards),
        chunk=chunk,
        chunk_s=chunk_s,
        limit_s=limit_s,
        limit=limit,
        verdict=_verdict(sample, rows, best, itself_s),
        spread=sample.spread,
        error=sample.error,
        basis=catalog.worst([sample.basis, *_bases(spec, sample)]),
        notes=tuple(dict.fromkeys((*sample.notes, *(note for row in rows for note in row.notes)))),
    )


def lump(account: Account) -> Lump:
    """A lump of an account, on average: on a shared bus it travels while the bus is busy with it, else while its board is."""
    lumps = max(1, sum(board.lumps for board in account.boards))
    compute_s = sum(board.compute_s for board in account.boards)
    travel_s = account.bus.busy_s if account.bus else sum(board.link_s for board in account.boards)
    ran = account.calls + sum(board.repeated for board in account.boards)
    return Lump(ran / lumps, compute_s / lumps, travel_s / lumps)


def _best_chunk(sample: Sample, count: int, best: Account, look: Expect) -> tuple[int, float]:
    """The lump size that would be fastest there, if it is faster than what the program and the scheduler do; else 0."""
    most = max((len(job.seconds) for job in sample.jobs), default=0) // len(best.boards)
    own = lump(best).calls
    tried = {
        chunk: look(replace(sample, jobs=tuple(replace(job, chunk=chunk) for job in sample.jobs)), count).wall_s
        for chunk in CHUNKS
        if chunk <= max(1, most) and own / NEAR <= chunk <= own * NEAR
    }
    chunk = min(tried, key=lambda chunk: tried[chunk], default=0)
    if not chunk or tried[chunk] > best.wall_s * (1 - GAIN):
        return 0, best.wall_s
    return chunk, tried[chunk]


def _limit(sample: Sample, rows: Sequence[Account]) -> tuple[float, str]:
    """The time that no number of boards beats, and why: by what has to be done one after the other in each of these accounts."""
    longest = max((max(job.seconds, default=0.0) for job in sample.jobs), default=0.0)
    bounds = [(longest, f"the longest call takes {_seconds(longest)}, and a call is not divided")]
    carried = [row.bus for row in rows if row.bus]
    if carried:
        bus = min(carried, key=lambda bus: bus.busy_s)
        bounds.append((bus.busy_s, f"the bus ({bus.wire}) carries these bytes in {_seconds(bus.busy_s)}"))
    fed_s = min(row.host_s for row in rows)
    bounds.append((fed_s, f"this computer feeds the boards for {_seconds(fed_s)}"))
    limit_s, why = max(bounds)
    gain = (rows[-1].alone_s or 0.0) / limit_s if limit_s else 0.0
    return limit_s, f"{why}: no number of boards is more than {gain:.3g} times as fast as one"


def _verdict(sample: Sample, rows: Sequence[Account], best: Account, itself_s: float) -> str:
    """One sentence with its figures."""
    name = catalog.boards()[sample.kind].name.partition(" (")[0] if sample.kind in catalog.boards() else "board"
    most = rows[-1]
    count = len(most.boards)
    where = f"on this bus, {most.bus.wire}" if most.bus else "on these links"
    one = lump(most)
    figures = f"each lump computes {_seconds(one.compute_s)} and travels {_seconds(one.travel_s)}"
    if count > 1 and best.wall_s >= itself_s:
        return (
            f"a single {name} that runs it by itself ({_seconds(itself_s)}) is faster than {count} {where} "
            f"({_seconds(most.wall_s)}): {figures}"
        )
    if len(best.boards) == 1 and count > 1:
        return f"one {name} is as fast as {count} {where} ({_seconds(rows[0].wall_s)}, {_seconds(most.wall_s)}): {figures}"
    bound: Binding = binding(best)
    boards = f"{len(best.boards)} boards take" if len(best.boards) > 1 else "one board takes"
    alone = "" if best.alone_s is None or len(best.boards) == 1 else f", {best.speed_up:.3g} times as fast as one"
    return f"{boards} {_seconds(best.wall_s)}{alone}: {bound.sentence}"


def _bases(spec: Spec, sample: Sample) -> list[str]:
    """Of the catalogue's figures that a prediction for a spec takes: its link's, and its boards' speed against the sampled."""
    kinds = {group.kind for group in spec.groups} or {sample.kind}
    paths = [f"boards.{kind}.mandel_100_ms" for kind in sorted({*kinds, sample.kind})] if kinds != {sample.kind} else []
    if spec.bus or spec.scheme in ("breadboard", "bus"):
        return [BUS_BASIS, *_known(paths)]
    link = str(spec.options.get("link") or spec.scheme)
    names = {"emulated": ["usb"], TCP: sorted({"wifi_esp32" if kind.startswith("esp32") else "wifi_pico_w" for kind in kinds})}
    paths += [f"links.{name}.{figure}" for name in names.get(link, [link]) for figure in LINK_FACTS]
    return _known(paths)


def _known(paths: Sequence[str]) -> list[str]:
    return [catalog.fact(path).basis for path in paths]


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} us"
