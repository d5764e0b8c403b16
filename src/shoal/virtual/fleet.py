"""The virtual boards of one cluster: starts them through the warden, restarts them, and tells how they ended."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shoal import catalog
from shoal.errors import LinkError
from shoal.links import Link
from shoal.links.noisy import NoisyLink
from shoal.links.pipe import PipeLink
from shoal.spec import Spec
from shoal.virtual import calibrate, image, interpreter

FRAME = 2048  # largest payload, bytes: two buffers of it are most of what the agent keeps
CREDIT = 8  # frames on their way to a board
_CONSOLE_KEPT = 600  # characters of a board's console that its end quotes


@dataclass
class Slot:
    """The place of one board: what it is, and the process that is it now."""

    name: str
    kind: str
    unique_id: str
    pid: int | None = None
    killed: str = ""  # why we ended it
    console: socket.socket | None = None
    last_words: str = ""
    line: str = ""  # of the console, not yet ended


@dataclass(frozen=True)
class Ended:
    """A board's process ended. `returns`: as a board that was reset would; a killed one is like an unplugged one."""

    slot: int
    reason: str
    returns: bool


@dataclass(frozen=True)
class Said:
    """Text that came on a board's console, not through the agent."""

    slot: int
    text: str


class VirtualBoards:
    """The boards of a `virtual:` spec. All calls from one thread."""

    def __init__(self, spec: Spec) -> None:
        """Raises UsageError if the MicroPython asked for is not there."""
        self.spec = spec
        self.interpreter = interpreter.find()
        self.slots = _slots(spec)
        self.paced = spec.options["pace"] == "real"
        self._starts = 0
        self._selector = selectors.DefaultSelector()
        self._control, end = socket.socketpair()
        self._selector.register(self._control, selectors.EVENT_READ, None)
        self._pending = b""
        warden = str(Path(__file__).with_name("warden.py"))
        command = [sys.executable, "-I", "-S", warden, str(end.fileno()), self.interpreter.site]
        path = image.path(self.interpreter)
        environment = dict(os.environ, MICROPYPATH=path, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        # A session of its own: Ctrl-C is for the host, which then ends its boards in order.
        self._warden = subprocess.Popen(
            command, pass_fds=[end.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        end.close()
        self._ratio = calibrate.ratio(self.interpreter) if self.paced else 0.0

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._selector.fileno()

    def open(self, index: int) -> Link:
        """Start the board of a slot, for the first time or again."""
        slot = self.slots[index]
        ours, theirs = socket.socketpair()
        console, their_console = socket.socketpair()
        console.setblocking(False)
        argv = self.interpreter.argv(self.heap(index), image.boot_script())
        fields = ["spawn", str(index), *argv, *self._arguments(slot)]
        try:
            socket.send_fds(self._control, ["\0".join(fields).encode() + b"\n"], [theirs.fileno(), their_console.fileno()])
        except OSError as error:
            raise LinkError(f"cannot start {slot.name}: the process that starts virtual boards is gone") from error
        finally:
            theirs.close()
            their_console.close()
        self._close_console(slot)
        slot.console, slot.killed, slot.last_words, slot.pid = console, "", "", None
        self._selector.register(console, selectors.EVENT_READ, index)
        self._starts += 1
        link: Link = PipeLink(ours)
        noise, seed = self.spec.options["noise"], self.spec.options["seed"]
        if noise:
            link = NoisyLink(link, float(noise), hash((seed, index, self._starts)))
        return link

    def heap(self, index: int) -> int:
        """Bytes of heap that a board is started with."""
        return int(self.spec.options["heap"] or catalog.boards()[self.slots[index].kind].heap_bytes)

    def _arguments(self, slot: Slot) -> list[str]:
        facts = catalog.boards()[slot.kind]
        ratio, times = 0.0, (0.0, 0.0, 0.0)
        if self.paced:
            link = catalog.links()[str(self.spec.options["link"])]
            ratio = self._ratio * facts.mandel_ms / catalog.boards()["pico"].mandel_ms
            times = (link.to_board_s_per_byte, link.to_host_s_per_byte, link.latency_s)
        numbers = (facts.python_cores, FRAME, CREDIT, ratio, *times)
        return [slot.unique_id, *map(str, numbers)]

    def poll(self) -> list[Ended | Said]:
        """What happened since the last call. Never blocks."""
        events: list[Ended | Said] = []
        for key, _ in self._selector.select(0):
            if key.data is None:
                events += self._read_control()
            else:
                events += self._read_console(key.data)
        return events

    def _read_control(self) -> list[Ended | Said]:
        data = self._control.recv(65536)
        if not data:  # the warden was killed: its boards are nobody's, so they end here
            self._selector.unregister(self._control)
            return [self._lost(index) for index, slot in enumerate(self.slots) if slot.pid]
        *lines, self._pending = (self._pending + data).split(b"\n")
        events: list[Ended | Said] = []
        for line in lines:
            verb, name, number = line.decode().split("\0")
            slot = self.slots[int(name)]
            if verb == "up":
                slot.pid = int(number)
            else:
                slot.pid = None
                events += self._read_console(int(name))
                slot.line = ""
                events.append(Ended(int(name), *_ending(int(number), slot)))
        return events

    def _lost(self, index: int) -> Ended:
        slot = self.slots[index]
        if slot.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(slot.pid, signal.SIGKILL)
        slot.pid = None
        return Ended(index, "the process that starts virtual boards was killed", False)

    def _read_console(self, index: int) -> list[Ended | Said]:
        slot = self.slots[index]
        data = b""
        if slot.console:
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                data = slot.console.recv(65536)
                if not data:
                    self._close_console(slot)
        text = data.decode(errors="replace")
        slot.last_words = (slot.last_words + text)[-_CONSOLE_KEPT:]
        whole, newline, slot.line = (slot.line + text).rpartition("\n")
        return [Said(index, whole + newline)] if whole else []

    def _close_console(self, slot: Slot) -> None:
        if slot.console:
            self._selector.unregister(slot.console)
            slot.console.close()
            slot.console = None

    def kill(self, index: int, reason: str) -> None:
        """End a board now; `poll` tells when it has ended, and gives `reason`. It may be opened again."""
        self.slots[index].killed = reason
        with contextlib.suppress(OSError):
            self._control.send(f"kill\0{index}\n".encode())

    def close(self) -> None:
        """End all boards. Returns when no process is left."""
        self._control.close()  # the warden kills its boards at the end of this socket
        self._warden.wait()
        for slot in self.slots:
            self._close_console(slot)
        self._selector.close()


def _slots(spec: Spec) -> list[Slot]:
    slots: list[Slot] = []
    counts: dict[str, int] = {}
    for group in spec.groups:
        for _ in range(group.count):
            counts[group.kind] = counts.get(group.kind, 0) + 1
            short = group.kind.removesuffix("_wroom").replace("_", "")
            slots.append(Slot(f"{short}-{counts[group.kind]}", group.kind, f"5ba1{len(slots):012x}"))
    return slots


def _ending(status: int, slot: Slot) -> tuple[str, bool]:
    """Why a process ended, in words, and whether the board comes back."""
    said = slot.last_words.strip()
    quoted = f"; its last words: {said}" if said else ""
    if slot.killed:
        return slot.killed, True
    if status == -signal.SIGKILL:
        return "its process was killed (SIGKILL), as if it had been unplugged" + quoted, False
    if status < 0:
        return f"it was reset (its process ended by {signal.Signals(-status).name})" + quoted, True
    return f"it was reset (its process ended with status {status})" + quoted, True
