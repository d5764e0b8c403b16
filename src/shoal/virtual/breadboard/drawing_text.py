"""A wiring drawn in characters: a column for each board, a line for each net, a dot and the GPIO where a pin is on it. Pure.

          controller  p1   p2
sda       ●10─────────●10──●10
role      ●22
"""

from collections.abc import Iterator

from shoal import spec
from shoal.virtual.breadboard.wired import Device, Net, Placed, Wiring

DEVICE_NAMES = {"led": "light", "ili9341": "display ILI9341, 240 x 320", "xpt2046": "touch XPT2046"}
_LEFT = 10  # room for the nets' names
_GAP = 2
_SPEC_NAMES = {kind: name for name, kind in spec.BOARD_NAMES.items()}


def lines(wiring: Wiring, width: int) -> list[str]:
    """The drawing, `width` characters wide; boards that do not fit beside the others come below them."""
    frequency = f", {hertz(wiring.bus.frequency_hz)}" if wiring.bus.frequency_hz else ""
    drawn = [f"{wiring.name}: {wiring.about}" if wiring.about else wiring.name, f"bus: {wiring.bus.wire}{frequency}", ""]
    for boards in _pages(wiring, width):
        drawn += [*_page(wiring, boards), ""]
    for told, nets in _alike(wiring.nets).items():
        names = f"{nets[0]} to {nets[-1]}" if len(nets) > 2 else " and ".join(nets)
        drawn.append(f"{names}: {told}")
    drawn += [_device(device) for device in wiring.devices if device.kind != "led"]
    return [line.rstrip() for line in drawn]


def _alike(nets: tuple[Net, ...]) -> dict[str, list[str]]:
    """The names of the nets of which the same is to be said."""
    alike: dict[str, list[str]] = {}
    for net in nets:
        if facts(net):
            alike.setdefault(facts(net), []).append(net.name)
    return alike


def _pages(wiring: Wiring, width: int) -> Iterator[list[Placed]]:
    page: list[Placed] = []
    for board in wiring.boards:
        if page and _LEFT + sum(_column(wiring, other) for other in [*page, board]) - _GAP > width:
            yield page
            page = []
        page.append(board)
    yield page


def _column(wiring: Wiring, board: Placed) -> int:
    cells = [_gpios(net, board) for net in wiring.nets]
    return max(len(text) for text in (board.name, short_kind(board), *cells)) + _GAP


def _page(wiring: Wiring, boards: list[Placed]) -> list[str]:
    widths = [_column(wiring, board) for board in boards]
    lights = {board: gpio for device in wiring.devices if device.kind == "led" for board, gpio in device.pins.values()}
    rows = [("", [board.name for board in boards]), ("", [short_kind(board) for board in boards])]
    drawn = [_row(name, cells, widths) for name, cells in rows]
    drawn += [_line(net, wiring, boards, widths) for net in wiring.nets]
    if lights:
        drawn.append(_row("light", [f"◉{lights[board.name]}" if board.name in lights else "" for board in boards], widths))
    return drawn


def _row(name: str, cells: list[str], widths: list[int]) -> str:
    return name.ljust(_LEFT) + "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


def _line(net: Net, wiring: Wiring, boards: list[Placed], widths: list[int]) -> str:
    """The net's line through these boards' columns: it runs from the first pin of the net to the last."""
    order = {board.name: place for place, board in enumerate(wiring.boards)}
    places = sorted(order[name] for name, _ in net.pins)
    cells = []
    for board, width in zip(boards, widths, strict=True):
        runs = places[0] <= order[board.name] < places[-1]
        cells.append((_gpios(net, board) or ("─" if runs else "")).ljust(width, "─" if runs else " "))
    name = net.name if len(net.name) < _LEFT else net.name[: _LEFT - 2] + "…"
    return name.ljust(_LEFT) + "".join(cells)


def _gpios(net: Net, board: Placed) -> str:
    """The board's pins on a net: "●10", "●4●5" if it has two there, "" without any."""
    return "".join(f"●{gpio}" for name, gpio in net.pins if name == board.name)


def _device(device: Device) -> str:
    board = next(iter(device.pins.values()))[0]
    pins = ", ".join(f"{role} {gpio}" if name == board else f"{role} {name}:{gpio}" for role, (name, gpio) in device.pins.items())
    return f"{device.name}: {DEVICE_NAMES[device.kind]}, at {board}: {pins}"


def short_kind(board: Placed) -> str:
    """A board's kind as a spec names it."""
    return _SPEC_NAMES[board.kind]


def facts(net: Net) -> str:
    """What else there is to say of a net: ground, resistors, length."""
    told = ["ground"] if net.ground else []
    pulls = ((net.pullups_ohm, net.pullup_ohm, "3.3 V"), (net.pulldowns_ohm, net.pulldown_ohm, "ground"))
    for resistors, together, where in pulls:
        if together is not None:
            each = f" ({' and '.join(map(ohm, resistors))})" if len(resistors) > 1 else ""
            told.append(f"{ohm(together)} to {where}{each}")
    if net.length_m:
        told.append(f"{net.length_m:g} m of wire")
    return ", ".join(told)


def ohm(value: float) -> str:
    """ "4.7 kΩ"."""
    return f"{value / 1000:.3g} kΩ" if value >= 1000 else f"{value:.3g} Ω"


def hertz(value: float) -> str:
    """ "400 kHz"."""
    for unit, size in (("MHz", 1e6), ("kHz", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} Hz"
