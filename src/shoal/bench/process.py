"""A measured program as a child process: it has a time limit, and nothing it started outlives it.

The child leads a session of its own, so that its whole family can be found and ended, however it fails.
"""

import os
import selectors
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import IO

from shoal.errors import ShoalError

_PROC = Path("/proc")


def family(root: int) -> list[int]:
    """`root`, its descendants, and whoever is left of its session; only `root` where there is no /proc."""
    parents, members = {}, {root}
    for entry in _PROC.glob("[0-9]*"):
        try:
            # The command name may hold spaces and brackets; the fields after it hold neither.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        parents[int(entry.name)] = int(fields[1])
        if int(fields[3]) == root:
            members.add(int(entry.name))
    grown = True
    while grown:
        young = {pid for pid, parent in parents.items() if parent in members} - members
        members |= young
        grown = bool(young)
    return sorted(members)


class Child:
    """A running program whose standard output is read line by line, with one deadline for all of it.

    `begun` is the time of its start by `perf_counter`. Its methods raise `ShoalError`, with the program's
    last words, when it ends early or takes too long.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], errors: IO[bytes], begun: float, limit_s: float
    ) -> None:
        self.pid = process.pid
        self.begun = begun
        self._process = process
        self._errors = errors
        self._limit_s = limit_s
        self._received = b""

    def line(self, start: str) -> str:
        """The next line that begins with `start`; others, such as a library's greetings, are passed over."""
        while True:
            line, newline, rest = self._received.partition(b"\n")
            if not newline:
                self._receive(start)
                continue
            self._received = rest
            if line.startswith(start.encode()):
                return line.decode()

    def end_input(self) -> None:
        """Close the program's standard input, which tells the scripts under `first/` to finish."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> None:
        """Wait until the program has ended by itself."""
        try:
            self._process.wait(self._remaining())
        except subprocess.TimeoutExpired:
            raise self._too_long("end") from None

    def _remaining(self) -> float:
        return max(0.0, self.begun + self._limit_s - perf_counter())

    def _receive(self, awaited: str) -> None:
        """Add what the program has printed to `_received`, waiting for it."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            if not selector.select(self._remaining()):
                raise self._too_long(f"print {awaited!r}")
        data = os.read(pipe, 65_536)
        if not data:
            self.wait()
            code = self._process.returncode
            raise ShoalError(f"ended with exit code {code} before it printed {awaited!r}{self._last_words()}")
        self._received += data

    def _too_long(self, awaited: str) -> ShoalError:
        return ShoalError(f"did not {awaited} within {self._limit_s:.0f} s and was ended{self._last_words()}")

    def _last_words(self) -> str:
        """The line of standard error that most likely says why."""
        self._errors.seek(0)
        lines = [line for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        causes = [line for line in lines if "Error" in line] or lines
        return f": {causes[-1].strip()}" if causes else ""


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], limit_s: float) -> Iterator[Child]:
    """Start `command`; when the block is left, end it and all that it started."""
    with tempfile.TemporaryFile() as errors:
        begun = perf_counter()
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=dict(env),
            bufsize=0,
            start_new_session=True,
        ) as process:
            try:
                yield Child(process, errors, begun, limit_s)
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole family, looked up first: a child whose parent has gone no longer says whose it was."""
    for pid in family(process.pid):
        _kill(pid)
    # Where there is no /proc, the group is all that is known of the family.
    _kill(-process.pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself
