"""Wiring files: what is read from a right one, and what is said of a wrong one."""

from pathlib import Path

import pytest

from shoal import catalog
from shoal.errors import UsageError
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.gpios import GPIOS, INPUTS_ONLY, listed

GOOD = """
name = "two"
[bus]
wire = "i2c"
frequency_hz = 400_000
[bus.pins]
sda = 10
scl = 11
role = 22
[boards.c]
board = "pico"
unique_id = "0123456789abcdef"
[boards.p]
board = "picow"
count = 2
boot_s = [0.5, 1]
[nets.sda]
pins = ["*:10"]
pullups_ohm = [4700, 4700]
pulldowns_ohm = [10_000]
length_m = 0.5
[nets.scl]
pins = ["c:11", "p*:11"]
[nets.role]
pins = ["c:22"]
ground = true
[devices.led]
kind = "led"
pins = { anode = "p*:15" }
[devices.lcd]
kind = "ili9341"
pins = { sck = "c:2", mosi = "c:3", cs = "c:5", dc = "c:7" }
[cost]
row = { fixed_us = 10, unit_us = 1.5 }
pack = { fixed_us = 0, unit_us = 2, units = "argument" }
"""


def read(folder: Path, text: str) -> wiring.Wiring:
    file = folder / "two.toml"
    file.write_text(text)
    return wiring.load(str(file))


def test_a_wiring_is_read_whole(tmp_path: Path) -> None:
    two = read(tmp_path, GOOD)
    assert [(board.name, board.kind, board.boots) for board in two.boards] == [
        ("c", "pico", (0.0, 0.0)),
        ("p1", "pico_w", (0.5, 1.0)),
        ("p2", "pico_w", (0.5, 1.0)),
    ]
    assert two.board("c").unique_id == "0123456789abcdef"
    assert (two.controllers, two.processors) == (("c",), ("p1", "p2"))
    sda = two.net("sda")
    assert sda.pins == (("c", 10), ("p1", 10), ("p2", 10))
    assert (sda.pullup_ohm, sda.pulldown_ohm, sda.length_m) == (pytest.approx(2350), pytest.approx(10_000), 0.5)
    assert two.net("scl").pullup_ohm is None
    assert two.net_at(("p2", 11)) is two.net("scl") and two.net_at(("p2", 12)) is None
    assert [device.name for device in two.devices] == ["led-p1", "led-p2", "lcd"]
    assert two.device("led-p2").pins == {"anode": ("p2", 15)}
    assert (two.bus.wire, two.bus.frequency_hz, two.bus.pins["scl"]) == ("i2c", 400_000, 11)
    assert two.costs == {"row": wiring.Cost(10, 1.5, "sum"), "pack": wiring.Cost(0, 2, "argument")}


@pytest.mark.parametrize("name", wiring.built_in())
def test_wirings_that_come_with_shoal(name: str) -> None:
    wired = wiring.load(name)
    assert wired.name == name and wired.about
    assert len(wired.controllers) == 1
    assert len(wired.processors) == len(wired.boards) - 1
    ids = [board.unique_id for board in wired.boards]
    assert len(set(ids)) == len(ids)
    for role, gpio in wired.bus.pins.items():
        joined = [net for net in wired.nets for pin in net.pins if pin[1] == gpio]
        lit = [device for device in wired.devices for pin in device.pins.values() if pin[1] == gpio]
        assert joined or lit, f"nothing is wired to {role}"


def test_picocray_is_wired_as_picocray_is() -> None:
    cray = wiring.load("picocray")
    assert len(cray.boards) == 9 and {board.kind for board in cray.boards} == {"pico"}
    assert {role: cray.bus.pins[role] for role in ("sda", "scl", "attention", "role")} == {
        "sda": 10, "scl": 11, "attention": 13, "role": 22,
    }  # fmt: skip
    assert cray.net("sda").pullups_ohm == cray.net("scl").pullups_ohm == (4700, 4700)


def test_boards_have_the_same_ids_in_every_run(tmp_path: Path) -> None:
    assert wiring.load("esp32") == wiring.load("esp32")
    assert all(len(board.unique_id) == 12 for board in wiring.load("esp32").boards), "an ESP32's id is a MAC address"
    assert all(len(board.unique_id) == 16 for board in wiring.load("picocray").boards)


WRONG = {
    ('board = "picow"', 'board = "picoo"', "[boards.p]: unknown board 'picoo' (did you mean 'pico'?)"),
    ('board = "picow"', "board = 7", "[boards.p]: board must be a string, not 7"),
    ('board = "picow"', "", '[boards.p]: board is missing; write board = "pico"'),
    ("count = 2", "count = 0", "[boards.p]: count must be a whole number from 1 to 113, not 0"),
    ("count = 2", "count = true", "not True"),
    ("count = 2", "count = 113", "[boards]: 114 boards; a bus has room for 113"),
    ("count = 2", 'count = 2\nunique_id = "00"', "unique_id is for one board"),
    ('unique_id = "0123456789abcdef"', 'unique_id = "xyz"', "hex digits"),
    ("boot_s = [0.5, 1]", "boot_s = [2, 1]", "[boards.p]: boot_s must be two numbers of seconds"),
    ("boot_s = [0.5, 1]", "boot_s = [0, nan]", "boot_s must be two numbers"),
    ('pins = ["*:10"]', 'pins = ["*:10", "q:10"]', "[nets.sda]: unknown board 'q'; known: c, p1, p2"),
    ('pins = ["*:10"]', 'pins = ["*:23"]', "[nets.sda]: \"*:23\": c is a Raspberry Pi Pico (RP2040), which has GPIO 0-22, 25-28"),
    ('pins = ["*:10"]', 'pins = ["*.10"]', '"*.10" is not BOARD:GPIO'),
    ('pins = ["*:10"]', 'pins = ["c:-1"]', '"c:-1" is not BOARD:GPIO'),
    ('pins = ["*:10"]', 'pins = "*:10"', "pins must be a list such as"),
    ('pins = ["*:10"]', "pins = []", "pins must be a list such as"),
    ('"p*:11"]', '"*:10"]', "[nets.scl]: c:10 is in [nets.sda] too; a pin is in one net"),
    ("length_m = 0.5", "length_m = -1", "length_m must be metres"),
    ("ground = true", "ground = 1", "ground must be true or false, not 1"),
    ("[4700, 4700]", "[4700, 0]", "pullups_ohm must be a list of resistors in ohm"),
    ("[4700, 4700]", "4700", "pullups_ohm must be a list"),
    ("pullups_ohm", "pull_ups", "[nets.sda]: unknown key 'pull_ups' (did you mean 'pullups_ohm'?)"),
    ('kind = "led"', 'kind = "lamp"', "[devices.led]: unknown kind of device 'lamp'"),
    ('anode = "p*:15"', 'cathode = "p*:15"', "[devices.led.pins]: unknown key 'cathode'"),
    (', dc = "c:7"', "", "[devices.lcd]: pins lacks dc"),
    (', dc = "c:7"', ', dc = "p*:7"', "different numbers of boards"),
    ("{ fixed_us = 10, unit_us = 1.5 }", "{ fixed_us = 10 }", "[cost.row]: unit_us is missing"),
    ("{ fixed_us = 10, unit_us = 1.5 }", "[10, 1.5]", "[cost]: [cost] holds a table for each"),
    ("unit_us = 1.5", 'unit_us = "1.5"', "unit_us must be microseconds"),
    ('units = "argument"', 'units = "bytes"', "[cost.pack]: unknown units 'bytes'"),
    ('wire = "i2c"', 'wire = "spi"', "[bus]: unknown wire 'spi'"),
    ('wire = "i2c"', 'wire = "gpio"', "[bus.pins]: unknown key 'sda'"),
    ("frequency_hz = 400_000", "frequency_hz = 4e5", "[bus]: frequency_hz must be a whole number of hertz"),
    ("frequency_hz = 400_000", "", "[bus]: frequency_hz must be"),
    ("sda = 10\nscl", "scl", "[bus.pins]: sda missing"),
    ("role = 22", "rule = 22", "[bus.pins]: unknown key 'rule' (did you mean 'role'?)"),
    ("[nets.role]", '[nets."my role"]', "[nets.my role]: 'my role' is no name"),
    ("[devices.led]", '[devices."1"]', "'1' is no name"),
    ("[boards.p]", '[boards."p,q"]', "'p,q' is no name"),
    ("scl = 11", "scl = 10", "[bus.pins]: GPIO numbers must differ"),
    ("scl = 11", "scl = 40", "[bus.pins]: scl = 40: c is a Raspberry Pi Pico"),
    ("[bus]", "[buss]", "unknown key 'buss' (did you mean 'bus'?)"),
    ('name = "two"', "name = [", "cannot be read as TOML"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), sorted(WRONG), ids=lambda text: text[:40])
def test_a_wrong_wiring_is_refused_by_file_and_table(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    assert GOOD.count(right) == 1
    with pytest.raises(UsageError) as caught:
        read(tmp_path, GOOD.replace(right, wrong))
    assert str(caught.value).startswith(str(tmp_path / "two.toml"))
    assert told in str(caught.value)


def test_no_bus_and_no_boards(tmp_path: Path) -> None:
    start, end = GOOD.index("[bus]"), GOOD.index("[boards.c]")
    with pytest.raises(UsageError, match=r"no table \[bus\]; write \[bus\] with wire"):
        read(tmp_path, GOOD[:start] + GOOD[end:])
    with pytest.raises(UsageError, match=r"no boards; write a table for each"):
        read(tmp_path, 'name = "none"')


def test_names_and_paths(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown wiring 'picocary' \(did you mean 'picocray'\?\); known: esp32, picocray"):
        wiring.load("picocary")
    with pytest.raises(UsageError, match="no wiring file"):
        wiring.load(str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match="cannot be read"):
        wiring.load(str(tmp_path) + "/.")


def test_a_wiring_with_other_figures() -> None:
    cray = wiring.load("picocray")
    assert wiring.changed(cray) == cray
    assert wiring.changed(cray, frequency_hz=100_000).bus.frequency_hz == 100_000
    other = wiring.changed(cray, pullup_ohm=2200)
    assert [net.pullups_ohm for net in other.nets] == [(2200,), (2200,), (), ()]
    none = wiring.changed(cray, no_pullups=True)
    assert all(net.pullup_ohm is None for net in none.nets)
    with pytest.raises(UsageError, match="GPIO lines has no frequency"):
        wiring.changed(wiring.load("esp32"), frequency_hz=100_000)
    assert none.net("assert").pulldown_ohm == pytest.approx(10_000)


def test_every_board_of_the_catalogue_has_its_gpios() -> None:
    assert set(GPIOS) == set(catalog.boards())
    assert all(inputs <= GPIOS[kind] for kind, inputs in INPUTS_ONLY.items())
    assert listed(frozenset({1, 2, 3, 7})) == "1-3, 7"


def test_the_wiring_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "picocray.md"
    text = next(block for block in page.read_text().split("```") if block.startswith('\nname = "two"'))
    two = read(tmp_path, text)
    assert (two.controllers, len(two.processors), len(two.devices)) == (("controller",), 8, 9)
