"""The verbs for boards on USB, as users run them."""

import json

import pytest

from shoal import Cluster, cli, config, image
from shoal.cli import table

pytestmark = pytest.mark.skipif(
    "adopt" not in {verb.name for verb in table.VERBS}, reason="the verbs are not in shoal.cli.table"
)


def negative(x):
    return -x


@pytest.fixture
def shoal(capfd):
    """Runs one command line, and gives what it printed."""

    def run(*words, code=0):
        capfd.readouterr()
        try:
            ended = cli.main([str(word) for word in words])
        except SystemExit as exit:  # argparse
            ended = exit.code
        done = capfd.readouterr()
        assert ended == code, done.out + done.err
        return done

    return run


@pytest.fixture
def two(boards, monkeypatch):
    pair = [boards.board(), boards.board()]
    monkeypatch.setenv("SHOAL_PORTS", ":".join(str(board.port) for board in pair))
    return pair


def test_boards_adopt_release_round(two, shoal):
    listed = shoal("boards").out  # nobody chose a cluster, and boards are there
    for board in two:
        assert board.unique_id in listed
    assert "not installed" in listed
    adopted = json.loads(shoal("adopt", "--json").out)
    assert [board["error"] for board in adopted["boards"]] == [None, None]
    assert shoal("adopt").out.count("is up to date") == 2
    told = json.loads(shoal("boards", "--on", "usb:", "--json").out)
    assert [board["agent"] for board in told["boards"]] == [image.release()] * 2
    assert shoal("adopt", f"usb:{two[0].port},{two[1].port}").out.count("is up to date") == 2  # as a spec says it
    assert shoal("release").out.count("files removed") == 2
    assert shoal("release", two[0].port).out.count("had no agent") == 1


def test_a_main_py_of_the_users_own_stops_adopt_for_that_board_only(two, shoal):
    (two[0].flash / "main.py").write_text("print('mine')\n")
    done = shoal("adopt", code=1)
    assert "not adopted" in done.out
    assert "--replace" in done.out
    assert done.out.count("adopted: ") == 2  # "not adopted: ..." is one of them
    assert "main.py is now /main.py.bak-1" in shoal("adopt", "--replace").out
    assert "/main.py.bak-1 is main.py again" in shoal("release").out
    assert (two[0].flash / "main.py").read_text() == "print('mine')\n"


def test_name_and_blink(two, shoal):
    shoal("name", two[1].port, "left-one")
    assert config.find("left-one").id == two[1].unique_id
    assert "left-one" in shoal("boards", "--on", "usb:left-one").out
    shoal("name", "left-one", "right-one")
    assert "right-one" in shoal("blink", "right-one", "--seconds", "1").out
    assert (two[1].flash / "blinked").exists()
    assert not (two[0].flash / "blinked").exists()
    assert "no board is called 'left-one'" in shoal("blink", "left-one", code=1).err


def test_a_port_that_cannot_be_used_is_explained(two, shoal, tmp_path):
    done = shoal("boards", "--on", f"usb:{two[0].port},{tmp_path}/none", code=1)
    assert f"there is no port {tmp_path}/none" in done.err


def test_wifi_settings_reach_the_board_and_no_screen(two, shoal, monkeypatch):
    monkeypatch.setenv("SHOAL_WIFI_PASSWORD", "correct horse")
    done = shoal("adopt", two[0].port, "--wifi", "HOME", "--json")
    assert "correct horse" not in done.out + done.err
    settings = json.loads((two[0].flash / "shoal_network.json").read_text())
    assert (settings["ssid"], settings["password"]) == ("HOME", "correct horse")
    assert bytes.fromhex(settings["key"]) == config.key(two[0].unique_id)
    assert (config.folder() / "keys.toml").stat().st_mode & 0o777 == 0o600
    assert settings["key"] not in done.out + done.err
    assert shoal("adopt", two[0].port).out.count("is up to date") == 1  # it keeps its settings
    with Cluster(two[0].spec) as cluster:  # a board without a network is reached by USB all the same
        assert cluster.submit(negative, 1).result() == -1
    shoal("release", two[0].port)
    assert not (two[0].flash / "shoal_network.json").exists()
    assert "--wifi" in shoal("adopt", "--country", "DE", code=2).err
    monkeypatch.setenv("SHOAL_WIFI_PASSWORD", "short")
    assert "8 characters" in shoal("adopt", "--wifi", "HOME", code=2).err
