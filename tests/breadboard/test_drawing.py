"""Wirings drawn: every pin of every net stands at its board, and the SVG is one."""

import re
from xml.etree import ElementTree

import pytest

from shoal.virtual.breadboard import drawing_svg, drawing_text, wiring


@pytest.mark.parametrize("name", wiring.built_in())
@pytest.mark.parametrize("width", [40, 80, 200])
def test_text_shows_every_pin_within_the_width(name: str, width: int) -> None:
    wired = wiring.load(name)
    drawn = drawing_text.lines(wired, width)
    for net in wired.nets:
        rows = [line for line in drawn if re.match(rf"{net.name} +[●─ ]", line)]
        assert sorted(map(int, re.findall(r"●(\d+)", "".join(rows)))) == sorted(gpio for _, gpio in net.pins)
        assert all(len(row) <= max(width, 30) for row in rows)
    headings = [line for line in drawn if re.match(r" {10}\w", line)]
    assert [word for line in headings[::2] for word in line.split()] == [board.name for board in wired.boards]


def test_text_says_what_a_net_is_tied_to() -> None:
    drawn = "\n".join(drawing_text.lines(wiring.load("picocray"), 80))
    assert "sda and scl: 2.35 kΩ to 3.3 V (4.7 kΩ and 4.7 kΩ), 0.6 m of wire" in drawn
    assert "role: ground" in drawn
    assert "lcd: display ILI9341, 240 x 320, at controller: sck 2, mosi 3" in drawn
    assert "bus: i2c, 400 kHz" in drawn
    assert "3.3 V" not in "\n".join(drawing_text.lines(wiring.changed(wiring.load("picocray"), no_pullups=True), 80))


@pytest.mark.parametrize("name", wiring.built_in())
def test_svg_has_a_dot_for_every_pin_inside_the_picture(name: str) -> None:
    wired = wiring.load(name)
    root = ElementTree.fromstring(drawing_svg.svg(wired))
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    shapes = list(root)
    dots = [shape for shape in shapes if shape.tag.endswith("circle") and shape.attrib["r"] == "4"]
    assert len(dots) == sum(len(net.pins) for net in wired.nets)
    places = {(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in dots}
    assert len(places) == len(dots) and all(0 < x < width and 0 < y < height for x, y in places)
    texts = [shape.text for shape in shapes if shape.tag.endswith("text")]
    assert all(word in texts for word in [board.name for board in wired.boards] + [net.name for net in wired.nets])
