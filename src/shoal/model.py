"""What users see of boards and accounts: frozen values, no behaviour beyond arithmetic and text."""

from dataclasses import dataclass, field


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
    """Where one board's time went, in seconds since the cluster had its first board.

    `compute_s`: in the user's code; `link_s`: the agent reading, writing, packing and unpacking; `idle_s`: the rest, waiting for
    work. `alone_s`: what computing and link would have taken if nobody else had used this computer (for virtual boards that
    share its cores: never less than their processor time; else the sum of both).
    `calls`: calls answered first by this board; `repeated`: calls that another board answered first.
    """

    name: str
    calls: int = 0
    repeated: int = 0
    lumps: int = 0
    compute_s: float = 0.0
    link_s: float = 0.0
    idle_s: float = 0.0
    alone_s: float = 0.0
    bytes_out: int = 0
    bytes_in: int = 0
    resets: int = 0


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
    """What is known after a run. See docs/account.md for how each figure is made."""

    wall_s: float
    boards: tuple[BoardAccount, ...]
    host_cores: int
    paced: bool
    notes: tuple[str, ...] = field(default=())
    bus: BusAccount | None = None  # of boards that share one

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
        """How many times faster than one of these boards alone (estimated from `one_board_s`)."""
        return self.one_board_s / self.wall_s if self.wall_s else 0.0

    @property
    def efficiency(self) -> float:
        """Speed-up per board: 1.0 is the ideal."""
        return self.speed_up / len(self.boards) if self.boards else 0.0

    def to_dict(self) -> dict[str, object]:
        """All figures as plain values: seconds and bytes."""
        return {
            "wall_s": self.wall_s,
            "one_board_s": self.one_board_s,
            "speed_up": self.speed_up,
            "efficiency": self.efficiency,
            "calls": self.calls,
            "host_cores": self.host_cores,
            "notes": list(self.notes),
            "boards": [vars(board) for board in self.boards],
            "bus": vars(self.bus) if self.bus else None,
        }

    def __str__(self) -> str:
        head = f"{'board':<12}{'calls':>8}{'compute':>10}{'link':>10}{'idle':>10}{'sent':>10}{'received':>10}"
        rows = [
            f"{b.name:<12}{b.calls:>8}{_seconds(b.compute_s):>10}{_seconds(b.link_s):>10}{_seconds(b.idle_s):>10}"
            f"{_bytes(b.bytes_out):>10}{_bytes(b.bytes_in):>10}"
            for b in self.boards
        ]
        summary = (
            f"{self.calls} calls in {_seconds(self.wall_s)} on {len(self.boards)} boards; one board alone: about "
            f"{_seconds(self.one_board_s)}; speed-up {self.speed_up:.2f}, efficiency {self.efficiency:.0%}"
        )
        return "\n".join([head, *rows, summary, *self.notes])


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _bytes(value: int) -> str:
    return f"{value} B" if value < 10_000 else f"{value / 1000:.0f} kB" if value < 10_000_000 else f"{value / 1e6:.0f} MB"
