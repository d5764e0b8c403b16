"""A spec is read exactly as written, or refused with what is known; where it came from is always said."""

import re
from pathlib import Path

import pytest

from shoal import catalog, spec
from shoal.errors import SpecError
from shoal.spec import BoardGroup

READ = [
    ("virtual:", [(8, "pico")]),
    ("virtual:8xpico", [(8, "pico")]),
    ("virtual:pico", [(1, "pico")]),
    ("  virtual:2xpico  ", [(2, "pico")]),
    ("virtual:4xpico+2xesp32", [(4, "pico"), (2, "esp32_wroom")]),
    ("virtual:picow+pico2+pico2w", [(1, "pico_w"), (1, "pico_2"), (1, "pico_2_w")]),
    ("virtual:3xesp32s3+esp32c3", [(3, "esp32_s3"), (1, "esp32_c3")]),
    ("virtual:1000xpico", [(1000, "pico")]),
]

# What is refused, and words that the message must hold: what is wrong, and what would be right.
REFUSED = [
    ("", ["no scheme", "virtual:8xpico"]),
    ("pico", ["no scheme", "virtual:8xpico"]),
    ("virtul:8xpico", ["unknown scheme 'virtul'", "did you mean 'virtual'?"]),
    ("virtual:0xpico", ["'0xpico' asks for 0 boards", "from 1 to 1000"]),
    ("virtual:-1xpico", ["'-1xpico' asks for -1 boards", "from 1 to 1000"]),
    ("virtual:1001xpico", ["1001 boards", "from 1 to 1000"]),
    ("virtual:600xpico+600xesp32", ["1200 boards", "at most 1000"]),
    ("virtual:xpico", ["unknown board 'xpico'", "did you mean 'pico'?", "COUNTxBOARD"]),
    ("virtual:8*pico", ["'8*pico' is not a group", "COUNTxBOARD"]),
    ("virtual:8pico", ["'8pico' is not a group", "COUNTxBOARD"]),
    ("virtual:8x", ["'8x' is not a group", "COUNTxBOARD"]),
    ("virtual:٣xpico", ["is not a group"]),
    (f"virtual:{'9' * 5000}xpico", ["is not a group"]),
    ("virtual:8xpicco", ["unknown board 'picco'", "did you mean 'pico'?", ", ".join(spec.BOARD_NAMES)]),
    ("virtual:zx81", ["unknown board 'zx81'", ", ".join(spec.BOARD_NAMES)]),
    ("virtual:4xpico+", ["'' is not a group"]),
    ("virtual:pico?", ["not OPTION=VALUE", ", ".join(spec.options_of("virtual"))]),
    ("virtual:pico?pace", ["'pace' after '?' is not OPTION=VALUE"]),
    ("virtual:pico?pase=real", ["unknown option 'pase'", "did you mean 'pace'?", ", ".join(spec.options_of("virtual"))]),
    ("virtual:pico?pace=real&pace=off", ["'pace' is given twice"]),
    ("virtual:pico?pace=slow", ["pace=slow", "known: real, off"]),
    ("virtual:pico?link=ubs", ["unknown value 'ubs'", "did you mean 'usb'?", ", ".join(spec.IMITATED)]),
    ("virtual:pico?link=i2c_400k", ["unknown value 'i2c_400k'", "did you mean 'i2c@400k'?"]),
    ("virtual:pico?link=i2c", ["unknown value 'i2c'", "i2c@400k"]),
    ("virtual:pico?link=i2c@", ["a frequency is needed, such as 100k"]),
    ("virtual:pico?link=i2c@fast", ["link=i2c@fast", "a frequency is needed"]),
    ("virtual:pico?link=uart@11M", ["from 1000 Hz to 10M"]),
    ("virtual:pico?link=spi@1M", ["unknown value 'spi@1M'"]),
    ("virtual:17xpico?link=i2c@400k", ["17 boards on one bus", "places for 16"]),
    ("virtual:9xpico+8xesp32?link=uart@1M", ["17 boards on one bus"]),
    ("virtual:2xpico+1xesp32?link=i2c@400k", ["an ESP32", "cannot be a processor on I2C", "link=uart@1M"]),
    ("virtual:pico?link=i2c@400k&heap=200K", ["heap= is for boards with links of their own"]),
    ("virtual:pico?noise=0.2", ["noise=0.2", "from 0 to 0.1"]),
    ("virtual:pico?noise=-0.01", ["from 0 to 0.1"]),
    ("virtual:pico?noise=nan", ["from 0 to 0.1"]),
    ("virtual:pico?noise=lots", ["noise=lots", spec.options_of("virtual")["noise"].help]),
    ("virtual:pico?seed=1.5", ["seed=1.5"]),
    ("virtual:pico?heap=12Q", ["a number of bytes is needed"]),
    ("virtual:pico?heap=1K", ["heap=1K", "64K"]),
    ("virtual:pico?heap=99999M", ["a heap is from"]),
]


@pytest.mark.parametrize(("text", "groups"), READ)
def test_groups_are_read(text: str, groups: list[tuple[int, str]]) -> None:
    parsed = spec.parse(text)
    assert parsed.scheme == "virtual"
    assert parsed.groups == tuple(BoardGroup(count, kind) for count, kind in groups)
    assert parsed.count == sum(count for count, _ in groups)
    assert parsed.text == text.strip()


@pytest.mark.parametrize(
    ("text", "scheme", "targets"),
    [
        ("usb:", "usb", ()),
        ("usb:?watchdog=8", "usb", ()),
        ("usb:/dev/ttyACM0,left-one", "usb", ("/dev/ttyACM0", "left-one")),
        ("tcp:10.0.0.7, 10.0.0.8:20257", "tcp", ("10.0.0.7", "10.0.0.8:20257")),
    ],
)
def test_boards_to_find_are_words(text: str, scheme: str, targets: tuple[str, ...]) -> None:
    parsed = spec.parse(text)
    assert (parsed.scheme, parsed.targets, parsed.groups, parsed.count) == (scheme, targets, (), len(targets))


def test_boards_on_a_bus_are_named_by_what_they_share() -> None:
    """And are not counted: who is on a bus is known when it runs."""
    assert spec.parse("bus:").targets == ()
    assert (spec.parse("bus:/dev/ttyACM0").targets, spec.parse("bus:/dev/ttyACM0").count) == (("/dev/ttyACM0",), 0)
    assert (spec.parse("breadboard:").targets, spec.parse("breadboard:").count) == (("picocray",), 0)
    assert spec.parse("breadboard:./my.toml?seed=3").targets == ("./my.toml",)
    text = "breadboard:picocray?freq=400k&noise=1e-4&fault=unplug:3@2s&pullups=none&seed=1&pace=off"
    options = {"freq": 400_000, "noise": 1e-4, "fault": "unplug:3@2s", "pullups": 0.0, "seed": 1, "pace": "off", "boards": None}
    assert dict(spec.parse(text).options) == options
    assert spec.parse("breadboard:?freq=3.4M").options["freq"] == 3_400_000
    assert spec.parse("breadboard:?freq=9600").options["freq"] == 9600
    assert spec.parse("breadboard:?pullups=4.7k").options["pullups"] == 4700
    assert spec.parse("breadboard:?fault=stuck:sda=0@1s..2s+unplug:2@3s").options["fault"] == "stuck:sda=0@1s..2s+unplug:2@3s"
    assert dict(spec.parse("breadboard:").options)["pace"] == "real"
    assert spec.parse("breadboard:uart?boards=3").count == 3
    assert spec.parse("breadboard:").bus is None and spec.parse("bus:").bus is None


@pytest.mark.parametrize(
    ("link", "bus"), [("i2c@400k", ("i2c", 400_000)), ("uart@1M", ("uart", 1_000_000)), ("i2c@100000", ("i2c", 100_000))]
)
def test_virtual_boards_may_share_a_bus(link: str, bus: tuple[str, int]) -> None:
    """They are then as slow as real ones, if nothing else is said: on simulated wires any other time would mean nothing."""
    parsed = spec.parse(f"virtual:2xpico+1xpico2w?link={link}")
    assert (parsed.bus, parsed.count, parsed.options["pace"]) == (bus, 3, "real")
    assert spec.parse(f"virtual:pico?link={link}&pace=off").options["pace"] == "off"
    assert spec.parse("virtual:pico?link=usb").bus is None and spec.parse("virtual:pico").bus is None


@pytest.mark.parametrize(
    ("text", "count", "sized"),
    [
        ("virtual:8xpico", 3, "virtual:3xpico"),
        ("virtual:", 1, "virtual:1xpico"),
        ("virtual:8xpico?pace=real&link=usb", 16, "virtual:16xpico?pace=real&link=usb"),
        ("virtual:4xpico+2xesp32?seed=3", 5, "virtual:4xpico+1xesp32?seed=3"),
        ("virtual:4xpico+2xesp32", 9, "virtual:4xpico+2xesp32+3xpico"),
        ("virtual:2xpico?link=i2c@400k", 16, "virtual:16xpico?link=i2c@400k"),
        ("emulated:2xpico?firmware=F.uf2", 1, "emulated:1xpico?firmware=F.uf2"),
        ("breadboard:", 4, "breadboard:?boards=4"),
        ("breadboard:uart?seed=3&boards=4", 9, "breadboard:uart?seed=3&boards=9"),
        ("usb:a,b,c?watchdog=8", 2, "usb:a,b?watchdog=8"),
        ("tcp:10.0.0.7", 1, "tcp:10.0.0.7"),
    ],
)
def test_the_same_spec_with_another_number_of_boards(text: str, count: int, sized: str) -> None:
    found = spec.parse(text).sized(count)
    assert (found.text, found.count) == (sized, count)


@pytest.mark.parametrize(
    ("text", "count", "words"),
    [
        ("virtual:8xpico", 0, "0 boards are asked for; a count is from 1 to 1000"),
        ("virtual:8xpico", -1, "-1 boards are asked for"),
        ("virtual:8xpico", 1001, "1001 boards are asked for"),
        ("virtual:8xpico?link=i2c@1M", 32, "32 boards on one bus, which has places for 16"),
        ("breadboard:", 17, "a number of boards from 1 to 16"),
        ("usb:a,b", 3, "3 boards are asked for, and it names 2 boards"),
        ("usb:", 1, "it names no boards"),
        ("bus:/dev/ttyACM0", 2, "it names no boards"),
    ],
)
def test_a_number_of_boards_that_cannot_be(text: str, count: int, words: str) -> None:
    with pytest.raises(SpecError, match=re.escape(words)):
        spec.parse(text).sized(count)


def test_emulated_boards_are_made() -> None:
    parsed = spec.parse("emulated:2xpico?firmware=F.uf2")
    assert (parsed.groups, parsed.options["firmware"]) == ((BoardGroup(2, "pico"),), "F.uf2")
    assert spec.parse("emulated:").count == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("usb:a,,b", ["a board is missing beside a comma"]),
        ("usb:a,a", ["'a' is given twice"]),
        ("usb:?pace=real", ["unknown option 'pace'", "baud"]),
        ("usb:?baud=12", ["from 9600"]),
        ("usb:?watchdog=60", ["seconds from 1 to 8.3"]),
        ("usb:?watchdog=nan", ["seconds from 1"]),
        ("usb:?agent=new", ["known: auto, ram"]),
        ("emulated:pico?firmware=", ["the path of a .uf2 file"]),
        ("bus:a,b", ["bus: is one controller, and 'b' another"]),
        ("bus:?freq=400k", ["unknown option 'freq'", "baud"]),
        ("breadboard:a,b", ["breadboard: is one wiring"]),
        ("breadboard:picocray?baud=9600", ["unknown option 'baud'", ", ".join(spec.options_of("breadboard"))]),
        ("breadboard:?boards=0", ["a number of boards from 1 to 16"]),
        ("breadboard:?boards=-4", ["a number of boards from 1 to 16"]),
        ("breadboard:?boards=17", ["a number of boards from 1 to 16"]),
        ("breadboard:?boards=eight", ["a number of boards from 1 to 16"]),
        ("breadboard:?freq=fast", ["a frequency is needed, such as 100k"]),
        ("breadboard:?freq=400", ["from 1000 Hz to 10M"]),
        ("breadboard:?freq=11M", ["from 1000 Hz to 10M"]),
        ("breadboard:?pullups=0", ["none, or a resistance"]),
        ("breadboard:?pullups=weak", ["none, or a resistance"]),
        ("breadboard:?noise=1", ["from 0 to 0.1"]),
        ("breadboard:?fault=", ["unplug:3@2s"]),
        ("breadboard:?pace=fast", ["known: real, off"]),
    ],
)
def test_options_belong_to_a_scheme(text: str, words: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        spec.parse(text)
    for word in words:
        assert word in str(caught.value)


def test_every_option_has_its_default() -> None:
    options = {"pace": "off", "link": "pipe", "noise": 0.0, "seed": 0, "heap": None}
    assert dict(spec.parse("virtual:pico").options) == options


def test_options_are_read_with_their_types() -> None:
    text = "virtual:2xpico?pace=real&link=usb&noise=0.001&seed=-7&heap=200K"
    options = {"pace": "real", "link": "usb", "noise": 0.001, "seed": -7, "heap": 204_800}
    assert dict(spec.parse(text).options) == options
    assert spec.parse("virtual:?heap=1M").options["heap"] == 1_048_576
    assert spec.parse("virtual:?heap=200000").options["heap"] == 200_000


def test_a_spec_cannot_be_changed() -> None:
    parsed = spec.parse("virtual:pico")
    with pytest.raises(TypeError):
        parsed.options["pace"] = "real"  # type: ignore[index]
    with pytest.raises(AttributeError):
        parsed.scheme = "usb"  # type: ignore[misc]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_a_wrong_spec_is_refused_with_what_is_known(text: str, words: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        spec.parse(text)
    message = str(caught.value)
    assert f"'{text}'" in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("scheme", ["dask", "slurm", "mpi", "VIRTUAL"])
def test_every_other_scheme_is_unknown(scheme: str) -> None:
    with pytest.raises(SpecError, match=f"unknown scheme '{scheme}'.*known: virtual, usb, tcp, bus, breadboard, emulated"):
        spec.parse(f"{scheme}:")


def test_board_names_lead_to_the_whole_catalogue() -> None:
    assert sorted(spec.BOARD_NAMES.values()) == sorted(catalog.boards())


def test_the_default_of_every_option_is_a_legal_value() -> None:
    for option in spec.OPTIONS:
        if option.default is not None:
            assert option.read(str(option.default)) == option.default


# --- where the spec comes from ------------------------------------------------------------------


def write_toml(folder: Path, text: str) -> Path:
    file = folder / "shoal.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_order_of_places(tmp_path: Path) -> None:
    assert spec.resolve(None, {}, tmp_path).text == "virtual:8xpico"
    write_toml(tmp_path, '[cluster]\nspec = "virtual:3xpico"\n')
    assert spec.resolve(None, {}, tmp_path).text == "virtual:3xpico"
    assert spec.resolve(None, {"SHOAL_CLUSTER": ""}, tmp_path).text == "virtual:3xpico"
    assert spec.resolve(None, {"SHOAL_CLUSTER": "virtual:2xpico"}, tmp_path).text == "virtual:2xpico"
    assert spec.resolve("virtual:pico", {"SHOAL_CLUSTER": "virtual:2xpico"}, tmp_path).text == "virtual:pico"


def test_an_empty_argument_is_an_error_and_not_the_default(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no scheme"):
        spec.resolve("", {}, tmp_path)


@pytest.mark.parametrize("text", ["", "[other]\nspec = 1\n", "[cluster]\n"])
def test_a_file_without_a_spec_leaves_the_default(tmp_path: Path, text: str) -> None:
    write_toml(tmp_path, text)
    assert spec.resolve(None, {}, tmp_path).text == spec.DEFAULT


def test_a_bad_spec_of_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"SHOAL_CLUSTER: .*unknown board 'picco'"):
        spec.resolve(None, {"SHOAL_CLUSTER": "virtual:picco"}, tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[cluster]\nspec = "virtual:picco"\n', r"\[cluster\] spec: .*unknown board 'picco'"),
        ("[cluster]\nspec = 8\n", "spec must be a string .* not 8"),
        ("cluster = 8\n", "'cluster' must be a table"),
        ('[cluster]\nspce = "virtual:"\n', "unknown key 'spce' .*did you mean 'spec'"),
        ("[cluster\n", "cannot be read as TOML"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, reason: str) -> None:
    file = write_toml(tmp_path, text)
    with pytest.raises(SpecError, match=f"^{re.escape(str(file))}.*{reason}"):
        spec.resolve(None, {}, tmp_path)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "shoal.toml"
    file.write_bytes(b"\xff\xfe[cluster]")
    with pytest.raises(SpecError, match=re.escape(str(file))):
        spec.resolve(None, {}, tmp_path)
