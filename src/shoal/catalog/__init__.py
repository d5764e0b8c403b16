"""Facts about boards, links, computers, parts, money and faults, each with unit, source and basis: the only place for them.

The facts are in TOML files, read once and only when first asked for; the user's own, in `measured.toml`, stand in place of the
catalogue's (see `files`). `boards()`, `links()` and `computers()` give the figures to compute with, `faults()` what can go wrong;
`fact(path)` says where one of them comes from.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from shoal.catalog import files
from shoal.catalog.facts import BASES, YOURS, BoardFacts, ComputerFacts, Fact, FaultFacts, LinkFacts, worst
from shoal.catalog.files import CALIBRATIONS, KINDS, MEASURED_NAME, entries, measured_file, paths, yours

__all__ = [
    "BASES",
    "CALIBRATIONS",
    "KINDS",
    "MEASURED_NAME",
    "YOURS",
    "BoardFacts",
    "ComputerFacts",
    "Fact",
    "FaultFacts",
    "LinkFacts",
    "boards",
    "computers",
    "entries",
    "fact",
    "faults",
    "forget",
    "links",
    "measured_file",
    "paths",
    "shipped",
    "worst",
    "yours",
]


@cache
def boards() -> Mapping[str, BoardFacts]:
    """Every board of the catalogue by its key, such as "pico_2_w". Raises UsageError for a wrong file of the user's."""
    return MappingProxyType({key: _board(key, entry) for key, entry in entries("boards").items()})


@cache
def links() -> Mapping[str, LinkFacts]:
    """Every link of the catalogue by its key, such as "usb". Raises UsageError as `boards` does."""
    return MappingProxyType({key: _link(key, entry) for key, entry in entries("links").items()})


@cache
def computers() -> Mapping[str, ComputerFacts]:
    """Boards with Linux and machines to compare with, by key, such as "pi_4b". Raises UsageError as `boards` does."""
    return MappingProxyType({key: _computer(key, entry) for key, entry in entries("computers").items()})


@cache
def faults() -> Mapping[str, FaultFacts]:
    """Everything that `shoal doctor` can find, by its key, such as "port_busy"."""
    return MappingProxyType({key: _fault(key, entry) for key, entry in entries("faults").items()})


def fact(path: str) -> Fact:
    """The fact at a path such as "boards.pico.clock_mhz", the user's if there is one. Raises KeyError and UsageError."""
    return files.fact(path)


def shipped(path: str) -> Fact:
    """The fact at a path as the catalogue has it, whatever the user measured. Raises KeyError."""
    return files.fact(path, own=False)


def forget() -> None:
    """Read all again when next asked: `measured.toml` has changed."""
    files.forget()
    for reader in (boards, links, computers, faults):
        reader.cache_clear()


def _value(entry: Mapping[str, Any], name: str, default: Any = None) -> Any:
    return entry[name]["value"] if default is None or name in entry else default


def _prices(entry: Mapping[str, Any]) -> Mapping[str, float]:
    found = {name[6:].upper(): float(row["value"]) for name, row in entry.items() if name.startswith("price_")}
    return MappingProxyType(found)


def _board(key: str, entry: Mapping[str, Any]) -> BoardFacts:
    watts = ("power_idle_w", "power_load_w")
    return BoardFacts(
        key=key,
        name=entry["name"],
        platform=_value(entry, "platform"),
        arch=_value(entry, "mpy_arch"),
        cores=_value(entry, "cores"),
        python_cores=_value(entry, "python_cores"),
        clock_mhz=_value(entry, "clock_mhz"),
        ram_kib=_value(entry, "ram_kib"),
        heap_bytes=_value(entry, "mp_heap_total"),
        fpu=_value(entry, "fpu"),
        mandel_ms=_value(entry, "mandel_100_ms"),
        loop_ms=MappingProxyType({name: row["value"] for name, row in entry["loop_ms"].items()}),
        idle_w=_value(entry, watts[0]),
        load_w=_value(entry, watts[1]),
        most_w=_value(entry, "power_max_w"),
        watts_basis=worst(entry[name]["basis"] for name in watts),
        prices=_prices(entry),
    )


def _link(key: str, entry: Mapping[str, Any]) -> LinkFacts:
    shared, rate = _value(entry, "shared"), _value(entry, "to_host_bytes_s")
    return LinkFacts(
        key=key,
        name=entry["name"],
        to_board_s_per_byte=1 / _value(entry, "to_board_bytes_s"),
        to_host_s_per_byte=1 / rate,
        latency_s=_value(entry, "latency_s"),
        shared=shared,
        channel_s_per_byte=1 / _value(entry, "channel_bytes_s", rate) if shared else 0.0,
        watts=_value(entry, "power_w", 0.0),
    )


def _computer(key: str, entry: Mapping[str, Any]) -> ComputerFacts:
    return ComputerFacts(
        key=key,
        name=entry["name"],
        cores=_value(entry, "cores", 0),
        clock_mhz=_value(entry, "clock_mhz", 0.0),
        ram_mib=_value(entry, "ram_mib", 0),
        hpl_gflops=_value(entry, "hpl_gflops", 0.0),
        hpl_w=_value(entry, "hpl_w", 0.0),
        idle_w=_value(entry, "power_idle_w", 0.0),
        load_w=_value(entry, "power_load_w", 0.0),
        ethernet_mbps=_value(entry, "ethernet_mbps", 0.0),
        mandel_ms=_value(entry, "mandel_100_ms", 0.0),
        loop_ms=MappingProxyType({name: row["value"] for name, row in entry.get("loop_ms", {}).items()}),
        prices=_prices(entry),
    )


def _fault(key: str, entry: Mapping[str, Any]) -> FaultFacts:
    return FaultFacts(key, entry["severity"], _value(entry, "what"), _value(entry, "fix"))
