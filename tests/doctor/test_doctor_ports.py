"""What the doctor finds out at real serial ports: MicroPython behind pseudo-terminals, and whatever else may be there."""

import contextlib
import os
import pty
import subprocess
import sys

import firmware_files as files
import lines
import pytest

from shoal import image
from shoal.doctor import Facts, diagnose, ports, usbtree
from shoal.doctor.facts import Computer
from shoal.usb import identify
from shoal.usb.roster import Probe
from shoal.usb.serial import PortFacts

HERE = Computer(user="anna", groups=("anna",), groups_listed=("anna",))


def findings(looked):
    return {finding.code: finding for finding in diagnose(Facts(HERE, tuple(looked), release=image.release()))}


def codes(*paths):
    return set(findings(ports.look([str(path) for path in paths])))


def test_a_fresh_board_only_lacks_the_agent(boards):
    board = boards.board()
    (port,) = ports.look([str(board.port)])
    assert port.board.implementation == "micropython" and port.board.version >= (1, 22)
    assert port.board.heap_free > 150_000 and port.board.unique_id == board.unique_id
    assert set(findings([port])) == {"agent_missing"}


def test_a_board_that_was_looked_at_can_be_looked_at_again(boards):
    board = boards.board()
    assert codes(board.port) == codes(board.port) == {"agent_missing"}


def test_what_lies_on_a_board_s_flash(boards):
    own, half = boards.board(), boards.board()
    (own.flash / "main.py").write_text("while True:\n    pass\n")
    (half.flash / "lib/shoal_board").mkdir(parents=True)
    (half.flash / "lib/shoal_board/wire.mpy").write_bytes(b"M\x06\x00")
    for board in (own, half):
        board.pull()
        board.plug()
    looked = ports.look([str(own.port), str(half.port)])
    assert [set(findings([port])) for port in looked] == [{"user_main"}, {"agent_half"}]


def test_an_adopted_board_is_well_until_a_file_of_its_agent_is_cut_off(boards):
    board = boards.board()
    assert codes(board.port) == {"agent_missing"}
    adopt(board)
    board.pull()
    board.plug()
    (port,) = ports.look([str(board.port)])
    assert findings([port]) == {} and port.board.agent == image.release()
    file = next(board.flash.rglob("session.mpy"))
    file.write_bytes(file.read_bytes()[:100])
    board.pull()
    board.plug()
    assert codes(board.port) == {"agent_half"}
    adopt(board)  # which is what the finding says
    assert codes(board.port) == set()


def adopt(board):
    command = [sys.executable, "-m", "shoal.cli", "adopt", str(board.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_full_flash(boards):
    board = boards.board(flash_bytes=64 * 1024)
    (port,) = ports.look([str(board.port)])
    assert 0 <= port.board.flash_free < 64 * 1024
    assert findings([port])["flash_full"].evidence.startswith(f"{port.board.flash_free} bytes are free")


def test_firmware_that_is_too_old_is_named():
    found = identify.Found("e66141", "micropython 1.19.1", files.PICO, "rp2", 0x0506, 190_000, 800_000, "", "none", False, False)
    port = ports.judged(Probe(PortFacts("/dev/ttyACM0", 0x2E8A, 5), error=identify.OldFirmwareError("/dev/ttyACM0", found)))
    seen = findings([port])["firmware_old"].evidence
    assert seen == "micropython 1.19.1 on Raspberry Pi Pico with RP2040; 1.22 or newer is needed"


NETWORK = """
STA_IF = 0
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP, STAT_WRONG_PASSWORD = 0, 1, 3, -3
class WLAN:
    def __init__(self, interface): self.asked = None
    def active(self, on): pass
    def isconnected(self): return self.asked == ("home", "right password")
    def connect(self, ssid, password): self.asked = (ssid, password)
    def status(self): return STAT_WRONG_PASSWORD
"""


def test_a_wi_fi_that_refuses_and_its_password_stays_on_the_board(boards):
    refused, joined = boards.board(), boards.board()
    for board, password in ((refused, "wrong password"), (joined, "right password")):
        (board.flash / "lib").mkdir(exist_ok=True)
        (board.flash / "lib/network.py").write_text(NETWORK)
        (board.flash / "shoal_network.json").write_text('{"ssid": "home", "password": "%s"}' % password)
    looked = ports.look([str(refused.port), str(joined.port)])
    assert [port.board.wifi for port in looked] == ["STAT_WRONG_PASSWORD", "connected"]
    assert "wifi_refused" in findings(looked[:1]) and "wifi_refused" not in findings(looked[1:])
    assert "password" not in repr(looked)


@pytest.mark.slow
def test_what_else_may_hang_on_a_port():
    texts = {
        "gps": lines.NMEA, "boot_loop": lines.LOOP, "brownout": lines.BROWNOUT, "no_micropython": lines.GARBAGE, "silent": b"",
    }  # fmt: skip
    with contextlib.ExitStack() as open_ports:
        paths = {code: open_ports.enter_context(lines.saying(text, every_s=0.2)) for code, text in texts.items()}
        paths["circuitpython"] = open_ports.enter_context(lines.saying(lines.CIRCUITPYTHON, only_after=b"\x03"))
        paths["modem"] = open_ports.enter_context(lines.saying(b"", answers=[(b"AT\r", b"\r\nOK\r\n")]))
        looked = ports.look(list(paths.values()))  # side by side
    assert {port.device: set(findings([port])) for port in looked} == {path: {code} for code, path in paths.items()}


def test_a_port_that_is_not_there():
    (port,) = ports.look(["/dev/ttyNOWHERE"])
    assert set(findings([port])) == {"port_gone"}


TERMINAL = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("has it", flush=True)
sys.stdin.read()
"""


def test_a_port_that_another_program_has(tmp_path):
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    script = tmp_path / "terminal.py"
    script.write_text(TERMINAL)
    other = subprocess.Popen([sys.executable, script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "has it\n"
        found = findings(ports.look([path]))
        assert set(found) == {"port_busy"}
        assert "terminal.py" in found["port_busy"].fix and str(other.pid) in found["port_busy"].fix
    finally:
        other.communicate("")
        os.close(ours), os.close(theirs)


def test_a_port_that_this_user_may_not_open():
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    os.chmod(path, 0o620)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        else:
            os.chmod(path, 0)
        (port,) = ports.look([path])
    finally:
        if root:
            os.seteuid(0)
        os.close(ours), os.close(theirs)
    assert port.refused == "denied" and port.group
    # A terminal's group may only write, so that the group is no way in.
    assert set(findings([port])) == {"port_root_only"}


def test_the_usb_tree_as_linux_shows_it(tmp_path):
    def device(name, vendor, product, text, port=None):
        place = tmp_path / "devices" / name
        (place / f"{name}:1.0").mkdir(parents=True)
        (place / "idVendor").write_text(vendor + "\n")
        (place / "idProduct").write_text(product + "\n")
        (place / "product").write_text(text + "\n")
        if port:
            (place / f"{name}:1.0" / port).mkdir(parents=True)
            (tmp_path / "tty").mkdir(exist_ok=True)
            (tmp_path / "tty" / port.rpartition("/")[2]).symlink_to(place / f"{name}:1.0" / port)

    device("usb1", "1d6b", "0002", "xHCI Host Controller")
    device("1-1", "2e8a", "0005", "Board in FS mode", "tty/ttyACM0")
    device("1-2.4", "10c4", "ea60", "CP2102N", "ttyUSB0")
    device("1-3", "1a86", "7523", "USB Serial")
    (tmp_path / "devices/1-4").mkdir()  # just unplugged
    found = usbtree.devices(tmp_path / "devices")
    assert [(one.id, one.where, one.has_port) for one in found] == [
        ("2e8a:0005", "1-1", True),
        ("10c4:ea60", "1-2.4", True),
        ("1a86:7523", "1-3", False),
    ]
    assert usbtree.place("/dev/ttyACM0", tmp_path / "tty") == "1-1"
    assert usbtree.place("/dev/ttyUSB0", tmp_path / "tty") == "1-2.4"
    assert usbtree.place("/dev/ttyS0", tmp_path / "tty") == ""
    assert usbtree.devices(tmp_path / "nothing") == ()
