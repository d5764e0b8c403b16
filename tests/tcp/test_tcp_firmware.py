"""The agent's TCP port on real firmware with its own network stack: MicroPython for the Pico W, on an emulator.

Runs only if $SHOAL_PICO_W_FIRMWARE names a .uf2. The emulator's Wi-Fi lets a board call this computer (as 10.0.0.1) and nobody
else, and lets nobody call it, so the board dials. It makes about 0.04 of the board's seconds in one of
ours: this takes two minutes or three.
"""

import contextlib
import os
import select
import threading
import time
import tty
from pathlib import Path

import pytest
from tcp_boards import free_port

from shoal import Cluster, config, defaults, image
from shoal.links import tcp
from shoal.tcp import discovery, reaching, settings

FIRMWARE = os.environ.get("SHOAL_PICO_W_FIRMWARE", "")
ID = "5ba2000000000077"
WITHIN_S = 900
LOADER = Path(__file__).with_name("both") / "load_from_ram.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FIRMWARE, reason="SHOAL_PICO_W_FIRMWARE names no firmware for the Pico W"),
]


@pytest.fixture
def patient(monkeypatch, tmp_path):
    """Somebody without settings, who knows that the board's seconds are long."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(discovery, "announced", list)
    monkeypatch.setattr(reaching, "_ANSWER_S", WITHIN_S)
    monkeypatch.setattr(reaching, "_CALLED_WITHIN_S", WITHIN_S)
    monkeypatch.setattr(defaults, "HELLO_WITHIN_S", WITHIN_S)
    for name, value in (("_IDLE_S", 120), ("_EVERY_S", 60), ("_TIMES", 10)):
        monkeypatch.setattr(tcp, name, value)


def program(port):
    """What is run at the board's prompt: the agent as files in RAM, the settings, the start."""
    network = settings.network_file(ID, config.key(ID), "RP2040PY-GUEST", "correct horse", "", f"10.0.0.1:{port}")
    files = image.agent(("usb", "tcp"))
    loaded = "".join(f"files[{'/' + name!r}] = {code!r}\n" for name, code in files.items())
    write = f"with open({settings.FILE!r}, 'wb') as file:\n    file.write({network!r})\n"
    start = "from shoal_board import start_tcp\nstart_tcp.serve()\n"
    return LOADER.read_text() + loaded + write + start


class Terminal:
    """The board's USB terminal: types a program at the raw prompt, and keeps what the board says."""

    def __init__(self, path, program):
        self.said = b""
        self.end = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.end)
        os.write(self.end, b"\r\x03\x03\x01")
        self.until(b"raw REPL; CTRL-B to exit\r\n>")
        threading.Thread(target=self.type, args=(program.encode() + b"\x04",), daemon=True).start()
        threading.Thread(target=self.listen, daemon=True).start()

    def until(self, text):
        end = time.monotonic() + 60
        while text not in self.said:
            assert time.monotonic() < end, self.said
            if select.select([self.end], [], [], 1)[0]:
                self.said += os.read(self.end, 1024)

    def type(self, data):
        for at in range(0, len(data), 256):
            os.write(self.end, data[at : at + 256])
            time.sleep(0.02)

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                self.said += os.read(self.end, 1024)


@pytest.fixture
def board(patient):
    """A Pico W that calls the port that this gives."""
    starting = pytest.importorskip("shoal.emulated.starting")
    config.store_key(ID, settings.new_key())
    port = free_port()
    emulator = starting.Emulator("pico_w", Path(FIRMWARE), ID, "off")
    path = None
    while path is None:
        assert select.select([emulator.fileno()], [], [], 120)[0], "the board does not boot"
        path = next((news.path for news in emulator.news() if isinstance(news, starting.Appeared)), None)
    yield port, Terminal(path, program(port))
    emulator.kill()


def square(x):
    return x * x


def echo(data):
    return data


def test_a_pico_w_calls_and_serves_one_host_after_another(board):
    port, terminal = board
    Path("shoal.toml").write_text(f'[boards.pico]\nid = "{ID}"\naddress = "calls:{port}"\n')
    for _ in range(2):
        with Cluster("tcp:pico") as cluster:
            assert list(cluster.map(square, range(100))) == [x * x for x in range(100)], terminal.said
            data = bytes(range(256)) * 20
            assert cluster.submit(echo, data).result() == data
            assert [board.platform for board in cluster.boards] == ["rp2"]
