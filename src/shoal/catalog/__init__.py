"""Facts about boards, links and faults, each with its unit, source and basis: the only place that knows them.

The facts are in boards.toml, links.toml and faults.toml, read once and only when first asked for.
`boards()` and `links()` give the figures to compute with, `faults()` what can go wrong; `fact(path)` says where one of
them comes from.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

KINDS = ("boards", "links", "faults")
BASES = ("documented", "measured", "derived", "seed", "recalled", "estimated")


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


@dataclass(frozen=True)
class LinkFacts:
    """What a link carries: seconds per byte each way, seconds per message; `shared`: the boards divide it."""

    key: str
    name: str
    to_board_s_per_byte: float
    to_host_s_per_byte: float
    latency_s: float
    shared: bool


@dataclass(frozen=True)
class FaultFacts:
    """One thing that can be wrong. `severity`: error, warning or note; `what` and `fix` are texts with {words} to fill in."""

    key: str
    severity: str
    what: str
    fix: str


@cache
def boards() -> Mapping[str, BoardFacts]:
    """Every board of the catalogue by its key, such as "pico_2_w"."""
    return MappingProxyType({key: _board(key) for key in _entries("boards")})


@cache
def links() -> Mapping[str, LinkFacts]:
    """Every link of the catalogue by its key, such as "usb"."""
    return MappingProxyType({key: _link(key) for key in _entries("links")})


@cache
def faults() -> Mapping[str, FaultFacts]:
    """Everything that `shoal doctor` can find, by its key, such as "port_busy"."""
    return MappingProxyType({key: _fault(key) for key in _entries("faults")})


def fact(path: str) -> Fact:
    """The fact at a path such as "boards.pico.clock_mhz" or "links.usb.latency_s". Raises KeyError."""
    kind, _, rest = path.partition(".")
    if kind not in KINDS:
        raise KeyError(f"no fact '{path}': a path begins with one of {', '.join(f'{kind}.' for kind in KINDS)}")
    found: Any = _entries(kind)
    for name in rest.split("."):
        if not isinstance(found, dict) or name not in found:
            raise KeyError(f"no fact '{path}': '{name}' is not in the catalogue")
        found = found[name]
    if not isinstance(found, dict) or "basis" not in found:
        raise KeyError(f"'{path}' is not one fact")
    return Fact(
        value=found["value"],
        unit=found.get("unit", ""),
        cond=found.get("cond", ""),
        source=found["source"],
        reference=_document(kind)["sources"][found["source"]],
        basis=found["basis"],
    )


@cache
def _document(kind: str) -> dict[str, Any]:
    with Path(__file__).with_name(f"{kind}.toml").open("rb") as stream:
        return tomllib.load(stream)


@cache
def _entries(kind: str) -> dict[str, dict[str, Any]]:
    """The entries of one file, with what `same_as` refers to filled in."""
    entries: dict[str, dict[str, Any]] = _document(kind)[kind]
    filled = {}
    for key, entry in entries.items():
        base = entries[entry["same_as"]] if "same_as" in entry else {}
        filled[key] = {**base, **entry}
    return filled


def _board(key: str) -> BoardFacts:
    entry = _entries("boards")[key]
    return BoardFacts(
        key=key,
        name=entry["name"],
        platform=entry["platform"]["value"],
        arch=entry["mpy_arch"]["value"],
        cores=entry["cores"]["value"],
        python_cores=entry["python_cores"]["value"],
        clock_mhz=entry["clock_mhz"]["value"],
        ram_kib=entry["ram_kib"]["value"],
        heap_bytes=entry["mp_heap_total"]["value"],
        fpu=entry["fpu"]["value"],
        mandel_ms=entry["mandel_100_ms"]["value"],
        loop_ms=MappingProxyType({name: row["value"] for name, row in entry["loop_ms"].items()}),
    )


def _link(key: str) -> LinkFacts:
    entry = _entries("links")[key]
    return LinkFacts(
        key=key,
        name=entry["name"],
        to_board_s_per_byte=1 / entry["to_board_bytes_s"]["value"],
        to_host_s_per_byte=1 / entry["to_host_bytes_s"]["value"],
        latency_s=entry["latency_s"]["value"],
        shared=entry["shared"]["value"],
    )


def _fault(key: str) -> FaultFacts:
    entry = _entries("faults")[key]
    return FaultFacts(key, entry["severity"], entry["what"]["value"], entry["fix"]["value"])
