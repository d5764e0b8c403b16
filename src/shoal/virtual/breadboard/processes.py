"""Starts the processes of a breadboard's boards, through the warden of virtual boards, and ends them all with their simulation.

Each start has a name of its own. A process reads and writes its requests at descriptor 0; what it says at 1 and 2 goes into a
file, and is nothing but the last words of an interpreter that broke.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from shoal.errors import LinkError
from shoal.virtual.interpreter import Interpreter

_WARDEN = str(Path(__file__).parents[1] / "warden.py")
_LOOK_US = 250_000  # how long a board is waited for until its processor time is looked at


class Process:
    """One start of a board."""

    def __init__(self, name: str, connection: socket.socket) -> None:
        self.name = name
        self.connection = connection
        self._pending = b""

    def send(self, data: bytes) -> None:
        """Raises OSError if the process is gone."""
        self.connection.sendall(data)

    def receive(self) -> bytes:
        """The next message; b"" if the process has ended. Raises TimeoutError if it says nothing for a quarter of a second."""
        data = self._pending
        try:
            while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "little"):
                more = self.connection.recv(1 << 16)
                if not more:
                    return b""
                data += more
        except BlockingIOError:
            self._pending = data
            raise TimeoutError from None
        except ConnectionResetError:
            return b""
        size = 4 + int.from_bytes(data[:4], "little")
        self._pending = data[size:]
        return data[4:size]


class Nursery:
    """All processes of one simulation."""

    def __init__(self, interpreter: Interpreter, path: str) -> None:
        """`path`: what the boards import from, folders separated by colons."""
        self._interpreter = interpreter
        self._starts = 0
        self._alive: dict[str, Process] = {}
        self._pids: dict[str, int] = {}
        self._said = b""
        self.words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._control, end = socket.socketpair()
        command = [sys.executable, "-I", "-S", _WARDEN, str(end.fileno()), interpreter.site]
        environment = dict(os.environ, MICROPYPATH=path)
        self._warden = subprocess.Popen(
            command, pass_fds=[end.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        end.close()

    def start(self, board: str, heap: int, script: str, arguments: list[str]) -> Process:
        """Start a process with so many bytes of heap. Raises LinkError if the warden is gone."""
        self._starts += 1
        name = f"{board}.{self._starts}"
        ours, theirs = socket.socketpair()
        # A blocking socket whose calls give up: a timeout of Python's would cost a system call more each time.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", 0, _LOOK_US))
        argv = [*self._interpreter.argv(heap, script), *arguments]
        try:
            fields = "\0".join(["spawn", name, *argv])
            socket.send_fds(self._control, [fields.encode() + b"\n"], [theirs.fileno(), self.words.fileno()])
        except OSError as error:
            raise LinkError(f"cannot start {board}: the process that starts virtual boards is gone") from error
        finally:
            theirs.close()
        process = self._alive[name] = Process(name, ours)
        return process

    def pid(self, process: Process) -> int:
        """Waits until the warden has told it; 0 if the warden is gone."""
        while process.name not in self._pids and self._listen(0):
            pass
        return self._pids.get(process.name, 0)

    def _listen(self, flags: int) -> bool:
        try:
            data = self._control.recv(1 << 16, flags)
        except BlockingIOError:
            return False
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            verb, name, number = line.decode().split("\0")
            if verb == "up":
                self._pids[name] = int(number)
            else:
                self._pids.pop(name, None)
        return bool(data)

    def processor(self, process: Process) -> float:
        """Processor seconds of a process so far; where the system does not tell, seconds."""
        pid = self.pid(process)
        try:
            return time.clock_gettime(~pid << 3 | 2)  # Linux: the clock of that process
        except OSError:
            return time.perf_counter()

    def interrupt(self, process: Process) -> None:
        """Raise KeyboardInterrupt in what a process computes."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(process), signal.SIGINT)

    def end(self, process: Process) -> None:
        """End a process now."""
        if self._alive.pop(process.name, None):
            process.connection.close()
            try:
                self._control.send(f"kill\0{process.name}\n".encode())
                while self._listen(socket.MSG_DONTWAIT):
                    pass
            except OSError:
                pass  # the warden is gone, and its boards with it

    def last_words(self) -> str:
        """What interpreters wrote that broke; the end of it."""
        size = self.words.seek(0, os.SEEK_END)
        self.words.seek(max(0, size - 600))
        return self.words.read().decode(errors="replace").strip()

    def close(self) -> None:
        """End all processes. Returns when none is left."""
        for process in self._alive.values():
            process.connection.close()
        self._alive.clear()
        self._control.close()
        self._warden.wait()
        self.words.close()
