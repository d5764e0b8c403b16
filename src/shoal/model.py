"""What users see of boards and accounts: frozen values, no behaviour beyond arithmetic and text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Board:
    """One board of a cluster.

    `arch`: what native code it runs ("armv6m", "x64" ...) or "" for none; `heap_free`: bytes, when last asked;
    `link`: what it hangs on; `pid`: process of a virtual board, else None; `agent`: release of its agent;
    `reset`: why it started, as its `machine.reset_cause()` says, 0 if unknown; `temperature`: of its chip, C, when it came up.
    """

    name: str
    unique_id: str
    platform: str
    arch: str
    cores: int
    heap_free: int
    link: str
    firmware: str
    kind: str = ""
    tags: tuple[str, ...] = ()
    pid: int | None = None
    agent: str = ""
    reset: int = 0
    temperature: float | None = None


@dataclass(frozen=True)
class BoardAccount:
    """Where one board's time went, in seconds of wall time.

    `compute_s`: in the user's code; `link_s`: the agent reading, writing, packing and unpacking; `waiting_s`: calls or answers
    of this board were under way, and it did neither; `idle_s`: nothing was asked of it. These four are the wall time.
    `alone_s`: what computing and link would have taken if nobody else had used this computer (for virtual boards that
    share its cores: never less than their processor time; else the sum of both).
    `calls`: calls answered first by this board; `repeated`: calls that another board answered first.
    `away_s`: the part of `idle_s` during which its agent was not there: starting, or restarting.
    `kind`: its key in the catalogue, or ""; `idle_w`, `load_w`: watts by the catalogue, 0 if it knows none.
    """

    name: str
    calls: int = 0
    repeated: int = 0
    lumps: int = 0
    compute_s: float = 0.0
    link_s: float = 0.0
    waiting_s: float = 0.0
    idle_s: float = 0.0
    alone_s: float = 0.0
    bytes_out: int = 0
    bytes_in: int = 0
    resets: int = 0
    kind: str = ""
    idle_w: float = 0.0
    load_w: float = 0.0
    away_s: float = 0.0

    @property
    def joules(self) -> float:
        """Energy by the catalogue's watts: idle all the time, load while it computed or served its link."""
        busy = self.compute_s + self.link_s
        return self.idle_w * (busy + self.waiting_s + self.idle_s) + (self.load_w - self.idle_w) * busy


@dataclass(frozen=True)
class BusAccount:
    """What the bus of a cluster was used for. `wire`: and its frequency in Hz, such as "i2c 400000"; `troubles`: a sentence each.

    `busy_s` of the `seconds` in which it carried payload at all; `bytes_in`, `bytes_out`: payload from boards and to them;
    `retries`: packets sent again; `joined`, `left`: boards; `clashes`: newcomers that spoke at once.
    """

    wire: str
    seconds: float = 0.0
    busy_s: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    retries: int = 0
    joined: int = 0
    left: int = 0
    clashes: int = 0
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """What is known after a run, or expected before one. See docs/account.md for how each figure is made.

    `host_s`: processor seconds of the thread that feeds the boards. `alone_s`: what one board alone takes for the same calls, if
    that was found out; `alone_how`: how: "measured" or "predicted"; else `one_board_s` is an estimate.
    """

    wall_s: float
    boards: tuple[BoardAccount, ...]
    host_cores: int
    paced: bool
    notes: tuple[str, ...] = field(default=())
    bus: BusAccount | None = None  # of boards that share one
    host_s: float = 0.0
    alone_s: float | None = None
    alone_how: str = "estimated"
    joules_basis: str = ""

    @property
    def calls(self) -> int:
        """Calls answered."""
        return sum(board.calls for board in self.boards)

    @property
    def one_board_s(self) -> float:
        """Seconds that one average board alone would have needed: computing and its link, without what was repeated.

        Time spent waiting for a core of this computer is not counted: one board alone would not have waited.
        """
        return sum(board.alone_s * board.calls / max(1, board.calls + board.repeated) for board in self.boards)

    @property
    def speed_up(self) -> float:
        """How many times faster than one of these boards alone; `alone_how` says how that is known."""
        alone = self.one_board_s if self.alone_s is None else self.alone_s
        return alone / self.wall_s if self.wall_s else 0.0

    @property
    def joules(self) -> float:
        """Energy of the boards by the catalogue's watts; 0 if it knows none."""
        return sum(board.joules for board in self.boards)

    @property
    def efficiency(self) -> float:
        """Speed-up per board: 1.0 is the ideal."""
        return self.speed_up / len(self.boards) if self.boards else 0.0

    @property
    def calls_per_joule(self) -> float:
        """Tasks for a joule; 0 if the catalogue knows no watts."""
        return self.calls / self.joules if self.joules else 0.0

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values: seconds, bytes, watts, joules."""
        return {
            **{name: getattr(self, name) for name in _FIGURES},
            "notes": list(self.notes),
            "boards": [{**vars(board), "joules": board.joules} for board in self.boards],
            "bus": {**vars(self.bus), "troubles": list(self.bus.troubles)} if self.bus else None,
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "Account":
        """The account that `to_dict` gave these values of; what follows from others is made again. Raises KeyError, TypeError."""
        boards = tuple([BoardAccount(**_checked(BoardAccount, row)) for row in values["boards"]])
        told = values["bus"]
        bus = BusAccount(**_checked(BusAccount, told), troubles=tuple(map(str, told["troubles"]))) if told else None
        notes = tuple(map(str, values["notes"]))
        return Account(**_checked(Account, values), boards=boards, notes=notes, bus=bus)

    def __str__(self) -> str:
        spent = f"{'compute':>10}{'link':>10}{'waiting':>10}{'idle':>10}"
        head = f"{'board':<12}{'calls':>8}{spent}{'sent':>10}{'received':>10}"
        rows = [
            f"{b.name:<12}{b.calls:>8}{_seconds(b.compute_s):>10}{_seconds(b.link_s):>10}{_seconds(b.waiting_s):>10}"
            f"{_seconds(b.idle_s):>10}{_bytes(b.bytes_out):>10}{_bytes(b.bytes_in):>10}"
            for b in self.boards
        ]
        return "\n".join([head, *rows, self.summary(), *self.notes])

    def summary(self, what: str = "calls") -> str:
        """What the cluster gained, in a line; the energy it took, in another if that is known. `what`: a word for calls."""
        alone = self.one_board_s if self.alone_s is None else self.alone_s
        how = "about " if self.alone_how == "estimated" else f"{self.alone_how}, "
        text = (
            f"{self.calls} {what} on {len(self.boards)} board{'s' * (len(self.boards) != 1)} took {_seconds(self.wall_s)}; "
            f"one board alone: {how}{_seconds(alone)}; speed-up {self.speed_up:.2f}, efficiency {self.efficiency:.0%}"
        )
        if self.efficiency > 1.02:
            text += "\nmore than one for each board cannot be: this computer was busier when one board was timed than in the run"
        if self.joules:
            per_joule = f"{self.calls_per_joule:.3g} {what} per joule"
            text += f"\nthe boards took {_joules(self.joules)}, {per_joule} (catalogue's watts: {self.joules_basis})"
        return text


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _bytes(value: int) -> str:
    return f"{value} B" if value < 10_000 else f"{value / 1000:.0f} kB" if value < 10_000_000 else f"{value / 1e6:.0f} MB"


def _joules(value: float) -> str:
    return f"{value:.1f} J" if value >= 1 else f"{value * 1000:.3g} mJ"


def _plain(kind: type[Any]) -> dict[str, Any]:
    """The fields that hold one value, with its type."""
    return {each.name: each.type for each in fields(kind) if each.type in _PLAIN}


def _checked(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Of these values those of the plain fields, of the right type each."""
    for name, wanted in _plain(kind).items():
        value = values[name]
        if type(value) not in _PLAIN[wanted] or (type(value) in (int, float) and not 0 <= value < 1e18):
            raise TypeError(f"{name} cannot be {value!r:.40}")
    return {name: values[name] for name in _plain(kind)}


_PLAIN: dict[Any, tuple[type, ...]] = {
    bool: (bool,), int: (int,), float: (int, float), str: (str,), float | None: (int, float, type(None)),
}  # fmt: skip
_FIGURES = (*_plain(Account), "calls", "one_board_s", "speed_up", "efficiency", "joules", "calls_per_joule")
