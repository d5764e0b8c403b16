"""A wiring with another number of processors, or with other boards, is one that could have been written by hand."""

import re
from pathlib import Path

import pytest

from shoal.bus.breadboard import order
from shoal.errors import SpecError, UsageError
from shoal.spec import BOARD_NAMES, MOST_ON_BUS, parse
from shoal.virtual.breadboard import wiring

RING = """
[bus]
wire = "gpio"
[bus.pins]
d0 = 13
d1 = 14
d2 = 16
d3 = 17
dav = 23
nrfd = 25
ndac = 26
atn = 27
role = 15
[boards.e]
board = "esp32"
count = 3
[nets.d0]
pins = ["*:13"]
[nets.one]
pins = ["e1:4", "e2:5"]
[nets.two]
pins = ["e2:4", "e3:5"]
[nets.role]
pins = ["e1:15"]
ground = true
[devices.led]
kind = "led"
pins = { anode = "e3:2" }
"""


def test_its_own_number_changes_nothing() -> None:
    for name, processors in (("picocray", 8), ("uart", 4), ("esp32", 3)):
        assert wiring.load(name, processors) == wiring.load(name)


@pytest.mark.parametrize("processors", [1, 3, 16])
@pytest.mark.parametrize("name", ["picocray", "uart", "esp32"])
def test_a_wiring_with_so_many_processors(name: str, processors: int) -> None:
    own, other = wiring.load(name), wiring.load(name, processors)
    assert len(other.processors) == processors and other.controllers == own.controllers
    shared = {net.name for net in own.nets if len(net.pins) == len(own.boards)}
    for net in other.nets:
        if net.name in shared:
            assert len(net.pins) == processors + 1
    both = set(own.processors) & set(other.processors)
    assert all(own.board(board) == other.board(board) for board in both)  # and so have the same unique ids


def test_pins_of_boards_that_are_gone_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "ring.toml"
    file.write_text(RING)
    small = wiring.load(str(file), 1)
    assert small.processors == ("e2",) and not small.devices
    assert {net.name: net.pins for net in small.nets}["two"] == (("e2", 4),)
    assert [device.name for device in wiring.load(str(file), 2).devices] == ["led"]


def test_a_wiring_that_does_not_say_how_many(tmp_path: Path) -> None:
    file = tmp_path / "ring.toml"
    file.write_text(RING.replace("count = 3", 'count = 3\n[boards.f]\nboard = "esp32"\ncount = 2'))
    with pytest.raises(UsageError, match=f"^{re.escape(str(file))}: how many boards there are .* this one has 2"):
        wiring.load(str(file), 2)


def test_boards_of_a_spec_on_a_bus() -> None:
    """They are named as without a bus, so that a program's words for them stay right."""
    made, wired = order(parse("virtual:2xpico+1xpico2w+1xesp32s3?link=i2c@100k"))
    assert wired.processors == ("pico-1", "pico-2", "pico2w-1", "esp32s3-1") and wired.controllers == ("controller",)
    assert (wired.bus.wire, wired.bus.frequency_hz) == ("i2c", 100_000)
    assert made.wired() == wired and made.real
    assert not wired.devices and not wired.costs  # those of PicoCray's job mean nothing here
    assert len({board.unique_id for board in wired.boards}) == 5


@pytest.mark.parametrize(
    ("word", "link"),
    [(word, link) for word in BOARD_NAMES for link in ("i2c@400k", "uart@1M") if (word, link) != ("esp32", "i2c@400k")],
)
def test_every_kind_of_board_has_the_pins(word: str, link: str) -> None:
    _, wired = order(parse(f"virtual:{MOST_ON_BUS}x{word}?link={link}"))
    assert len(wired.processors) == MOST_ON_BUS
    assert {len(net.pins) for net in wired.nets if net.name != "role"} <= {MOST_ON_BUS + 1}


def test_a_wiring_of_your_own_in_a_spec(tmp_path: Path) -> None:
    file = tmp_path / "ring.toml"
    file.write_text(RING)
    _, wired = order(parse(f"breadboard:{file}?boards=4"))
    assert wired.processors == ("e2", "e3", "e4", "e5")
    with pytest.raises(SpecError, match="no frequency"):
        order(parse(f"breadboard:{file}?boards=4&freq=100k"))
