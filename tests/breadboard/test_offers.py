"""What kinds of boards are offered which wires, and what a wiring is refused for."""

import pytest

from shoal import catalog
from shoal.errors import UsageError
from shoal.virtual.breadboard import offers, wiring
from shoal.virtual.breadboard.gpios import GPIOS

BOARDS = sorted(GPIOS)


@pytest.mark.parametrize("kind", BOARDS)
def test_every_board_can_be_on_some_wire(kind):
    found = offers.offers(kind)
    assert sorted(offer.wire for offer in found) == ["gpio", "i2c", "uart"]
    assert offers.best(kind).processor
    assert all(offer.bytes_s > 0 and offer.why for offer in found)


def test_an_original_esp32_is_offered_no_i2c_as_a_processor():
    assert [kind for kind in BOARDS if not {o.wire: o for o in offers.offers(kind)}["i2c"].processor] == ["esp32_wroom"]
    assert offers.best("esp32_wroom").wire == "uart"
    assert catalog.fact("boards.esp32_wroom.i2c_target").value is False


I2C = """
[bus]
wire = "i2c"
frequency_hz = 400000
[bus.pins]
sda = 21
scl = 22
role = 4
[boards.e]
board = "esp32"
count = 2
[nets.role]
pins = ["{0}:4"]
ground = true
"""


def test_a_wiring_that_makes_an_i2c_target_of_an_esp32_is_refused_with_what_to_write(tmp_path):
    file = tmp_path / "i2c.toml"
    file.write_text(I2C.format("e1"))
    with pytest.raises(UsageError, match=r'e2 is an ESP32.*cannot be a processor on i2c.*wire = "uart" or "gpio"'):
        offers.check(wiring.load(str(file)))


@pytest.mark.parametrize("name", wiring.built_in())
def test_wirings_that_come_with_shoal_can_be(name):
    offers.check(wiring.load(name))
