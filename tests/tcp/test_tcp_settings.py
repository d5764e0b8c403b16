"""What is written to a board, what it makes of it, and which boards a spec means. No network."""

import json
from pathlib import Path

import pytest

import interpreters
from shoal.config import Known
from shoal.errors import LinkError, UsageError
from shoal.tcp import settings
from shoal.tcp.places import chosen, split

ID = "e6614103e7452d2f"
KEYS = {ID: bytes(32), "e661000000000002": bytes(range(32))}
FILE = Path("shoal.toml")


def file(**changed):
    return settings.network_file(**{"unique_id": ID, "key": bytes(32), "ssid": "attic", "password": "correct horse", **changed})


def known(name="left", id=ID, address="10.0.0.7"):
    return Known(name, id, (), "pico_w", address, FILE)


def test_names_on_the_network_tell_boards_apart_and_nothing_else():
    name = settings.hostname(ID)
    assert name.startswith("shoal-") and len(name) == 10
    assert name[6:] not in ID
    assert name != settings.hostname("e661000000000002")
    assert settings.address(ID) == name + ".local"


def test_keys_are_new_each_time():
    assert len({settings.new_key() for _ in range(20)}) == 20
    assert len(settings.new_key()) == settings.KEY_BYTES


def test_the_board_reads_what_was_written(tmp_path):
    """`shoal_board.wifi` under MicroPython, with a module `network` as far as a board's is used."""
    if why_not := interpreters.missing("micropython"):
        pytest.skip(why_not)
    path = tmp_path / "network.json"
    path.write_bytes(file(country="de", dial="10.0.0.5:20258", ssid='a "quoted" ünet'))
    printed = interpreters.run("micropython", Path(__file__).with_name("both") / "check_wifi.py", str(path))
    assert json.loads(printed) == json.loads(path.read_bytes())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ssid": ""}, "ssid. is missing"),
        ({"ssid": "x" * 33}, "ssid is 33 bytes long"),
        ({"ssid": "ü" * 17}, "ssid is 34 bytes long"),
        ({"password": "short77"}, "shorter than the 8 characters"),
        ({"password": "x" * 64}, "password is 64 bytes long"),
        ({"country": "DEU"}, "country is 3 bytes long"),
        ({"key": bytes(16)}, "32 bytes, not 16"),
        ({"dial": "10.0.0.5"}, "write HOST:PORT"),
        ({"dial": "10.0.0.5:99999"}, "write HOST:PORT"),
    ],
)
def test_settings_that_cannot_be_are_refused_without_telling_the_password(changed, said):
    with pytest.raises(UsageError, match=said) as failure:
        file(**changed)
    assert changed.get("password", "correct horse") not in str(failure.value)


def test_an_open_network_has_no_password():
    assert json.loads(file(password=""))["password"] == ""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.7", ("10.0.0.7", settings.PORT)),
        ("10.0.0.7:80", ("10.0.0.7", 80)),
        ("shoal-1a2b.local", ("shoal-1a2b.local", settings.PORT)),
        ("[fe80::1]:9", ("fe80::1", 9)),
        ("[fe80::1%eth0]", ("fe80::1%eth0", settings.PORT)),
    ],
)
def test_addresses(text, place):
    assert split(text) == place


def test_a_named_board_is_reached_with_its_own_key_only():
    (place,) = chosen(["left"], [known()], KEYS, [])
    assert (place.host, place.port, place.named) == ("10.0.0.7", settings.PORT, True)
    assert place.keys == [(ID, KEYS[ID])]
    assert (place.slot.name, place.slot.unique_id, place.slot.kind) == ("left", ID, "pico_w")


def test_an_address_of_the_fleet_file_is_that_board():
    assert chosen(["10.0.0.7"], [known()], KEYS, [])[0].slot.name == "left"
    assert chosen(["10.0.0.7:20257"], [known()], KEYS, [])[0].slot.name == "left"


def test_an_unknown_address_is_tried_with_all_keys():
    (place,) = chosen(["10.0.0.9"], [known()], KEYS, [])
    assert not place.named and [name for name, _ in place.keys] == list(KEYS)


def test_without_an_address_the_name_on_the_network_is_used():
    assert chosen(["left"], [known(address="")], KEYS, [])[0].host == settings.address(ID)


def test_no_words_mean_all_that_can_be_reached():
    boards = [known(), known("usb-only", id="e66100000000000f", address=""), known("byname", "e661000000000002", "")]
    places = chosen([], boards, KEYS, [("10.0.0.7", settings.PORT), ("10.0.0.8", 5000)])
    assert [place.slot.name for place in places] == ["left", "byname", "10.0.0.8"]


def test_a_board_that_calls_is_waited_for():
    (place,) = chosen(["left"], [known(address="calls")], KEYS, [])
    assert place.calls == settings.CALL_PORT and place.where == f"port {settings.CALL_PORT} of this computer"
    assert chosen(["left"], [known(address="calls:4000")], KEYS, [])[0].calls == 4000


@pytest.mark.parametrize(
    ("targets", "boards", "said"),
    [
        (["left", ID], [known()], "left is meant twice"),
        (["right"], [known()], r"no board is named 'right' .named: left."),
        (["e661"], [known(), known("two", "e661000000000002")], "means more than one board: left .*two"),
        (["left"], [known(id="", address="")], "gives neither an address nor an id to left"),
    ],
)
def test_nothing_is_guessed(targets, boards, said):
    with pytest.raises(UsageError, match=said):
        chosen(targets, boards, KEYS, [])


def test_a_board_without_a_key_cannot_be_reached():
    with pytest.raises(LinkError, match=f"no key of left .id {ID}. here: connect it by USB and run `shoal adopt`"):
        chosen(["left"], [known()], {}, [])


def test_a_damaged_file_on_a_board_is_no_settings(tmp_path):
    if why_not := interpreters.missing("micropython"):
        pytest.skip(why_not)
    for content in (b"", b"{", b"[]", b"{}", b'{"key": "00"}', b'{"key": 7}', b"\xff\xfe", file()[:-9]):
        path = tmp_path / "network.json"
        path.write_bytes(content)
        script = Path(__file__).with_name("both") / "check_wifi.py"
        assert interpreters.run("micropython", script, str(path)) == "null\n", content


def test_the_board_without_a_network_has_no_settings(tmp_path):
    path = tmp_path / "network.json"
    path.write_bytes(file())
    code = f"from shoal_board import wifi; print(wifi.settings({str(path)!r}))"
    for name in interpreters.NAMES:
        if not interpreters.missing(name):
            script = tmp_path / "ask.py"
            script.write_text(code)
            assert interpreters.run(name, script) == "None\n"


def test_the_board_gets_on_its_network_and_stays_on_it(interpreter):
    checks = Path(__file__).parents[1] / "board" / "both"
    assert interpreters.run(interpreter, Path(__file__).with_name("both") / "check_network.py", str(checks)).startswith("ok ")
