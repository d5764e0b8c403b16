"""Measures the user's own boards, their links and this computer, and keeps the figures for predictions.

Nothing but jobs of known sizes on a cluster, and its account: a lump's seconds in the agent are those of the lump itself, of each
of its calls and of each byte, so a few kinds of lumps tell them apart. All times but latency and host are by the board's clock.

Figures go to the user's `measured.toml`, all of them under [calibrations.NAME]. Those of real boards also take the place of the
catalogue's; those of virtual, emulated and simulated boards never do, because such boards are themselves made by the catalogue.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from shoal import Cluster, catalog, config
from shoal.bench.onrequest import give, idle, mandelbrot, steps, take
from shoal.errors import ShoalError, UsageError
from shoal.model import Account
from shoal.spec import Spec

REAL = ("usb", "tcp", "bus")  # schemes of boards that exist
_SMALL, _OUT, _BACK = 256, 1792, 8192  # bytes of blocks; with the rest of its message, a large one fits a frame
_MANY = 32  # calls in a lump
_LUMPS = 12
_TRIPS = 15
_ROUNDS = 5
_ROWS = (3, 9, 15, 21, 27)  # of the benchmark's 31: 0.9 s of a Pico, half a minute of an emulated one


@dataclass(frozen=True)
class Figure:
    """One figure. `path`: the catalogue's fact that it measures anew, or ""; `known`: the value there, or None."""

    name: str
    title: str
    value: float
    unit: str
    path: str = ""
    known: float | None = None


@dataclass(frozen=True)
class Calibration:
    """Figures. `name`: of its table in the user's file; `kind`: of the boards, or ""; `replaces`: the catalogue's facts."""

    name: str
    on: str
    kind: str
    boards: int
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    replaces: bool

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**vars(self), "figures": [vars(figure) for figure in self.figures], "notes": list(self.notes)}


@dataclass(frozen=True)
class Lump:
    """What a lump of one kind took, in the middle of several jobs: seconds, and bytes both ways with all that travels beside."""

    compute_s: float
    agent_s: float
    host_s: float
    wall_s: float
    bytes_out: float
    bytes_in: float


def calibrate(on: Spec, tell: Callable[[str], None]) -> Calibration:
    """Measure the boards of a spec, of one kind; of those that are made, one.

    Raises UsageError for boards of several kinds or a user's file that is wrong, ShoalError where a board fails or answers wrong.
    """
    catalog.yours()  # complains about a file that is wrong, before anything is measured
    on = on.sized(1) if on.groups else on
    with Cluster(on.text) as cluster:
        boards = cluster.boards
        if not boards:
            raise ShoalError(f"no board of {on.text} answered, so there is nothing to measure")
        kinds = sorted({board.kind for board in boards})
        if len(kinds) > 1:
            raise UsageError(f"{on.text} has boards of several kinds ({', '.join(kinds)}): name those of one kind")
        kind = kinds[0] if kinds[0] in catalog.boards() else ""
        tell("lumps")
        agent, notes = _agent(cluster, on, kind)
        tell("computing")
        compute = _compute(cluster, kind)
    if not kind:
        notes = (*notes, "the boards' kind is not in the catalogue, so nothing says how fast they should be")
    return Calibration(_name(on), on.text, kind, len(boards), (*compute, *agent), notes, on.scheme in REAL)


def store(made: Calibration) -> Path:
    """Keep the figures in the user's file, in place of older ones of the same name. Raises UsageError if that file is wrong."""
    day = date.today().isoformat()

    def change(document: Any) -> None:
        document.setdefault("sources", {})[made.name] = f"measured on {day} by `shoal bench --calibrate --on {made.on}`"
        calibrations = document.setdefault(catalog.CALIBRATIONS, {})
        calibrations[made.name] = {figure.name: _row(figure, made) for figure in made.figures}
        for figure in made.figures if made.replaces else ():
            if figure.path:
                group, key, name = figure.path.split(".")
                document.setdefault(group, {}).setdefault(key, {})[name] = _row(figure, made)

    file = config.change(catalog.MEASURED_NAME, change)
    catalog.forget()
    return file


def _row(figure: Figure, made: Calibration) -> dict[str, Any]:
    return {"value": figure.value, "unit": figure.unit, "cond": made.on, "source": made.name}


def _name(on: Spec) -> str:
    """Of a table in the user's file: the scheme, and of boards that are made also their link or wiring."""
    if on.scheme in REAL or on.scheme == "emulated":
        return on.scheme
    which = Path(on.targets[0]).stem if on.targets else str(on.options["link"])
    return f"{on.scheme}:{which}"


def _link(on: Spec, kind: str) -> str:
    """The catalogue's key of the link that is measured, or ""."""
    if on.scheme in ("usb", "emulated"):
        return "usb"
    if on.scheme == "tcp":
        return "wifi_esp32" if kind.startswith("esp32") else "wifi_pico_w"
    link = str(on.options.get("link", ""))
    return link if link in catalog.links() else ""


# --- measuring


def _agent(cluster: Cluster, on: Spec, kind: str) -> tuple[list[Figure], tuple[str, ...]]:
    """What lumps, calls and bytes cost the agent and this computer, and how long a message is under way."""
    one = _lumps(cluster, idle, [(number, 1) for number in range(_LUMPS)], 1, [None] * _LUMPS)
    many = _lumps(cluster, idle, [(number, 1) for number in range(_LUMPS * _MANY)], _MANY, [None] * _LUMPS * _MANY)
    few_out, out = (_taken(cluster, size) for size in (_SMALL, _OUT))
    few_back, back = (_given(cluster, size) for size in (_SMALL, _BACK))
    bus = on.bus is not None or on.scheme == "bus"  # it moves bytes while the board does something else

    def seconds(lump: Lump) -> float:
        return lump.wall_s if bus else lump.agent_s

    to_board = max(0.0, (seconds(out) - seconds(few_out)) / max(1.0, out.bytes_out - few_out.bytes_out))
    to_host = max(0.0, (seconds(back) - seconds(few_back)) / max(1.0, back.bytes_in - few_back.bytes_in))

    def carried(lump: Lump) -> float:
        return 0.0 if bus else lump.bytes_out * to_board + lump.bytes_in * to_host

    call_s = max(0.0, (many.agent_s - carried(many) - one.agent_s + carried(one)) / (_MANY - 1))
    host_call_s = max(0.0, (many.host_s - one.host_s) / (_MANY - 1))
    link = _link(on, kind)
    figures = [
        Figure("agent_lump_s", "agent, a lump", max(0.0, one.agent_s - carried(one) - call_s), "s"),
        Figure("agent_call_s", "agent, a call", call_s, "s"),
        Figure("host_lump_s", "this computer, a lump", max(0.0, one.host_s - host_call_s), "s"),
        Figure("host_call_s", "this computer, a call", host_call_s, "s"),
    ]
    notes = []
    for name, title, byte_s in (
        ("to_board_bytes_s", "to the board", to_board),
        ("to_host_bytes_s", "from the board", to_host),
    ):
        if byte_s:
            figures.append(_of_link(name, title, 1 / byte_s, "bytes/s", link))
        else:
            notes.append(f"{title}, bytes take no time that could be measured")
    if on.scheme == "emulated":
        notes.append("latency was not measured: an emulated board's time and this computer's are not the same")
    else:
        figures.append(_of_link("latency_s", "a message under way", _latency(cluster), "s", link))
    return figures, tuple(notes)


def _taken(cluster: Cluster, size: int) -> Lump:
    return _lumps(cluster, take, [(give(size, number), number) for number in range(_LUMPS)], 1, [size] * _LUMPS)


def _given(cluster: Cluster, size: int) -> Lump:
    blocks = [give(size, number) for number in range(_LUMPS)]
    return _lumps(cluster, give, [(size, number) for number in range(_LUMPS)], 1, blocks)


def _of_link(name: str, title: str, value: float, unit: str, link: str) -> Figure:
    path = f"links.{link}.{name}" if link else ""
    return Figure(name, title, value, unit, path, catalog.shipped(path).value if path else None)


def _compute(cluster: Cluster, kind: str) -> list[Figure]:
    """The catalogue's Mandelbrot benchmark, some rows of it, and how the board compares with its kind."""
    points = [(row,) for row in _ROWS]
    share = sum(steps(row) for row in _ROWS) / sum(steps(row) for row in range(31))
    took = _lumps(cluster, mandelbrot, points, 1, None, rounds=1).compute_s * len(_ROWS) / share
    if not kind:
        return [Figure("mandel_100_ms", "Mandelbrot benchmark", took * 1e3, "ms")]
    path = f"boards.{kind}.mandel_100_ms"
    known = float(catalog.shipped(path).value)
    return [
        Figure("mandel_100_ms", "Mandelbrot benchmark", took * 1e3, "ms", path, known),
        Figure("compute_ratio", "its time, of the catalogue's", took * 1e3 / known, ""),
    ]


def _latency(cluster: Cluster) -> float:
    """Seconds for which a message is under way, one way: half of a round trip without what both ends spend on it."""
    trips = []
    for number in range(_TRIPS):
        before = cluster.account()
        cluster.submit(idle, number, 1).result()
        trip = _between(before, cluster.account(), 1)
        trips.append(trip.wall_s - trip.compute_s - trip.agent_s - trip.host_s)
    return max(0.0, median(trips) / 2)


def _lumps(
    cluster: Cluster,
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    count: int,
    expected: Any,
    rounds: int = _ROUNDS,
) -> Lump:
    """Lumps of `count` calls each: medians over several jobs, after one that does not count. ShoalError if one is wrong."""
    jobs = []
    for _ in range(1 + rounds):
        before = cluster.account()
        answers = list(cluster.map(function, *zip(*arguments, strict=True), chunksize=count))
        if expected is not None and answers != expected:
            raise ShoalError(f"{function.__name__} gives another answer on a board of {cluster.spec.text} than here")
        jobs.append(_between(before, cluster.account(), len(arguments) // count))
    return Lump(*(median(values) for values in zip(*(vars(job).values() for job in jobs[1:]), strict=True)))


def _between(before: Account, after: Account, lumps: int) -> Lump:
    """What one of so many lumps took, of all that happened between two looks at the account."""

    def more(name: str) -> float:
        return float(sum(getattr(board, name) for board in after.boards) - sum(getattr(board, name) for board in before.boards))

    took = max(lumps, more("lumps"))  # of several boards some may have helped others
    return Lump(
        compute_s=more("compute_s") / took,
        agent_s=more("link_s") / took,
        host_s=(after.host_s - before.host_s) / took,
        wall_s=(after.wall_s - before.wall_s) / lumps,
        bytes_out=more("bytes_out") / took,
        bytes_in=more("bytes_in") / took,
    )
