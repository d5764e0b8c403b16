"""The string that names a cluster: parsed here, once, into a frozen `Spec`.

Grammar:  virtual:[GROUP[+GROUP...]][?OPTION=VALUE[&OPTION=VALUE...]]     GROUP is BOARD or COUNTxBOARD
Nothing is guessed: an unknown scheme, board or option is a `SpecError` that lists what is known.
Schemes, boards and options are each declared in one table; error texts and docs are made from the tables.
The only I/O of this file is the look-up in `resolve`.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from shoal import catalog
from shoal.errors import SpecError

DEFAULT = "virtual:8xpico"
ENVIRONMENT_NAME = "SHOAL_CLUSTER"
FILE_NAME = "shoal.toml"

MAX_BOARDS = 1000
MAX_NOISE = 0.1
# The agent and its buffers take about 35 KB, and more for a moment while it starts.
MIN_HEAP = 64 * 1024
MAX_HEAP = 1024 * 1024 * 1024

SCHEMES = ("virtual",)

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


@dataclass(frozen=True)
class Option:
    """One option of a spec: `read` turns its text into a value or raises ValueError."""

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
    """A parsed spec. `options` holds every option, defaults filled in; `text` is what was parsed."""

    scheme: str
    groups: tuple[BoardGroup, ...]
    options: Mapping[str, OptionValue]
    text: str

    @property
    def count(self) -> int:
        """Number of boards in all groups."""
        return sum(group.count for group in self.groups)


def resolve(text: str | None, environ: Mapping[str, str], cwd: Path, default: str = DEFAULT) -> Spec:
    """The spec to use: `text`, else $SHOAL_CLUSTER, else `[cluster] spec` of `cwd`/shoal.toml, else `default`.

    `text` None means not given. An empty SHOAL_CLUSTER counts as unset. Raises SpecError, which says
    where the bad spec came from.
    """
    if text is not None:
        return parse(text)
    from_environment = environ.get(ENVIRONMENT_NAME, "")
    if from_environment:
        return _parse_from(f"environment variable {ENVIRONMENT_NAME}", from_environment)
    file = cwd / FILE_NAME
    from_file = _spec_in_file(file)
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
        raise _bad(text, _unknown("scheme", scheme, SCHEMES))
    boards, mark, options = rest.partition("?")
    groups = _read_groups(text, boards)
    return Spec(scheme, groups, _read_options(text, options if mark else None), text)


def _read_groups(text: str, boards: str) -> tuple[BoardGroup, ...]:
    if not boards:
        return parse(DEFAULT).groups
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
        raise _bad(text, _unknown("board", match[2], BOARD_NAMES) + "; write a group as COUNTxBOARD")
    if not 1 <= count <= MAX_BOARDS:
        raise _bad(text, f"'{group}' asks for {count} boards; a count is from 1 to {MAX_BOARDS}")
    return BoardGroup(count, kind)


def _read_options(text: str, options: str | None) -> Mapping[str, OptionValue]:
    values = {option.name: option.default for option in OPTIONS.values()}
    seen: set[str] = set()
    for item in [] if options is None else options.split("&"):
        name, equals, value = item.partition("=")
        if not equals:
            raise _bad(text, f"'{item}' after '?' is not OPTION=VALUE; known options: {_list(OPTIONS)}")
        if name not in OPTIONS:
            raise _bad(text, _unknown("option", name, OPTIONS))
        if name in seen:
            raise _bad(text, f"option '{name}' is given twice")
        seen.add(name)
        option = OPTIONS[name]
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
    return _one_of(value, catalog.links())


def _read_noise(value: str) -> float:
    noise = float(value)
    if not 0 <= noise <= MAX_NOISE:
        raise ValueError(f"a probability from 0 to {MAX_NOISE} is needed")
    return noise


def _read_seed(value: str) -> int:
    return int(value)


def _read_heap(value: str) -> int:
    match = re.fullmatch(r"(\d{1,12})([KM]?)", value, re.ASCII)
    if match is None:
        raise ValueError("a number of bytes is needed, such as 200000, 200K (1024 bytes each) or 1M")
    heap = int(match[1]) * {"": 1, "K": 1024, "M": 1024 * 1024}[match[2]]
    if not MIN_HEAP <= heap <= MAX_HEAP:
        raise ValueError(f"a heap is from {MIN_HEAP // 1024}K to {MAX_HEAP // 1024 // 1024}M")
    return heap


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        option.name: option
        for option in (
            Option("pace", "real|off", "off", "real: as slow as the real board and link", _read_pace),
            Option("link", "pipe|usb|...", "pipe", "the link that pace=real imitates", _read_link),
            Option("noise", "0..0.1", 0.0, "probability that a byte on the link is damaged", _read_noise),
            Option("seed", "integer", 0, "repeats the same damage of noise=", _read_seed),
            Option("heap", "bytes", None, "heap of each board, instead of the catalogue's", _read_heap),
        )
    }
)


# --- where a spec comes from --------------------------------------------------------------------


def _spec_in_file(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SpecError(f"{file} cannot be read as TOML: {error}") from error
    table = document.get("cluster", {})
    if not isinstance(table, dict):
        raise SpecError(f"{file}: 'cluster' must be a table: [cluster] with spec = \"{DEFAULT}\"")
    for key in table:
        if key != "spec":
            raise SpecError(f"{file}, [cluster]: {_unknown('key', key, ('spec',))}")
    spec = table.get("spec")
    if spec is not None and not isinstance(spec, str):
        raise SpecError(f"{file}, [cluster]: spec must be a string such as \"{DEFAULT}\", not {spec!r}")
    return spec


def _parse_from(origin: str, text: str) -> Spec:
    try:
        return parse(text)
    except SpecError as error:
        raise SpecError(f"{origin}: {error}") from None


# --- the words of errors ------------------------------------------------------------------------


def _one_of(value: str, known: Iterable[str]) -> str:
    names = tuple(known)
    if value not in names:
        raise ValueError(_unknown("value", value, names))
    return value


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return f"unknown {what} '{word}'{hint}; known: {_list(names)}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _bad(text: str, reason: str) -> SpecError:
    return SpecError(f"cannot use the cluster spec '{text}': {reason}")
