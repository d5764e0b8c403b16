"""A wiring drawn as SVG: boards side by side, below them a coloured wire for each net, at its left what it is tied to. Pure.

Sizes are in pixels. The picture is whole in itself: no script, no style sheet, no font but the viewer's own.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from shoal.virtual.breadboard.drawing_text import DEVICE_NAMES, hertz, ohm, short_kind
from shoal.virtual.breadboard.wired import Device, Net, Pin, Placed, Wiring

_MARGIN = 24
_LEFT = 250  # names of the nets, resistors and ground
_BOARD_W, _BOARD_H, _BOARD_GAP = 104, 76, 22  # the least width
_PIN_GAP = 19  # the least: a GPIO's number has room beside its wire
_NET_GAP = 30
_DEVICE_W, _DEVICE_H = 150, 54
_TOP = 70  # title
# Told apart on white, in the order in which they are used.
_COLOURS = ("#0969da", "#cf222e", "#1a7f37", "#8250df", "#bf5a00", "#0b7285", "#b3005e", "#57606a")
_INK, _QUIET, _BOARD, _LIGHT = "#1f2328", "#57606a", "#1f6f4a", "#ffd33d"


class _Drawing:
    """What is drawn already, and how shapes are written."""

    def __init__(self) -> None:
        self.shapes: list[str] = []

    def text(self, x: float, y: float, words: str, *, size: int = 12, colour: str = _INK, anchor: str = "start") -> None:
        style = f'font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
        self.shapes.append(f'<text x="{x:g}" y="{y:g}" {style}>{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 2) -> None:
        self.shapes.append(f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{colour}" stroke-width="{width:g}"/>')

    def box(self, x: float, y: float, width: float, height: float, fill: str, stroke: str) -> None:
        place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
        self.shapes.append(f'<rect {place} rx="6" fill="{fill}" stroke="{stroke}"/>')

    def dot(self, x: float, y: float, radius: float, fill: str, stroke: str = "none") -> None:
        self.shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{stroke}"/>')


def svg(wiring: Wiring) -> str:
    """The wiring as the text of an SVG file."""
    others = [device for device in wiring.devices if device.kind != "led"]
    nets_y = _TOP + (_DEVICE_H + 34 if others else 0) + _BOARD_H + 34
    width = _MARGIN * 2 + _LEFT + len(wiring.boards) * (_board_w(wiring) + _BOARD_GAP)
    width = max(width, _MARGIN * 2 + _LEFT + len(others) * (_DEVICE_W + _BOARD_GAP))
    height = nets_y + len(wiring.nets) * _NET_GAP + _MARGIN
    drawing = _Drawing()
    frequency = f", {hertz(wiring.bus.frequency_hz)}" if wiring.bus.frequency_hz else ""
    drawing.text(_MARGIN, 34, wiring.name, size=20)
    drawing.text(_MARGIN, 54, f"{wiring.about}  ({wiring.bus.wire}{frequency})", colour=_QUIET)
    for number, device in enumerate(others):
        _device(drawing, wiring, device, number)
    wires = {net.name: (nets_y + number * _NET_GAP, _COLOURS[number % len(_COLOURS)]) for number, net in enumerate(wiring.nets)}
    for net in wiring.nets:
        _net(drawing, wiring, net, *wires[net.name])
    for board in wiring.boards:
        _board(drawing, wiring, board, nets_y - 34 - _BOARD_H, wires)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    font = 'font-family="ui-sans-serif, system-ui, sans-serif" fill="none"'
    back = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return "\n".join([f"{head} {font}>", back, *drawing.shapes, "</svg>", ""])


def _board_x(wiring: Wiring, name: str) -> float:
    place = next(number for number, board in enumerate(wiring.boards) if board.name == name)
    return _MARGIN + _LEFT + place * (_board_w(wiring) + _BOARD_GAP)


def _board_w(wiring: Wiring) -> float:
    """All boards are as wide as the one with the most wires needs."""
    most = max(sum(pin[0] == board.name for net in wiring.nets for pin in net.pins) for board in wiring.boards)
    return max(_BOARD_W, (most + 1) * _PIN_GAP)


def _pin_x(wiring: Wiring, pin: Pin) -> float:
    """Where the pin's wire leaves its board: the pins that are on nets, side by side in the order of the nets."""
    here = [other for net in wiring.nets for other in net.pins if other[0] == pin[0]]
    return _board_x(wiring, pin[0]) + _board_w(wiring) * (here.index(pin) + 1) / (len(here) + 1)


def _board(drawing: _Drawing, wiring: Wiring, board: Placed, y: float, wires: Mapping[str, tuple[float, str]]) -> None:
    x, width = _board_x(wiring, board.name), _board_w(wiring)
    for net in wiring.nets:
        for pin in net.pins:
            if pin[0] == board.name:
                net_y, colour = wires[net.name]
                drawing.line(_pin_x(wiring, pin), y + _BOARD_H, _pin_x(wiring, pin), net_y, colour)
                drawing.dot(_pin_x(wiring, pin), net_y, 4, colour)
                drawing.text(_pin_x(wiring, pin) + 5, net_y - 5, str(pin[1]), size=10, colour=colour)
    role = "controller" if board.name in wiring.controllers else "processor"
    drawing.box(x, y, width, _BOARD_H, _BOARD, "#134e33")
    drawing.text(x + 10, y + 22, board.name, size=14, colour="#ffffff")
    drawing.text(x + 10, y + 40, short_kind(board), size=11, colour="#c9e8d8")
    drawing.text(x + 10, y + 58, role, size=11, colour="#c9e8d8")
    for device in wiring.devices:
        for name, gpio in device.pins.values() if device.kind == "led" else ():
            if name == board.name:
                drawing.dot(x + width - 16, y + 18, 6, _LIGHT, "#8a6d00")
                drawing.text(x + width - 16, y + 38, str(gpio), size=10, colour="#c9e8d8", anchor="middle")


def _net(drawing: _Drawing, wiring: Wiring, net: Net, y: float, colour: str) -> None:
    tied = net.ground or net.pullups_ohm or net.pulldowns_ohm
    ends = [_pin_x(wiring, pin) for pin in net.pins]
    start = _MARGIN + _LEFT - 16 if tied else min(ends)
    drawing.line(start, y, max(ends), y, colour)
    drawing.text(_MARGIN, y + 4, net.name, size=13, colour=colour)
    if net.length_m:
        drawing.text(_MARGIN + 64, y + 4, f"{net.length_m:g} m", size=10, colour=_QUIET)
    x = start
    if net.ground:
        for size in (8, 5, 2):  # the sign for ground, lying down
            drawing.line(x - 4, y - size, x - 4, y + size, _INK, 1.5)
            x -= 4
    for resistors, where in ((net.pullups_ohm, "3V3"), (net.pulldowns_ohm, "GND")):
        if resistors:
            words = f"{where} {' ∥ '.join(map(ohm, resistors))}" if len(resistors) < 3 else f"{where} {len(resistors)} resistors"
            drawing.box(start - 26, y - 5, 22, 10, "#f6e7c8", _INK)
            drawing.line(start - 4, y, start, y, colour)
            drawing.text(start - 30, y + 3, words, size=9, colour=_QUIET, anchor="end")


def _device(drawing: _Drawing, wiring: Wiring, device: Device, number: int) -> None:
    """A box above the boards, joined to its board by one line that stands for all its pins."""
    board = next(iter(device.pins.values()))[0]
    x, y = _MARGIN + _LEFT + number * (_DEVICE_W + _BOARD_GAP), _TOP + 6
    below = _board_x(wiring, board) + 20 + 20 * number
    drawing.line(x + 20, y + _DEVICE_H, x + 20, y + _DEVICE_H + 10, _QUIET, 1.5)
    drawing.line(x + 20, y + _DEVICE_H + 10, below, y + _DEVICE_H + 10, _QUIET, 1.5)
    drawing.line(below, y + _DEVICE_H + 10, below, y + _DEVICE_H + 30, _QUIET, 1.5)
    drawing.box(x, y, _DEVICE_W, _DEVICE_H, "#f6f8fa", _QUIET)
    drawing.text(x + 8, y + 16, device.name, size=12)
    drawing.text(x + 8, y + 31, DEVICE_NAMES[device.kind], size=9, colour=_QUIET)
    pins = " ".join(f"{role} {gpio}" for role, (_, gpio) in device.pins.items())
    drawing.text(x + 8, y + 45, pins, size=8, colour=_QUIET)
