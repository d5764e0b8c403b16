"""Every fact names its source and basis, and what the library computes with is exactly what the files say."""

import math
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shoal import catalog

FOLDER = Path(catalog.__file__).parent
FACT_KEYS = {"value", "unit", "cond", "source", "basis"}

# Prints the catalogue files opened by the import, then those opened by two uses of each table.
WATCH_FILES = """
import sys
opened = []
sys.addaudithook(lambda name, args: opened.append(args[0]) if name == "open" else None)
from shoal import catalog
count = lambda: sum(str(path).endswith(("boards.toml", "links.toml", "faults.toml")) for path in opened)
at_import = count()
for again in range(2):
    catalog.boards(), catalog.links(), catalog.faults(), catalog.fact("links.usb.latency_s")
print(at_import, count())
"""


def document(kind: str) -> dict[str, Any]:
    with (FOLDER / f"{kind}.toml").open("rb") as stream:
        return tomllib.load(stream)


def facts_below(path: str, table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            if "value" in value:
                yield f"{path}.{key}", value
            else:
                yield from facts_below(f"{path}.{key}", value)


def all_facts() -> list[tuple[str, dict[str, Any]]]:
    return [pair for kind in catalog.KINDS for pair in facts_below(kind, document(kind)[kind])]


def test_there_are_facts_to_check() -> None:
    assert len(all_facts()) > 100


@pytest.mark.parametrize(("path", "row"), all_facts(), ids=[path for path, _ in all_facts()])
def test_every_fact_has_source_and_basis(path: str, row: dict[str, Any]) -> None:
    assert set(row) <= FACT_KEYS
    assert row["basis"] in catalog.BASES
    sources = document(path.partition(".")[0])["sources"]
    assert row["source"] in sources
    # What was documented or measured can be looked up; "no source" is for guesses and sums.
    if row["basis"] in ("documented", "measured", "seed"):
        assert row["source"] != "none"
    fact = catalog.fact(path)
    assert fact.value == row["value"]
    assert (fact.unit, fact.cond) == (row.get("unit", ""), row.get("cond", ""))
    assert (fact.source, fact.basis) == (row["source"], row["basis"])
    assert fact.reference == sources[row["source"]]


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_every_source_is_used(kind: str) -> None:
    used = {row["source"] for _, row in facts_below(kind, document(kind)[kind])}
    assert used == set(document(kind)["sources"])


def test_a_pico_is_what_the_file_says() -> None:
    pico, row = catalog.boards()["pico"], document("boards")["boards"]["pico"]
    assert pico.heap_bytes == row["mp_heap_total"]["value"] == 233_024
    assert pico.clock_mhz == row["clock_mhz"]["value"] == 125
    assert pico.mandel_ms == row["mandel_100_ms"]["value"] == 5212
    assert pico.loop_ms["int_add"] == row["loop_ms"]["int_add"]["value"] == 7984
    assert (pico.platform, pico.arch, pico.cores, pico.python_cores) == ("rp2", "armv6m", 2, 2)


def test_same_as_fills_in_only_what_is_missing() -> None:
    pico, pico_w = catalog.boards()["pico"], catalog.boards()["pico_w"]
    assert pico_w.mandel_ms == pico.mandel_ms
    assert pico_w.loop_ms == pico.loop_ms
    assert pico_w.heap_bytes == 192_448 != pico.heap_bytes
    assert catalog.fact("boards.pico_w.mandel_100_ms") == catalog.fact("boards.pico.mandel_100_ms")


@pytest.mark.parametrize("key", catalog.boards())
def test_every_board_is_complete(key: str) -> None:
    board = catalog.boards()[key]
    assert board.key == key
    assert board.platform in ("rp2", "esp32")
    assert board.arch in ("armv6m", "armv7emsp", "xtensawin", "rv32imc")
    assert 1 <= board.python_cores <= board.cores
    assert 0 < board.heap_bytes < board.ram_kib * 1024
    assert board.clock_mhz > 0 and board.mandel_ms > 0 and board.fpu
    assert board.loop_ms.keys() == catalog.boards()["pico"].loop_ms.keys()


def test_links() -> None:
    links = catalog.links()
    assert links["usb"].to_board_s_per_byte == pytest.approx(8.2e-6, rel=0.01)
    assert links["usb"].to_host_s_per_byte < links["usb"].to_board_s_per_byte
    pipe = links["pipe"]
    assert (pipe.to_board_s_per_byte, pipe.to_host_s_per_byte, pipe.latency_s) == (0, 0, 0)
    for key, link in links.items():
        assert link.key == key
        rate = document("links")["links"][key]["to_board_bytes_s"]["value"]
        assert link.to_board_s_per_byte * rate == pytest.approx(1) or math.isinf(rate)
    assert {key for key, link in links.items() if link.shared} == {
        "i2c_400k",
        "i2c_1m",
        "wifi_pico_w",
        "wifi_esp32",
    }


@pytest.mark.parametrize("path", ["boards", "boards.pico", "boards.zx81.cores", "power.x", "links.usb.name"])
def test_a_path_that_is_no_fact_is_a_key_error(path: str) -> None:
    with pytest.raises(KeyError, match=path.split(".")[-1]):
        catalog.fact(path)


def test_the_files_are_read_once_and_not_at_import() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH_FILES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "3"]
