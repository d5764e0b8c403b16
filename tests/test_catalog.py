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
from shoal.catalog.files import FILES
from shoal.errors import UsageError

FOLDER = Path(catalog.__file__).parent
FACT_KEYS = {"value", "unit", "cond", "source", "basis"}

# Prints the catalogue files opened by the import, then those opened by two uses of each table.
WATCH_FILES = """
import sys
NAMES = ("boards", "links", "faults", "computers", "power", "money", "python", "wires")
opened = []
sys.addaudithook(lambda name, args: opened.append(args[0]) if name == "open" else None)
from shoal import catalog
count = lambda: sum(str(path).endswith(tuple(f"catalog/{name}.toml" for name in NAMES)) for path in opened)
at_import = count()
for again in range(2):
    catalog.boards(), catalog.links(), catalog.faults(), catalog.computers(), catalog.fact("links.usb.latency_s")
    [catalog.entries(kind) for kind in catalog.KINDS]
print(at_import, count())
"""


@pytest.fixture(autouse=True)
def nobody(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user without facts of their own; the folder for them."""
    home = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    catalog.forget()
    yield home
    monkeypatch.undo()
    catalog.forget()


def document(kind: str) -> dict[str, Any]:
    with (FOLDER / f"{FILES[kind]}.toml").open("rb") as stream:
        return tomllib.load(stream)


def facts_below(path: str, table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            if "value" in value:
                yield f"{path}.{key}", value
            else:
                yield from facts_below(f"{path}.{key}", value)


def all_facts() -> list[tuple[str, dict[str, Any]]]:
    return [pair for kind in FILES for pair in facts_below(kind, document(kind)[kind])]


def test_there_are_facts_to_check() -> None:
    assert len(all_facts()) > 400


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


@pytest.mark.parametrize("name", sorted(set(FILES.values())))
def test_every_source_is_used_and_every_table_has_a_name(name: str) -> None:
    kinds = [kind for kind, file in FILES.items() if file == name]
    used = {row["source"] for kind in kinds for _, row in facts_below(kind, document(kind)[kind])}
    assert used == set(document(kinds[0])["sources"])
    assert set(document(kinds[0])) == {"sources", *kinds}
    if name != "faults":
        for kind in kinds:
            assert all(entry["name"] for entry in document(kind)[kind].values())


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
    assert 0 < board.idle_w < board.load_w <= board.most_w
    assert board.watts_basis in catalog.BASES and all(price > 0 for price in board.prices.values())
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


@pytest.mark.parametrize(
    "path", ["boards", "boards.pico", "boards.zx81.cores", "power.x", "links.usb.name", "calibrations.usb.lump_s"]
)
def test_a_path_that_is_no_fact_is_a_key_error(path: str) -> None:
    with pytest.raises(KeyError, match=path.split(".")[-1]):
        catalog.fact(path)


def test_the_files_are_read_once_and_not_at_import() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH_FILES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "8"]


def test_the_worst_basis_counts() -> None:
    assert catalog.worst(["measured", "documented"]) == "measured"
    assert catalog.worst(["seed", "estimated", "documented"]) == "estimated"
    assert catalog.worst([]) == "documented"
    assert catalog.boards()["pico"].watts_basis == "measured"
    assert catalog.boards()["pico_w"].watts_basis == "derived"
    assert catalog.boards()["pico_2"].watts_basis == "estimated"


def test_computers_and_channels() -> None:
    pi = catalog.computers()["pi_4b"]
    assert (pi.hpl_gflops, pi.hpl_w, pi.idle_w, pi.prices["GBP"], pi.mandel_ms) == (11.889, 7.2, 1.6, 35.0, 33)
    assert catalog.computers()["n150_mini_pc"].cores == 0  # not known, and not guessed
    radio, bus, usb = (catalog.links()[key] for key in ("wifi_pico_w", "i2c_400k", "usb"))
    assert 0 < radio.channel_s_per_byte < radio.to_host_s_per_byte
    assert bus.channel_s_per_byte == bus.to_host_s_per_byte and bus.watts > 0
    assert usb.channel_s_per_byte == 0


# --- the user's own facts


def write(home: Path, text: str) -> None:
    (home / "shoal").mkdir(exist_ok=True)
    (home / "shoal" / catalog.MEASURED_NAME).write_text(text, encoding="utf-8")
    catalog.forget()


OWN = """
[sources]
yours = "measured on 2026-11-21 by `shoal bench --calibrate --on usb:`"
[links.usb]
to_host_bytes_s = {value = 640000, cond = "two Picos"}
[boards.pico]
price_gbp = {value = 3.6, unit = "GBP", source = "the shop at the corner"}
loop_ms.int_add = {value = 7000}
[boards.my_pico]
same_as = "pico"
name = "The quick one"
clock_mhz = {value = 200, unit = "MHz", basis = "documented"}
[calibrations."virtual:usb"]
host_lump_s = {value = 0.0001, unit = "s"}
"""


def test_what_the_user_measured_stands_in_place_of_the_catalogue(nobody: Path) -> None:
    write(nobody, OWN)
    own = catalog.fact("links.usb.to_host_bytes_s")
    assert (own.value, own.unit, own.cond, own.source, own.basis) == (640000, "bytes/s", "two Picos", "yours", "measured")
    assert own.reference.startswith("measured on 2026-11-21")
    assert catalog.shipped("links.usb.to_host_bytes_s").value == 599_040
    assert catalog.links()["usb"].to_host_s_per_byte == 1 / 640000
    assert catalog.links()["usb"].to_board_s_per_byte == 1 / 122000  # nobody measured it
    pico, mine = catalog.boards()["pico"], catalog.boards()["my_pico"]
    assert pico.prices == {"USD": 4.0, "GBP": 3.6} and pico.loop_ms["int_add"] == 7000 and pico.loop_ms["float_add"] == 13447
    assert (mine.name, mine.clock_mhz, mine.heap_bytes) == ("The quick one", 200, 233_024)
    assert catalog.fact("calibrations.virtual:usb.host_lump_s").value == 0.0001
    price = catalog.fact("boards.pico.price_gbp").reference
    assert price.startswith("the shop at the corner") and str(nobody) in price
    assert set(catalog.yours()) == {
        "links.usb.to_host_bytes_s",
        "boards.pico.price_gbp",
        "boards.pico.loop_ms.int_add",
        "boards.my_pico.clock_mhz",
        "calibrations.virtual:usb.host_lump_s",
    }
    (nobody / "shoal" / catalog.MEASURED_NAME).unlink()
    catalog.forget()
    assert catalog.yours() == () and catalog.links()["usb"].to_host_s_per_byte == 1 / 599_040


@pytest.mark.parametrize("data", [b"\xff\xfe", None])
def test_what_is_no_text_or_no_file_is_refused_in_words(nobody: Path, data: bytes | None) -> None:
    file = nobody / "shoal" / catalog.MEASURED_NAME
    (file if data is None else file.parent).mkdir(parents=True)
    if data:
        file.write_bytes(data)
    catalog.forget()
    with pytest.raises(UsageError, match=r"cannot be read as TOML.*move it away"):
        catalog.boards()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[links.usb", "cannot be read as TOML"),
        ("[link.usb]", "unknown table 'link' .did you mean 'links'"),
        ("links = 3", "must be a table"),
        ("[links.usbb]", "did you mean 'usb'.*same_as"),
        ("[boards.new]\nsame_as = 'picco'", "did you mean 'pico'"),
        ("[links.usb]\nto_hosts_bytes_s = {value = 3}", "unknown fact.*did you mean 'to_host_bytes_s'.*calibrations"),
        ("[links.usb]\nto_host_bytes_s = 3", "must be a fact"),
        ("[links.usb]\nto_host_bytes_s = {value = 3, unit = 'kB/s'}", "'kB/s' here and in 'bytes/s' in the catalogue"),
        ("[links.usb]\nto_host_bytes_s = {value = 'fast'}", "must be a number"),
        ("[links.usb]\nto_host_bytes_s = {value = 0}", "cannot be 0"),
        ("[links.usb]\nto_host_bytes_s = {value = -1}", "not a number from 0 up"),
        ("[links.usb]\nto_host_bytes_s = {value = nan}", "not a number from 0 up"),
        ("[links.usb]\nto_host_bytes_s = {value = 1, bassis = 'measured'}", "did you mean 'basis'"),
        ("[links.usb]\nto_host_bytes_s = {value = 1, basis = 'sure'}", "unknown basis 'sure'"),
        ("[links.usb]\nshared = {value = 1}", "must be bool"),
        ("[links.usb]\nto_host_bytes_s = {}", "must be a fact"),
        ("[boards.pico]\ncores = {value = 2.5}", "must be a whole number"),
        ("[boards.pico]\nsame_as = 'pico_2'", "for names that the catalogue does not have"),
        ("[boards.new]\nsame_as = ['pico']", "unknown name"),
        ("[boards.pico]\nprice_gbp = {value = '3'}", "must be a number"),
        ("[boards.pico]\nprice_gbp = {value = 3, unit = 'USD'}", "in 'USD' here"),
        ("sources = 3", "must be a table"),
    ],
)
def test_a_wrong_file_is_refused_in_words(nobody: Path, text: str, words: str) -> None:
    write(nobody, text)
    with pytest.raises(UsageError, match=words) as raised:
        catalog.yours()
    assert str(nobody) in str(raised.value)  # it says which file
    with pytest.raises(UsageError, match=words):
        _ = catalog.boards() if "[boards" in text else catalog.links()
