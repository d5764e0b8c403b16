"""What the catalogue's answers look like: one fact with its source, and the figures of a board, a link, a computer, a fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BASES = ("documented", "measured", "derived", "seed", "recalled", "estimated")
"""How well a fact is known, the best first."""
YOURS = "yours"
"""The source of a fact that the user measured or wrote down."""


@dataclass(frozen=True)
class Fact:
    """One fact. `source` is a key of its file's [sources], `reference` its text, `basis` one of BASES."""

    value: Any
    unit: str
    cond: str
    source: str
    reference: str
    basis: str


@dataclass(frozen=True)
class BoardFacts:
    """What the catalogue says of one kind of board. Times are milliseconds of one core under MicroPython.

    `python_cores`: cores that can run Python; `heap_bytes`: MicroPython's whole heap;
    `mandel_ms`: a 31x81 complex Mandelbrot set, 100 iterations; `loop_ms`: a million passes, by operation.
    `idle_w`, `load_w`, `most_w`: watts at the board's supply waiting, computing, and the most; `watts_basis`: the worst of them.
    `prices`: of one, by currency such as "USD".
    """

    key: str
    name: str
    platform: str
    arch: str
    cores: int
    python_cores: int
    clock_mhz: float
    ram_kib: int
    heap_bytes: int
    fpu: str
    mandel_ms: float
    loop_ms: Mapping[str, float]
    idle_w: float
    load_w: float
    most_w: float
    watts_basis: str
    prices: Mapping[str, float]


@dataclass(frozen=True)
class LinkFacts:
    """What a link carries: seconds per byte each way, seconds per message; `shared`: the boards divide it.

    Seconds per byte are those of one board that has the link for itself. `channel_s_per_byte`: of the medium that the boards
    share, which can be faster than one board is; 0 where they share none. `watts`: of its own parts, beside the boards'.
    """

    key: str
    name: str
    to_board_s_per_byte: float
    to_host_s_per_byte: float
    latency_s: float
    shared: bool
    channel_s_per_byte: float = 0.0
    watts: float = 0.0


@dataclass(frozen=True)
class ComputerFacts:
    """What the catalogue says of a computer that runs Linux, or of another machine to compare with. 0 and empty: not known.

    `hpl_gflops` at `hpl_w` watts: the Linpack benchmark; `idle_w`, `load_w`: at its supply, without that;
    `ethernet_mbps`: measured; `mandel_ms`, `loop_ms`: as of a board, under CPython on one core; `prices`: by currency.
    """

    key: str
    name: str
    cores: int = 0
    clock_mhz: float = 0.0
    ram_mib: int = 0
    hpl_gflops: float = 0.0
    hpl_w: float = 0.0
    idle_w: float = 0.0
    load_w: float = 0.0
    ethernet_mbps: float = 0.0
    mandel_ms: float = 0.0
    loop_ms: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FaultFacts:
    """One thing that can be wrong. `severity`: error, warning or note; `what` and `fix` are texts with {words} to fill in."""

    key: str
    severity: str
    what: str
    fix: str


def worst(bases: Iterable[str]) -> str:
    """The basis of an answer that was made from facts of these; of none: "documented"."""
    return max(bases, key=BASES.index, default=BASES[0])
