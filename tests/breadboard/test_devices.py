"""Lights, display and touch panel, told what a board would tell them: on the wires, byte by byte."""

import io

import pytest
from PIL import Image

from shoal.virtual.breadboard import devices, spi, wiring
from shoal.virtual.breadboard.devices.ili9341 import Display
from shoal.virtual.breadboard.devices.led import Light
from shoal.virtual.breadboard.devices.png import png
from shoal.virtual.breadboard.devices.xpt2046 import Touch

CRAY = wiring.load("picocray")


class Wires:
    """The display's pins in a test's hands."""

    def __init__(self) -> None:
        self.display = devices.make(CRAY.device("lcd"))
        assert isinstance(self.display, Display)
        for role in self.display.device.pins:
            self.display.changed(0, role, 1)

    def tell(self, command: int, *data: int | bytes) -> None:
        self.display.changed(0, "cs", 0)
        self.display.changed(0, "dc", 0)
        self.display.spi(0, bytes([command]))
        self.display.changed(0, "dc", 1)
        for part in data:
            self.display.spi(0, bytes([part]) if isinstance(part, int) else part)
        self.display.changed(0, "cs", 1)

    def awake(self, order: int = 0x48) -> "Wires":
        self.tell(0x11)
        self.tell(0x3A, 0x55)
        self.tell(0x36, order)
        self.tell(0x29)
        return self

    def window(self, x: int, y: int, width: int, height: int) -> None:
        self.tell(0x2A, (x).to_bytes(2, "big"), (x + width - 1).to_bytes(2, "big"))
        self.tell(0x2B, (y).to_bytes(2, "big"), (y + height - 1).to_bytes(2, "big"))

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        with Image.open(io.BytesIO(self.display.png())) as image:
            assert image.size == (240, 320)
            assert image.getpixel((x, y)) == self.display.colour(x, y)
            return self.display.colour(x, y)


RED, GREEN, BLUE, WHITE, BLACK = b"\xf8\x00", b"\x07\xe0", b"\x00\x1f", (255, 255, 255), (0, 0, 0)


def test_a_window_of_pixels_is_seen_where_it_was_drawn() -> None:
    wires = Wires().awake()
    wires.window(100, 200, 3, 2)
    wires.tell(0x2C, RED + GREEN, BLUE[:1], BLUE[1:] + RED * 3)  # in pieces, one through the middle of a pixel
    assert [wires.at(x, 200) for x in range(99, 104)] == [BLACK, (255, 0, 0), (0, 255, 0), (0, 0, 255), BLACK]
    assert [wires.at(x, 201) for x in range(99, 104)] == [BLACK, *[(255, 0, 0)] * 3, BLACK]
    assert wires.display.writes == 6 and wires.display.unknown == {}


def test_pixels_beyond_the_window_begin_again_at_its_top() -> None:
    wires = Wires().awake()
    wires.window(0, 0, 2, 2)
    wires.tell(0x2C, RED * 4 + GREEN)
    assert wires.at(0, 0) == (0, 255, 0) and wires.at(1, 0) == (255, 0, 0)
    wires.tell(0x3C, BLUE)  # goes on where it was
    assert wires.at(1, 0) == (0, 0, 255)


def test_nothing_is_seen_before_it_wakes_and_is_switched_on() -> None:
    wires = Wires()
    wires.tell(0x3A, 0x55)
    wires.tell(0x36, 0x48)
    wires.tell(0x2C, b"\xff\xff" * 240 * 320)
    assert wires.at(5, 5) == BLACK
    wires.tell(0x29)
    assert wires.at(5, 5) == BLACK
    wires.tell(0x11)
    assert wires.at(5, 5) == WHITE
    wires.tell(0x21)
    assert wires.at(5, 5) == BLACK, "inverted"
    wires.display.changed(0, "rst", 0)
    wires.display.changed(0, "rst", 1)
    assert not wires.display.lit, "a reset puts it to sleep"
    assert Wires().awake().at(5, 5) == BLACK


@pytest.mark.parametrize(
    ("order", "seen"),
    [(0x48, (0, 0)), (0x08, (239, 0)), (0xC8, (0, 319)), (0x88, (239, 319)), (0x28, (239, 0)), (0x68, (0, 0))],
)
def test_the_order_of_memory(order: int, seen: tuple[int, int]) -> None:
    """Column 0 of the glass is at its right; MX, MY and MV mirror and turn, BGR makes red red."""
    wires = Wires().awake(order)
    wires.window(0, 0, 2, 2)
    wires.tell(0x2C, RED)
    assert wires.at(*seen) == (255, 0, 0)
    wires.tell(0x36, order & ~0x08)
    assert wires.at(*seen) == (0, 0, 255)


def test_what_it_does_not_understand_is_counted() -> None:
    wires = Wires()
    wires.tell(0xB1, 1, 2)
    wires.tell(0x2C, RED)  # 18 bits a pixel after a reset
    wires.window(230, 0, 20, 1)
    assert list(wires.display.unknown) == [
        "command 0xb1", "pixels that are not of 16 bits", "a window that is not on the glass",
    ]  # fmt: skip
    before = wires.display.writes
    wires.display.spi(0, b"\x29")  # not selected
    assert wires.display.writes == before and not wires.display.on


def test_a_light_remembers_when_it_was_lit() -> None:
    light = devices.make(CRAY.device("led-p3"))
    assert isinstance(light, Light) and light.board == "p3"
    for us, level in ((0, 0), (100, 1), (150, 1), (300, 0), (500, 1)):
        light.changed(us, "anode", level)
    assert light.changes == [(100, 1), (300, 0), (500, 1)]
    assert light.lit
    assert light.lit_us(0, 1000) == 700
    assert light.lit_us(200, 250) == 50


def test_touch_answers_its_control_bytes() -> None:
    touch = devices.make(CRAY.device("touch"))
    assert isinstance(touch, Touch)
    driven: list[tuple[str, int | None]] = []
    touch.attach(lambda role, level: driven.append((role, level)))
    touch.press(120, 160)
    across, down = (int.from_bytes(touch.spi(0, bytes([control, 0, 0]))[1:], "big") >> 3 for control in (0xD0, 0x90))
    assert (across, down) == (412 + (3575 - 412) // 2, 3625 - (3625 - 512) // 2 - 1)
    touch.release()
    assert touch.spi(0, b"\xd0\0\0") == bytes(3)
    assert driven == [("irq", 1), ("irq", 0), ("irq", 1)]


def test_devices_hear_only_their_own_wires() -> None:
    wires, touch = Wires(), devices.make(CRAY.device("touch"))
    assert isinstance(touch, Touch)
    touch.press(0, 0)
    lines = spi.Lines([wires.display, touch])
    assert lines.shift("controller", 0, 14, 15, 8, b"\xd0\0\0") == b"\0" + (412 << 3).to_bytes(2, "big")
    assert lines.shift("controller", 0, 14, 15, 16, b"\xd0\0\0") == bytes(3), "another miso"
    assert lines.shift("p1", 0, 14, 15, 8, b"\xd0\0\0") == bytes(3), "another board"
    wires.display.changed(0, "cs", 0)
    wires.display.changed(0, "dc", 0)
    lines.shift("controller", 0, 2, 3, 4, b"\x29")
    assert wires.display.on


def test_a_png_is_what_pillow_reads() -> None:
    rgb = bytes(range(3 * 5 * 4))
    with Image.open(io.BytesIO(png(5, 4, rgb))) as image:
        assert (image.format, image.mode, image.size, image.tobytes()) == ("PNG", "RGB", (5, 4), rgb)
    with pytest.raises(ValueError, match="not 5 x 5 pixels"):
        png(5, 5, rgb)
