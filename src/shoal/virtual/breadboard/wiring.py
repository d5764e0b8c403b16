"""A wiring: which boards there are, and what joins their pins. Read from a small TOML file, checked whole, then frozen.

    name = "two"
    [bus]                              # what the boards' program takes the wires for
    wire = "i2c"                       # i2c, uart or gpio
    frequency_hz = 400_000             # of the clock; of a UART its baud
    [bus.pins]                         # GPIO numbers, the same on every board
    sda = 10
    [boards.p]
    board = "pico"                     # as in a spec
    count = 2                          # p1 and p2; without count one board, p
    boot_s = [0.0, 1.5]                # when its power comes: earliest, latest
    [nets.sda]
    pins = ["*:10"]                    # BOARD:GPIO, `*` for any part of the board's name
    pullups_ohm = [4700]               # each resistor that is there; also pulldowns_ohm
    length_m = 0.2
    [devices.led]
    kind = "led"
    pins = { anode = "*:25" }          # one device for each board that is meant
    [cost]                             # what a function of the user's takes on its board
    tile = { fixed_us = 300, unit_us = 1.7 }  # a unit: what `units` says, "sum", "len" or "argument"

A file that is wrong is a UsageError that names file and table and says what to write.
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shoal import catalog, spec
from shoal.errors import UsageError
from shoal.suggest import unknown
from shoal.virtual.breadboard import offers, resized
from shoal.virtual.breadboard.gpios import GPIOS, INPUTS_ONLY, listed
from shoal.virtual.breadboard.wired import BusFacts, Cost, Device, Net, Pin, Placed, Wiring

__all__ = [
    "DEVICES",
    "WIRES",
    "BusFacts",
    "Cost",
    "Device",
    "Net",
    "Pin",
    "Placed",
    "Wiring",
    "built_in",
    "changed",
    "load",
    "made",
]

WIRES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "i2c": ("sda", "scl"),
        "uart": ("tx", "rx"),
        "gpio": ("d0", "d1", "d2", "d3", "dav", "nrfd", "ndac", "atn"),
    }
)
"""What a bus may be made of, and the pins that it cannot do without."""

_ALSO = {  # pins that it may have beside these; and `uart`, not a pin but which of a board's UARTs it is
    "i2c": ("attention", "role", "led"),
    "uart": ("attention", "role", "led", "uart"),
    "gpio": ("d4", "d5", "d6", "d7", "barrier", "ring_out", "ring_in", "attention", "role", "led"),
}

DEVICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "led": ("anode",),
        "ili9341": ("sck", "mosi", "cs", "dc", "rst", "miso"),
        "xpt2046": ("sck", "mosi", "miso", "irq", "cs"),
    }
)
"""Kinds of devices, and what their pins are called."""
_OPTIONAL = {"ili9341": ("miso", "rst"), "xpt2046": ("irq", "cs")}

UNITS = ("sum", "len", "argument")  # as `Cost` says
MOST_BOARDS = 113  # a controller, and every address that I2C has
_UARTS = range(3)
_MODELS = {"i2c": "picocray", "uart": "uart"}  # whose bus `made` boards are on
_FOLDER = Path(__file__).with_name("wirings")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ID_BYTES = {"esp32": 6}  # an ESP32's is its MAC address; others have 8


def built_in() -> tuple[str, ...]:
    """The names of the wirings that come with Shoal."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load(name_or_path: str, processors: int | None = None) -> Wiring:
    """A wiring that comes with Shoal, by its name, or a TOML file; with so many processors instead of those that it lists.

    Raises UsageError for one that is not there or is wrong.
    """
    file, document = _open(name_or_path)
    if processors is None:
        return _read(file, document)
    _read(file, document)  # what is wrong with the file itself is said first
    return _read(file, resized.counted(document, processors, str(file)))


def made(wire: str, groups: Sequence[tuple[str, int]]) -> Wiring:
    """The bus of a built-in wiring (`wire`: "i2c" PicoCray's, or "uart") with these boards: words of a spec, how many of each.

    Raises UsageError for boards that cannot be on that bus.
    """
    file, document = _open(_MODELS[wire])
    return _read(file, resized.made(document, groups))


def _open(name_or_path: str) -> tuple[Path, dict[str, Any]]:
    file = Path(name_or_path)
    if file.suffix != ".toml" and file.name == name_or_path:
        if name_or_path not in built_in():
            told = unknown("wiring", name_or_path, built_in())
            raise UsageError(f"{told}; a file of your own is named by its path: ./{name_or_path}.toml")
        file = _FOLDER / f"{name_or_path}.toml"
    try:
        with file.open("rb") as stream:
            return file, tomllib.load(stream)
    except FileNotFoundError:
        raise UsageError(f"no wiring file {file}; those that come with Shoal: {', '.join(built_in())}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}") from None


def _read(file: Path, document: dict[str, Any]) -> Wiring:
    wiring = _Reader(file, document).wiring()
    offers.check(wiring)
    return wiring


def changed(
    wiring: Wiring, *, frequency_hz: int | None = None, pullup_ohm: float | None = None, no_pullups: bool = False
) -> Wiring:
    """The wiring with another bus frequency; with another resistor where pull-ups are, or without them. Raises UsageError."""
    nets = wiring.nets
    if no_pullups or pullup_ohm is not None:
        resistors = () if no_pullups or pullup_ohm is None else (float(pullup_ohm),)
        nets = tuple(replace(net, pullups_ohm=resistors) if net.pullups_ohm else net for net in nets)
    if frequency_hz is not None and wiring.bus.wire == "gpio":
        raise UsageError(f"{wiring.name}: a bus of GPIO lines has no frequency; leave it out")
    bus = wiring.bus if frequency_hz is None else replace(wiring.bus, frequency_hz=frequency_hz)
    return replace(wiring, nets=nets, bus=bus)


class _Reader:
    """Turns a TOML document into a Wiring; every complaint names the file and the table."""

    def __init__(self, file: Path, document: dict[str, Any]) -> None:
        self._file = file
        self._document = document
        self._boards: tuple[Placed, ...] = ()

    def wiring(self) -> Wiring:
        self._known("", self._document, ("name", "about", "bus", "boards", "nets", "devices", "cost"))
        name = self._text("", self._document, "name", self._file.stem)
        self._boards = tuple(board for key, table in self._tables("boards") for board in self._board(key, table))
        if not self._boards:
            raise self._bad("", 'no boards; write a table for each, such as [boards.p] with board = "pico" and count = 8')
        if len(self._boards) > MOST_BOARDS:
            raise self._bad("boards", f"{len(self._boards)} boards; a bus has room for {MOST_BOARDS}")
        self._once("boards", [board.name for board in self._boards], "names")
        self._once("boards", [board.unique_id for board in self._boards], "unique ids")
        nets = tuple(self._net(key, table) for key, table in self._tables("nets"))
        self._apart(nets)
        devices = tuple(device for key, table in self._tables("devices") for device in self._device(key, table))
        self._once("devices", [device.name for device in devices], "names")
        costs = {key: self._cost(key, table) for key, table in self._tables("cost")}
        bus = self._bus()
        about = self._text("", self._document, "about", "")
        return Wiring(name, about, self._boards, nets, devices, bus, MappingProxyType(costs), self._file)

    # --- tables ---

    def _board(self, key: str, table: dict[str, Any]) -> list[Placed]:
        where = f"boards.{key}"
        self._known(where, table, ("board", "count", "boot_s", "unique_id"))
        self._named(where, key)
        word = self._text(where, table, "board", None, 'board = "pico"')
        if word not in spec.BOARD_NAMES:
            raise self._bad(where, unknown("board", word, spec.BOARD_NAMES))
        count = table.get("count")
        if count is not None and (type(count) is not int or not 1 <= count <= MOST_BOARDS):
            raise self._bad(where, f"count must be a whole number from 1 to {MOST_BOARDS}, not {count!r}")
        names = [key] if count is None else [f"{key}{number}" for number in range(1, count + 1)]
        told = self._text(where, table, "unique_id", "")
        if told and (count is not None or not re.fullmatch(r"([0-9a-f]{2}){1,16}", told)):
            raise self._bad(where, 'unique_id is for one board (no count), in hex digits, two a byte: "e6614103e7452d2f"')
        kind = spec.BOARD_NAMES[word]
        boots = self._boots(where, table.get("boot_s", [0.0, 0.0]))
        return [Placed(name, kind, told or self._unique_id(name, kind), boots) for name in names]

    def _named(self, where: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise self._bad(where, f"'{name}' is no name: letters, digits, - and _, and a letter first")

    def _boots(self, where: str, value: Any) -> tuple[float, float]:
        pair = value if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) else None
        if pair is None or not 0 <= pair[0] <= pair[1]:
            raise self._bad(
                where, f"boot_s must be two numbers of seconds, earliest and latest, such as [0.0, 1.5], not {value!r}"
            )
        return float(pair[0]), float(pair[1])

    def _unique_id(self, name: str, kind: str) -> str:
        """One that is always the same for this board of this wiring, so that runs repeat."""
        size = _ID_BYTES.get(catalog.boards()[kind].platform, 8)
        return hashlib.sha256(f"{self._file.stem}/{name}".encode()).hexdigest()[: 2 * size]

    def _net(self, key: str, table: dict[str, Any]) -> Net:
        where = f"nets.{key}"
        self._named(where, key)
        self._known(where, table, ("pins", "pullups_ohm", "pulldowns_ohm", "length_m", "ground"))
        words = table.get("pins")
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise self._bad(where, f'pins must be a list such as ["controller:10", "p*:10"], not {words!r}')
        pins = tuple(dict.fromkeys(pin for word in words for pin in self._pins(where, word)))
        length = table.get("length_m", 0.0)
        if not _is_number(length) or not 0 <= length <= 100:
            raise self._bad(where, f"length_m must be metres of wire from 0 to 100, not {length!r}")
        ground = table.get("ground", False)
        if not isinstance(ground, bool):
            raise self._bad(where, f"ground must be true or false, not {ground!r}")
        up, down = self._resistors(where, table, "pullups_ohm"), self._resistors(where, table, "pulldowns_ohm")
        return Net(key, pins, up, down, float(length), ground)

    def _resistors(self, where: str, table: dict[str, Any], key: str) -> tuple[float, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(_is_number(ohm) and ohm > 0 for ohm in value):
            raise self._bad(where, f"{key} must be a list of resistors in ohm, each above 0, such as [4700, 4700], not {value!r}")
        return tuple(float(ohm) for ohm in value)

    def _device(self, key: str, table: dict[str, Any]) -> list[Device]:
        where = f"devices.{key}"
        self._named(where, key)
        self._known(where, table, ("kind", "pins"))
        kind = self._text(where, table, "kind", None, 'kind = "led"')
        if kind not in DEVICES:
            raise self._bad(where, unknown("kind of device", kind, DEVICES))
        words = table.get("pins")
        roles = DEVICES[kind]
        if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
            form = ", ".join(f'{role} = "controller:{number}"' for number, role in enumerate(roles))
            raise self._bad(where, f"pins must be a table such as {{ {form} }}, not {words!r}")
        self._known(f"{where}.pins", words, roles)
        missing = [role for role in roles if role not in words and role not in _OPTIONAL.get(kind, ())]
        if missing:
            raise self._bad(where, f"pins lacks {', '.join(missing)}; a {kind} has {', '.join(roles)}")
        meant = {role: self._pins(where, word) for role, word in words.items()}
        counts = {len(pins) for pins in meant.values()}
        if len(counts) > 1:
            raise self._bad(where, "its pins mean different numbers of boards; name the same boards for each")
        many = counts != {1}
        found = []
        for pins in zip(*meant.values(), strict=True):
            name = f"{key}-{pins[0][0]}" if many else key
            found.append(Device(name, kind, MappingProxyType(dict(zip(meant, pins, strict=True)))))
        return found

    def _cost(self, key: str, table: dict[str, Any]) -> Cost:
        where = f"cost.{key}"
        self._known(where, table, ("fixed_us", "unit_us", "units"))
        for name in ("fixed_us", "unit_us"):
            value = table.get(name)
            if value is None:
                raise self._bad(
                    where, f"{name} is missing; write fixed_us = 300, unit_us = 1.7: microseconds of a call and of a unit"
                )
            if not _is_number(value) or value < 0:
                raise self._bad(where, f"{name} must be microseconds, 0 or more, not {value!r}")
        units = self._text(where, table, "units", "sum")
        if units not in UNITS:
            raise self._bad(where, unknown("units", units, UNITS))
        return Cost(float(table["fixed_us"]), float(table["unit_us"]), units)

    def _bus(self) -> BusFacts:
        form = '[bus] with wire = "i2c", frequency_hz = 400_000, and [bus.pins] with sda = 10, scl = 11'
        table = self._document.get("bus")
        if not isinstance(table, dict):
            raise self._bad("", f"no table [bus]; write {form}")
        self._known("bus", table, ("wire", "frequency_hz", "pins"))
        wire = self._text("bus", table, "wire", None, f'wire = "i2c", one of {", ".join(WIRES)}')
        if wire not in WIRES:
            raise self._bad("bus", unknown("wire", wire, WIRES))
        frequency = table.get("frequency_hz", 0)
        if type(frequency) is not int or not (1000 <= frequency <= 100_000_000 or (wire == "gpio" and frequency == 0)):
            raise self._bad("bus", f"frequency_hz must be a whole number of hertz from 1000 on, not {frequency!r}")
        pins = table.get("pins")
        if not isinstance(pins, dict):
            raise self._bad("bus", f"no table [bus.pins]; write {form}")
        self._known("bus.pins", pins, (*WIRES[wire], *_ALSO[wire]))
        for role, gpio in pins.items():
            self._check_bus_pin(role, gpio)
        self._once("bus.pins", [str(gpio) for role, gpio in pins.items() if role != "uart"], "GPIO numbers")
        missing = [role for role in WIRES[wire] if role not in pins]
        if missing:
            raise self._bad("bus.pins", f'{", ".join(missing)} missing: a bus of wire "{wire}" needs {", ".join(WIRES[wire])}')
        return BusFacts(wire, frequency, MappingProxyType(dict(pins)))

    def _check_bus_pin(self, role: str, gpio: Any) -> None:
        if role == "uart" and gpio not in _UARTS:
            raise self._bad("bus.pins", f"uart must be the number of a UART, 0 to {_UARTS[-1]}, not {gpio!r}")
        if type(gpio) is not int:
            raise self._bad("bus.pins", f"{role} must be a GPIO number, not {gpio!r}")
        for board in self._boards:
            self._check_gpio("bus.pins", board.name, gpio, f"{role} = {gpio}")
            if role != "role" and gpio in INPUTS_ONLY.get(board.kind, ()):
                raise self._bad("bus.pins", f"{role} = {gpio}: that pin of {board.name} cannot drive a line")

    # --- pins ---

    def _pins(self, where: str, word: str) -> list[Pin]:
        """The pins that BOARD:GPIO means, in the boards' order."""
        pattern, colon, number = word.partition(":")
        if not colon or not number.isdecimal():
            raise self._bad(where, f'"{word}" is not BOARD:GPIO, such as "controller:10" or "*:10"')
        names = [board.name for board in self._boards if fnmatchcase(board.name, pattern)]
        if not names:
            raise self._bad(where, unknown("board", pattern, (board.name for board in self._boards)))
        for name in names:
            self._check_gpio(where, name, int(number), f'"{word}"')
        return [(name, int(number)) for name in names]

    def _check_gpio(self, where: str, name: str, gpio: int, told: str) -> None:
        kind = next(board.kind for board in self._boards if board.name == name)
        if gpio not in GPIOS[kind]:
            raise self._bad(where, f"{told}: {name} is a {catalog.boards()[kind].name}, which has GPIO {listed(GPIOS[kind])}")

    def _apart(self, nets: tuple[Net, ...]) -> None:
        owner: dict[Pin, str] = {}
        for net in nets:
            for board, gpio in net.pins:
                other = owner.setdefault((board, gpio), net.name)
                if other != net.name:
                    told = f"{board}:{gpio} is in [nets.{other}] too; a pin is in one net: join the two, or move one"
                    raise self._bad(f"nets.{net.name}", told)

    # --- values ---

    def _tables(self, key: str) -> list[tuple[str, dict[str, Any]]]:
        table = self._document.get(key, {})
        if not isinstance(table, dict) or not all(isinstance(value, dict) for value in table.values()):
            raise self._bad(key, f"[{key}] holds a table for each of them: [{key}.NAME]")
        return list(table.items())

    def _text(self, where: str, table: dict[str, Any], key: str, default: str | None, form: str = "") -> str:
        value = table.get(key, default)
        if value is None:
            raise self._bad(where, f"{key} is missing; write {form}")
        if not isinstance(value, str):
            raise self._bad(where, f"{key} must be a string, not {value!r}")
        return value

    def _known(self, where: str, table: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                raise self._bad(where, unknown("key", key, keys))

    def _once(self, where: str, words: list[str], what: str) -> None:
        twice = [word for number, word in enumerate(words) if word in words[:number]]
        if twice:
            raise self._bad(where, f"{what} must differ, and {twice[0]} is there twice")

    def _bad(self, where: str, told: str) -> UsageError:
        return UsageError(f"{self._file}{f', [{where}]' if where else ''}: {told}")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
