"""The string that names a cluster: parsed here, once, into a frozen `Spec`.

Grammar:  SCHEME:[WHICH][?OPTION=VALUE[&OPTION=VALUE...]]
WHICH is GROUP[+GROUP...] for boards that are made (virtual, emulated), GROUP being BOARD or COUNTxBOARD;
WORD[,WORD...] for boards that are found (usb, tcp), WORD being a port or an address, a name or a unique id;
and one WORD for boards that share a bus: its controller (bus), or the wiring that it is part of (breadboard).
Virtual boards with `link=i2c@400k` or `link=uart@1M` are on such a bus as well, which is simulated like a breadboard.
Nothing is guessed: an unknown scheme, board or option is a `SpecError` that lists what is known.
Schemes, boards and options are each declared in one table; error texts and docs are made from the tables.
The only I/O of this file is the look-up in `resolve`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle, groupby, islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shoal import catalog, config
from shoal.errors import SpecError
from shoal.suggest import unknown

DEFAULT = "virtual:8xpico"
ENVIRONMENT_NAME = "SHOAL_CLUSTER"
FILE_NAME = config.FILE_NAME

MAX_BOARDS = 1000
MAX_NOISE = 0.1
MIN_FREQUENCY, MAX_FREQUENCY = 1_000, 10_000_000  # Hz of a bus's clock: I2C's fastest is 5 MHz; what boards can is not known here
MAX_PULLUP = 1e6  # ohms: more is no pull-up
MAX_WATCHDOG_S = 8.3  # the RP2040's watchdog counts to 8.388 s
TCP = "tcp"  # a virtual board's link may be a real one
IMITATED = ("pipe", "usb", "wifi_pico_w", "wifi_esp32")  # or one of these, each board's own, keys of the catalogue
WIRES = ("i2c", "uart")  # or an address on one of these, which all boards share
MOST_ON_BUS = 16  # boards: what I2C carries by its capacitance, and what a controller has places for
# The agent and its buffers take about 35 KB, and more for a moment while it starts.
MIN_HEAP = 64 * 1024
MAX_HEAP = 1024 * 1024 * 1024

SCHEMES = ("virtual", "usb", "tcp", "bus", "breadboard", "emulated")
_MADE = {"virtual": DEFAULT, "emulated": "emulated:1xpico"}  # schemes whose boards are made, and what they make if not told
_SHARED = {"bus": "", "breadboard": "picocray"}  # schemes of one bus, and which if not told; "": the only one there is

# What a user writes, and the catalogue entry that it means.
BOARD_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "pico": "pico",
        "picow": "pico_w",
        "pico2": "pico_2",
        "pico2w": "pico_2_w",
        "esp32": "esp32_wroom",
        "esp32s3": "esp32_s3",
        "esp32c3": "esp32_c3",
    }
)

OptionValue = str | int | float | None


class Bus(NamedTuple):
    """A wire that boards share. `hz`: its clock; of a UART its baud."""

    wire: str
    hz: int


@dataclass(frozen=True)
class Option:
    """One option of a spec: `read` turns its text into a value or raises ValueError; `schemes`: where it may stand."""

    schemes: tuple[str, ...]
    name: str
    form: str
    default: OptionValue
    help: str
    read: Callable[[str], OptionValue]


@dataclass(frozen=True)
class BoardGroup:
    """`count` boards of one `kind`, a key of `catalog.boards()`."""

    count: int
    kind: str


@dataclass(frozen=True)
class Spec:
    """A parsed spec. `groups`: boards to make; `targets`: words that name boards to find, () for all there are; of a bus, its
    controller or its wiring.

    `options` holds every option of the scheme, defaults filled in; `text` is what was parsed.
    """

    scheme: str
    groups: tuple[BoardGroup, ...]
    targets: tuple[str, ...]
    options: Mapping[str, OptionValue]
    text: str

    @property
    def count(self) -> int:
        """Number of boards that the spec asks for; 0 if it takes what there is."""
        if self.scheme in _SHARED:
            return int(self.options.get("boards") or 0)
        return sum(group.count for group in self.groups) or len(self.targets)

    @property
    def bus(self) -> Bus | None:
        """The bus that virtual boards are on by `link=i2c@400k`; None for boards with links of their own, and for those of a
        `bus:` or `breadboard:` spec, whose controller or wiring decides."""
        return _bus(str(self.options.get("link", "")))

    def sized(self, count: int) -> "Spec":
        """The same with so many boards: the first ones of those that it names; from the beginning again if they are too few.

        Boards that are found, and not made, are there or not. Raises SpecError if there cannot be so many.
        """
        head, mark, options = self.text.partition("?")
        if not 1 <= count <= MAX_BOARDS:
            raise _bad(self.text, f"{count} boards are asked for; a count is from 1 to {MAX_BOARDS}")
        if self.scheme == "breadboard":
            others = [item for item in options.split("&") if item and not item.startswith("boards=")]
            return parse(f"{head}?{'&'.join([*others, f'boards={count}'])}")
        if self.scheme in _MADE:
            return parse(f"{self.scheme}:{_first(self.groups, count)}{mark}{options}")
        if count > len(self.targets) or self.scheme in _SHARED:
            known = f"names {len(self.targets)} boards" if self.targets and self.scheme not in _SHARED else "names no boards"
            raise _bad(self.text, f"{count} boards are asked for, and it {known}; write which, or predict with {DEFAULT}")
        return parse(f"{self.scheme}:{','.join(self.targets[:count])}{mark}{options}")


def _first(groups: tuple[BoardGroup, ...], count: int) -> str:
    """The first `count` boards of groups that are repeated without end, as in a spec."""
    words = {kind: word for word, kind in BOARD_NAMES.items()}
    kinds = cycle(group.kind for group in groups for _ in range(group.count))
    return "+".join(f"{len(list(same))}x{words[kind]}" for kind, same in groupby(islice(kinds, count)))


def resolve(text: str | None, environ: Mapping[str, str], cwd: Path, default: str = DEFAULT) -> Spec:
    """The spec to use: `text`, else $SHOAL_CLUSTER, else `[cluster] spec` of `cwd`/shoal.toml or the user's, else `default`.

    `text` None means not given. An empty SHOAL_CLUSTER counts as unset. Raises SpecError, which says
    where the bad spec came from.
    """
    if text is not None:
        return parse(text)
    from_environment = environ.get(ENVIRONMENT_NAME, "")
    if from_environment:
        return _parse_from(f"environment variable {ENVIRONMENT_NAME}", from_environment)
    for file in config.files(environ, cwd):
        from_file = config.read(file).spec
        if from_file is not None:
            return _parse_from(f"{file}, [cluster] spec", from_file)
    return parse(default)


def parse(text: str) -> Spec:
    """Parse a spec such as `virtual:4xpico+2xesp32?pace=real`. Raises SpecError, listing what is known."""
    text = text.strip()
    scheme, colon, rest = text.partition(":")
    if not colon:
        raise _bad(text, f"it has no scheme; a spec looks like '{DEFAULT}'; known schemes: {_list(SCHEMES)}")
    if scheme not in SCHEMES:
        raise _bad(text, unknown("scheme", scheme, SCHEMES))
    which, mark, options = rest.partition("?")
    groups = _read_groups(text, which or _MADE[scheme].partition(":")[2]) if scheme in _MADE else ()
    targets = () if scheme in _MADE else _read_targets(text, which or _SHARED.get(scheme, ""))
    if scheme in _SHARED and len(targets) > 1:
        raise _bad(text, f"{scheme}: is one {'wiring' if scheme == 'breadboard' else 'controller'}, and '{targets[1]}' another")
    values = _read_options(text, scheme, options if mark else None)
    bus = _bus(str(values.get("link", "")))
    if bus:
        _check_bus(text, bus, groups, values)
        if "pace=" not in options:  # a breadboard's default: what a computer needs to simulate wires is no measure of them
            values = MappingProxyType({**values, "pace": "real"})
    return Spec(scheme, groups, targets, values, text)


def _bus(link: str) -> Bus | None:
    """What `i2c@400k` means; None for what begins otherwise. Raises ValueError for a frequency that is none."""
    wire, at, frequency = link.partition("@")
    return Bus(wire, _read_frequency(frequency)) if at and wire in WIRES else None


def _check_bus(text: str, bus: Bus, groups: tuple[BoardGroup, ...], values: Mapping[str, OptionValue]) -> None:
    """Whether these boards can share that bus."""
    total = sum(group.count for group in groups)
    if total > MOST_ON_BUS:
        raise _bad(text, f"it asks for {total} boards on one bus, which has places for {MOST_ON_BUS}")
    for kind in dict.fromkeys(group.kind for group in groups):
        fact = catalog.fact(f"boards.{kind}.i2c_target")
        if bus.wire == "i2c" and not fact.value:
            name = catalog.boards()[kind].name
            raise _bad(text, f"an {name} cannot be a processor on I2C ({fact.cond}); write link=uart@1M")
    if values["heap"] is not None:
        raise _bad(text, "heap= is for boards with links of their own; those on a bus have the catalogue's; leave it out")


def _read_targets(text: str, which: str) -> tuple[str, ...]:
    if not which:
        return ()
    targets = tuple(word.strip() for word in which.split(","))
    for number, target in enumerate(targets):
        if not target:
            raise _bad(text, "a board is missing beside a comma; write PORT or NAME, several parted by commas")
        if target in targets[:number]:
            raise _bad(text, f"'{target}' is given twice")
    return targets


def _read_groups(text: str, boards: str) -> tuple[BoardGroup, ...]:
    groups = tuple(_read_group(text, group) for group in boards.split("+"))
    total = sum(group.count for group in groups)
    if total > MAX_BOARDS:
        raise _bad(text, f"it asks for {total} boards; at most {MAX_BOARDS} are possible")
    return groups


def _read_group(text: str, group: str) -> BoardGroup:
    # Nine digits are plenty to be told "at most 1000", and keep int() away from its own limit.
    match = re.fullmatch(r"(?:(-?\d{1,9})x)?([A-Za-z]\w*)", group.strip(), re.ASCII)
    if match is None:
        raise _bad(text, f"'{group}' is not a group of boards; write COUNTxBOARD, for example 8xpico")
    count = 1 if match[1] is None else int(match[1])
    kind = BOARD_NAMES.get(match[2])
    if kind is None:
        raise _bad(text, unknown("board", match[2], BOARD_NAMES) + "; write a group as COUNTxBOARD")
    if not 1 <= count <= MAX_BOARDS:
        raise _bad(text, f"'{group}' asks for {count} boards; a count is from 1 to {MAX_BOARDS}")
    return BoardGroup(count, kind)


def _read_options(text: str, scheme: str, options: str | None) -> Mapping[str, OptionValue]:
    known = options_of(scheme)
    values = {option.name: option.default for option in known.values()}
    seen: set[str] = set()
    for item in [] if options is None else options.split("&"):
        name, equals, value = item.partition("=")
        if not equals:
            raise _bad(text, f"'{item}' after '?' is not OPTION=VALUE; known options: {_list(known)}")
        if name not in known:
            raise _bad(text, unknown("option", name, known))
        if name in seen:
            raise _bad(text, f"option '{name}' is given twice")
        seen.add(name)
        option = known[name]
        try:
            values[name] = option.read(value)
        except ValueError as error:
            reason = f"{name}={value} is wrong: {error}; {name} ({option.form}): {option.help}"
            raise _bad(text, reason) from None
    return MappingProxyType(values)


# --- the options --------------------------------------------------------------------------------


def _read_pace(value: str) -> str:
    return _one_of(value, ("real", "off"))


def _read_link(value: str) -> str:
    return value if _bus(value) else _one_of(value, (*IMITATED, TCP, "i2c@400k", "uart@1M"))


def _read_noise(value: str) -> float:
    noise = float(value)
    if not 0 <= noise <= MAX_NOISE:
        raise ValueError(f"a probability from 0 to {MAX_NOISE} is needed")
    return noise


def _read_seed(value: str) -> int:
    return int(value)


def _read_frequency(value: str) -> int:
    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,3})?)([kM]?)", value, re.ASCII)
    if match is None:
        raise ValueError("a frequency is needed, such as 100k, 400k, 1M or 9600")
    frequency = round(float(match[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[match[2]])
    if not MIN_FREQUENCY <= frequency <= MAX_FREQUENCY:
        raise ValueError(f"a frequency is from {MIN_FREQUENCY} Hz to {MAX_FREQUENCY // 1_000_000}M")
    return frequency


def _read_boards(value: str) -> int:
    boards = int(value) if re.fullmatch(r"-?\d{1,9}", value, re.ASCII) else 0
    if not 1 <= boards <= MOST_ON_BUS:
        raise ValueError(f"a number of boards from 1 to {MOST_ON_BUS} is needed")
    return boards


def _read_pullups(value: str) -> float:
    """Ohms; 0 for none."""
    if value == "none":
        return 0.0
    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,3})?)(k?)", value, re.ASCII)
    ohms = float(match[1]) * (1000 if match[2] else 1) if match else 0.0
    if not 0 < ohms <= MAX_PULLUP:
        raise ValueError("none, or a resistance such as 4.7k or 2200, is needed")
    return ohms


def _read_fault(value: str) -> str:
    if not value:
        raise ValueError("what happens to which board and when is needed, such as unplug:3@2s")
    return value


def _read_heap(value: str) -> int:
    match = re.fullmatch(r"(\d{1,12})([KM]?)", value, re.ASCII)
    if match is None:
        raise ValueError("a number of bytes is needed, such as 200000, 200K (1024 bytes each) or 1M")
    heap = int(match[1]) * {"": 1, "K": 1024, "M": 1024 * 1024}[match[2]]
    if not MIN_HEAP <= heap <= MAX_HEAP:
        raise ValueError(f"a heap is from {MIN_HEAP // 1024}K to {MAX_HEAP // 1024 // 1024}M")
    return heap


def _read_firmware(value: str) -> str:
    if not value:
        raise ValueError("the path of a .uf2 file is needed")
    return value


def _read_baud(value: str) -> int:
    baud = int(value)
    if not 9600 <= baud <= 3_000_000:
        raise ValueError("a rate from 9600 to 3000000 is needed")
    return baud


def _read_watchdog(value: str) -> float:
    seconds = float(value)
    if not (seconds == 0 or 1 <= seconds <= MAX_WATCHDOG_S):
        raise ValueError(f"seconds from 1 to {MAX_WATCHDOG_S}, or 0 for none, are needed")
    return seconds


def _read_agent(value: str) -> str:
    return _one_of(value, ("auto", "ram"))


_LINK_HELP = "tcp: real TCP; i2c@400k, uart@1M: a simulated bus that all share; others: what pace=real imitates"
_VIRTUAL, _USB, _EMULATED, _BREADBOARD = ("virtual",), ("usb",), ("emulated",), ("breadboard",)
OPTIONS = (
    Option(_VIRTUAL, "pace", "real|off", "off", "real: as slow as the real board and link; the default on a bus", _read_pace),
    Option(_VIRTUAL, "link", "pipe|tcp|usb|i2c@400k|...", "pipe", _LINK_HELP, _read_link),
    Option(_VIRTUAL, "noise", "0..0.1", 0.0, "probability that a byte on the link (a bit on a bus) is damaged", _read_noise),
    Option(_VIRTUAL, "seed", "integer", 0, "repeats the same damage of noise=; on a bus boot times too", _read_seed),
    Option(_VIRTUAL, "heap", "bytes", None, "heap of each board, instead of the catalogue's", _read_heap),
    Option(("usb", "bus"), "baud", "9600..3000000", 115200, "rate of boards behind a UART bridge", _read_baud),
    Option(_USB, "watchdog", "seconds", 0.0, "a board that hangs for so long resets itself; 0: never", _read_watchdog),
    Option(_USB, "agent", "auto|ram", "auto", "ram: load the agent anew even if one is installed", _read_agent),
    Option(_EMULATED, "firmware", "FILE.uf2", None, "MicroPython for the RP2040", _read_firmware),
    Option(_EMULATED, "pace", "real|off", "real", "off: idle time passes at once", _read_pace),
    Option(_BREADBOARD, "pace", "real|off", "real", "off: as fast as this computer simulates it", _read_pace),
    Option(_BREADBOARD, "boards", "1..16", None, "number of processors, instead of the wiring's", _read_boards),
    Option(_BREADBOARD, "freq", "1k..10M", None, "clock of the bus in Hz, instead of the wiring's", _read_frequency),
    Option(_BREADBOARD, "pullups", "none|ohms", None, "pull-up resistors, instead of the wiring's", _read_pullups),
    Option(_BREADBOARD, "noise", "0..0.1", 0.0, "probability that a bit on the bus is read wrong", _read_noise),
    Option(_BREADBOARD, "fault", "KIND:BOARD@TIME", None, "what goes wrong when; several: KIND...+KIND...", _read_fault),
    Option(_BREADBOARD, "seed", "integer", 0, "repeats the same boot times, noise and clashes", _read_seed),
)


def options_of(scheme: str) -> Mapping[str, Option]:
    """The options that a scheme knows, by name."""
    return {option.name: option for option in OPTIONS if scheme in option.schemes}


# --- where a spec comes from --------------------------------------------------------------------


def _parse_from(origin: str, text: str) -> Spec:
    try:
        return parse(text)
    except SpecError as error:
        raise SpecError(f"{origin}: {error}") from None


# --- the words of errors ------------------------------------------------------------------------


def _one_of(value: str, known: Iterable[str]) -> str:
    names = tuple(known)
    if value not in names:
        raise ValueError(unknown("value", value, names))
    return value


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _bad(text: str, reason: str) -> SpecError:
    return SpecError(f"cannot use the cluster spec '{text}': {reason}")
