"""How the program of one board is started, listened to, and ended: this computer's end of `process`."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TRACE = "SHOAL_EMULATED_TRACE"  # names a folder for traces, see `process`
_LAST_WORDS = 600  # characters


def program(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command that runs `process` with these arguments, and an environment in which it finds this very `shoal`."""
    environ = dict(os.environ)
    above = [str(Path(__file__).parents[2])]
    with contextlib.suppress(KeyError):
        above.append(environ["PYTHONPATH"])
    environ["PYTHONPATH"] = os.pathsep.join(above)
    return [sys.executable, "-m", "shoal.emulated.process", *arguments], environ


class Appeared(NamedTuple):
    """The board can be reached at a port. `fresh`: it has just booted; else it ran on while it was unplugged."""

    path: str
    fresh: bool


class Gone(NamedTuple):
    """The board's port is no more. `reset`: because the board was; else it runs on."""

    reset: bool


class Ending(NamedTuple):
    """How a process ended, in words. `by_kill`: somebody killed it, and the board did nothing wrong."""

    text: str
    by_kill: bool


class Emulator:
    """A running process that is one board. It ends when this computer's program does, however that goes: its standard input
    is the end of a pipe that nobody else holds."""

    def __init__(self, kind: str, image: Path, unique_id: str, pace: str) -> None:
        self.speed = 0.0  # of its own seconds in one of ours, while it was busy; 0 if it has not been yet
        self._heard = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        command, environ = program("run", kind, str(image), unique_id, pace)
        # A session of its own: Ctrl-C is for the host, which then ends its boards in order.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environ,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdout is not None and self._process.stdin is not None
        self._stdout, self._stdin = self._process.stdout, self._process.stdin
        os.set_blocking(self._stdout.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when `news` has something."""
        return self._stdout.fileno()

    def news(self) -> Iterator[Appeared | Gone]:
        """What became of the board's port. Raises EOFError when the process has ended."""
        try:
            data = self._stdout.read(65536)
        except BlockingIOError:
            return
        if data is None:
            return
        if not data:
            raise EOFError
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            event, _, value = line.decode().partition(" ")
            if event == "speed":
                self.speed = float(value)
            elif event == "gone":
                yield Gone(value == "reset")
            else:
                yield Appeared(value, event == "booted")

    def order(self, word: str) -> None:
        """`unplug` or `plug` the cable."""
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(word.encode() + b"\n")

    def kill(self) -> None:
        """End the process now; the end of `news` follows."""
        self._process.kill()

    def wait(self) -> Ending:
        """How the process ended; to be called when `news` has ended, or after `kill`."""
        status = self._process.wait()
        self._stdout.close()
        self._stdin.close()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        self._errors.close()
        if status == -signal.SIGKILL:
            return Ending("its emulator was killed (SIGKILL), as if it had been unplugged", True)
        said = f"; its last words: {lines[-1][:_LAST_WORDS]}" if lines else ""
        return Ending(f"its emulator ended with status {status}{said}", False)
