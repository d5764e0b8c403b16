"""Ports that are not boards, or not ours: each is told apart, in time, by an error that names the port and what to do."""

import os
import time
from pathlib import Path

import impostors
import pytest
from impostors import Impostor

from shoal import Cluster, config
from shoal.errors import LinkError, ShoalError, UsageError
from shoal.usb import ports, repl, serial
from shoal.usb.identify import OldFirmwareError, kind_of
from shoal.usb.repl import NotBoardError
from shoal.usb.serial import PortFacts

IMPOSTORS = {
    "circuitpython": {"answer": impostors.circuitpython},
    "quiet circuitpython": {"answer": impostors.quiet_circuitpython},
    "modem": {"answer": impostors.modem},
    "gps": {"every": impostors.GPS},
    "garbage": {"every": bytes(range(128, 200))},
    "silent": {},
    "echo": {"answer": lambda data: data},
}


@pytest.fixture
def impostor(tmp_path, monkeypatch):
    monkeypatch.setattr(repl, "RESET_S", 0.2)  # of those that never answer, all that is tested is that waiting ends
    monkeypatch.setattr(repl, "ANSWER_S", 0.1)
    made = []

    def make(**manners):
        made.append(Impostor(str(tmp_path / f"tty{len(made)}"), **manners))
        return made[-1].path

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("name", IMPOSTORS)
def test_what_is_no_board_is_told_by_name(impostor, name):
    path = impostor(**IMPOSTORS[name])
    begun = time.monotonic()
    with pytest.raises(NotBoardError) as told:
        Cluster(f"usb:{path}")
    kind = {"quiet circuitpython": "circuitpython", "echo": told.value.kind}.get(name, name)
    assert told.value.kind == kind
    assert path in str(told.value)
    assert time.monotonic() - begun < 15


def test_firmware_that_is_too_old_is_told(impostor):
    with pytest.raises(OldFirmwareError, match=r"micropython 1\.19\.1, too old; `shoal flash` puts 1\.22"):
        Cluster(f"usb:{impostor(answer=impostors.old_micropython)}")


def test_an_answer_that_makes_no_sense_is_an_error_of_ours(impostor):
    with pytest.raises(LinkError, match="makes no sense"):
        Cluster(f"usb:{impostor(answer=impostors.nonsense)}")


def test_boards_are_used_and_what_is_beside_them_is_told(boards, impostor, monkeypatch, capfd):
    board, modem = boards.board(), impostor(answer=impostors.modem)
    monkeypatch.setenv("SHOAL_PORTS", f"{board.port}:{modem}")
    with Cluster("usb:") as cluster:
        assert [one.unique_id for one in cluster.boards] == [board.unique_id]
    assert f"{modem}: a modem answers" in capfd.readouterr().err


def test_several_that_are_named_and_not_there_are_all_told(impostor, tmp_path):
    modem, silent = impostor(answer=impostors.modem), impostor()
    with pytest.raises(LinkError) as told:
        Cluster(f"usb:{modem},{silent},{tmp_path}/absent")
    assert "a modem answers" in str(told.value)
    assert "nothing answers" in str(told.value)
    assert f"there is no port {tmp_path}/absent" in str(told.value)


def test_no_board_at_all_says_what_to_look_at(monkeypatch):
    monkeypatch.setattr(ports, "listed", list)
    with pytest.raises(LinkError, match=r"no board was found on USB.*cable.*shoal doctor"):
        Cluster("usb:")


def test_a_file_is_no_serial_port(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LinkError, match="file"):
        Cluster(f"usb:{tmp_path}/file")
    with pytest.raises(LinkError):
        Cluster(f"usb:{tmp_path}/")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_a_port_without_permission_names_the_group(impostor):
    path = impostor()
    os.chmod(os.path.realpath(path), 0)
    with pytest.raises(serial.PortDeniedError, match="no permission to open"):
        Cluster(f"usb:{path}")


def test_the_permission_that_is_missing_is_named(tmp_path):
    """The words, for a file of each kind; whoever runs this can open them all."""
    (tmp_path / "ours").write_text("")
    told = serial.permission(str(tmp_path / "ours"))
    assert "udev" in told or "usermod -aG" in told or "log out and in again" in told


# --- names ---


def test_a_board_keeps_its_name_wherever_it_is(boards, monkeypatch):
    one, two = boards.board(), boards.board()
    monkeypatch.setenv("SHOAL_PORTS", f"{one.port}:{two.port}")
    config.name_board(two.unique_id, "left-one")
    with Cluster("usb:") as cluster:
        assert {board.name: board.unique_id for board in cluster.boards} == {"linux-1": one.unique_id, "left-one": two.unique_id}
    for word in ("left-one", two.unique_id, str(two.port)):
        with Cluster(f"usb:{word}") as cluster:
            assert [(board.name, board.unique_id) for board in cluster.boards] == [("left-one", two.unique_id)]


def test_nothing_is_guessed(boards, monkeypatch):
    one, two = boards.board(), boards.board()
    monkeypatch.setenv("SHOAL_PORTS", f"{one.port}:{two.port}")
    with pytest.raises(UsageError, match=f"means more than one board: .*{one.unique_id}.*{two.unique_id}"):
        Cluster(f"usb:{one.unique_id[:8]}")
    with pytest.raises(LinkError, match=f"no board is called 'right-one'; boards here: {one.unique_id}.*{two.unique_id}"):
        Cluster("usb:right-one")
    with pytest.raises(ShoalError, match="named already"):
        Cluster(f"usb:{one.port},{one.unique_id}")
    config.name_board("e6614103e7452d2f", "elsewhere")
    with pytest.raises(LinkError, match=r"the board elsewhere \(id e6614103e7452d2f\) is not there; boards here"):
        Cluster("usb:elsewhere")
    with Cluster(f"usb:{one.port},{two.port}") as cluster:  # whoever was probed in vain works all the same
        assert len(cluster.boards) == 2


# --- USB ids ---


def test_boards_are_told_by_their_usb_ids(monkeypatch):
    there = [
        PortFacts("/dev/ttyACM10", 0x2E8A, 0x0005, "e66141", "Board in FS mode"),
        PortFacts("/dev/ttyACM9", 0x303A, 0x4001),
        PortFacts("/dev/ttyUSB0", 0x10C4, 0xEA60, "0001"),
        PortFacts("/dev/ttyACM1", 0x2E8A, 0x000C),  # a debug probe
        PortFacts("/dev/ttyACM2", 0x04B4, 0x0008),  # somebody else's
        PortFacts("/dev/ttyS0"),
    ]
    monkeypatch.setattr(ports, "listed", lambda: there)
    found = ports.candidates({"SHOAL_PORTS": "/dev/pts/7:/dev/ttyACM9"})
    assert [port.path for port in found] == ["/dev/pts/7", "/dev/ttyACM9", "/dev/ttyACM10", "/dev/ttyUSB0"]
    assert [port.bridge for port in found] == ["", "", "", "CP210x"]


@pytest.mark.parametrize(
    ("machine", "kind"),
    [
        ("Raspberry Pi Pico with RP2040", "pico"),
        ("Raspberry Pi Pico W with RP2040", "pico_w"),
        ("Raspberry Pi Pico2 with RP2350", "pico_2"),
        ("Raspberry Pi Pico 2 with RP2350", "pico_2"),
        ("Raspberry Pi Pico 2 W with RP2350", "pico_2_w"),
        ("Generic ESP32 module with ESP32", "esp32_wroom"),
        ("Generic ESP32S3 module with ESP32S3", "esp32_s3"),
        ("ESP32C3 module with ESP32C3", "esp32_c3"),
        ("linux [GCC 14.2.1] version", ""),
    ],
)
def test_what_a_board_calls_itself_names_its_kind(machine, kind):
    assert kind_of(machine) == kind


def test_only_one_file_imports_pyserial():
    sources = Path(serial.__file__).parents[1]
    importers = [path.name for path in sources.rglob("*.py") if "\nimport serial\n" in path.read_text()]
    assert importers == ["serial.py"]
