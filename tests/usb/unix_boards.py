"""Boards for tests: MicroPython processes behind serial ports that can be pulled. `cables.py` holds the cables."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shoal.virtual import interpreter

_BOOT = str(Path(__file__).with_name("board") / "boot.py")
HEAP = 240_000


@dataclass
class UnixBoard:
    """One board. `port`: what a user would call /dev/ttyACM0; `flash`: the folder that is its flash."""

    name: str
    port: Path
    flash: Path
    unique_id: str
    _tell: object

    @property
    def spec(self):
        return f"usb:{self.port}"

    def pull(self):
        """Power off; the port is gone."""
        self._tell("pull", self.name)

    def plug(self):
        """Power on again, flash as it was."""
        self._tell("plug", self.name)

    def part(self):
        """The cable alone comes off: the board has power of its own."""
        self._tell("part", self.name)

    def join(self):
        self._tell("join", self.name)

    def hold(self, seconds):
        """Nothing goes through the cable for so long, in either direction."""
        self._tell("hold", self.name, str(seconds))


class UnixBoards:
    """Makes boards in a folder, and ends them all."""

    def __init__(self, folder, heap=HEAP):
        self.folder = Path(folder)
        self.count = 0
        found = interpreter.find({})
        command = found.command(heap, _BOOT)
        command.insert(command.index("-X"), "-i")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("cables.py")), *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def tell(self, *words):
        self.process.stdin.write("\0".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        assert answer == list(words[:2]), f"the cables answered {answer} to {words}"

    def board(self, flash_bytes=0):
        """A new board, switched on. `flash_bytes`: its flash is a littlefs of that size; 0: a folder."""
        self.count += 1
        name = f"board{self.count}"
        flash = self.folder / f"{name}.flash"
        flash.mkdir()
        port = self.folder / f"tty{name}"
        unique_id = f"e66141{self.count:010x}"
        self.tell("plug", name, str(port), str(flash), unique_id, str(flash_bytes))
        return UnixBoard(name, port, flash, unique_id, self.tell)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
