"""The virtual boards of one cluster: starts them through the warden, restarts them, and tells how they ended."""

import contextlib
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shoal import catalog, config, defaults
from shoal.errors import LinkError
from shoal.fleet import Boards, Ended, Event, Opened, Said, Slot
from shoal.links import Link
from shoal.links.noisy import NoisyLink
from shoal.links.opening import Opening
from shoal.links.pipe import PipeLink
from shoal.spec import TCP, Spec
from shoal.virtual import calibrate, folder, interpreter, loopback
from shoal.virtual.loopback import Reached

_CONSOLE_KEPT = 600  # characters of a board's console that its end quotes
_LAST_WORDS_S = 0.3  # a TCP link that ended is most often the end of its process, of which the warden tells within that time


@dataclass
class Process(Slot):
    """A slot, and the process that is its board now."""

    killed: str = ""  # why we ended it
    starts: int = 0
    reaching: threading.Event | None = None  # gives up what reaches the process, or waits for its end
    console: socket.socket | None = None
    last_words: str = ""
    line: str = ""  # of the console, not yet ended


class VirtualBoards(Boards):
    """The boards of a `virtual:` spec. All calls from one thread."""

    def __init__(self, spec: Spec) -> None:
        """Raises UsageError if the MicroPython asked for is not there."""
        self.spec = spec
        self.interpreter = interpreter.find()
        self.warning = self.interpreter.warning
        self._processes = _processes(spec)
        self.paced = spec.options["pace"] == "real"
        self._starts = 0
        self._selector = selectors.DefaultSelector()
        self._tcp = spec.options["link"] == TCP
        self._opening: Opening[Reached] = Opening(loopback.discard)
        self._selector.register(self._opening, selectors.EVENT_READ, self._opening)
        self._control, end = socket.socketpair()
        self._selector.register(self._control, selectors.EVENT_READ, None)
        self._pending = b""
        warden = str(Path(__file__).with_name("warden.py"))
        command = [sys.executable, "-I", "-S", warden, str(end.fileno()), self.interpreter.site]
        path = folder.path(self.interpreter)
        environment = dict(os.environ, MICROPYPATH=path, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        # A session of its own: Ctrl-C is for the host, which then ends its boards in order.
        self._warden = subprocess.Popen(
            command, pass_fds=[end.fileno()], env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        end.close()
        self._ratio = calibrate.ratio(self.interpreter) if self.paced else 0.0

    @property
    def slots(self) -> list[Slot]:
        return [*self._processes]

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._selector.fileno()

    def open(self, index: int) -> Link | None:
        """Start the board of a slot, for the first time or again. One that listens (`link=tcp`) is then reached by a thread."""
        slot = self._processes[index]
        ours, theirs = socket.socketpair()  # the link, or what a board that listens reads its key from
        if not self._tcp:
            self._spawn(index, theirs, 0)
            return self._noisy(index, PipeLink(ours))
        reserved, port = loopback.reserve()
        key = secrets.token_bytes(32)
        ours.sendall(key)
        ours.close()
        self._spawn(index, theirs, port)
        start = loopback.Start(index, slot.starts, port, key, reserved)
        slot.reaching = self._opening.start(partial(loopback.reach, start))
        return None

    def _spawn(self, index: int, stdin: socket.socket, port: int) -> None:
        """Have the warden start the process of a slot; `stdin` becomes its own."""
        slot = self._processes[index]
        console, their_console = socket.socketpair()
        console.setblocking(False)
        argv = self.interpreter.argv(self.heap(index), folder.boot_script())
        fields = ["spawn", str(index), *argv, *self._arguments(slot), str(port)]
        try:
            socket.send_fds(self._control, ["\0".join(fields).encode() + b"\n"], [stdin.fileno(), their_console.fileno()])
        except OSError as error:
            raise LinkError(f"cannot start {slot.name}: the process that starts virtual boards is gone") from error
        finally:
            stdin.close()
            their_console.close()
        self._close_console(slot)
        slot.console, slot.killed, slot.last_words, slot.pid = console, "", "", None
        slot.starts += 1
        self._selector.register(console, selectors.EVENT_READ, index)
        self._starts += 1

    def _noisy(self, index: int, link: Link) -> Link:
        noise, seed = self.spec.options["noise"], self.spec.options["seed"]
        return NoisyLink(link, float(noise), hash((seed, index, self._starts))) if noise else link

    def heap(self, index: int) -> int:
        """Bytes of heap that a board is started with."""
        return int(self.spec.options["heap"] or catalog.boards()[self._processes[index].kind].heap_bytes)

    def _arguments(self, slot: Process) -> list[str]:
        facts = catalog.boards()[slot.kind]
        ratio, times = 0.0, (0.0, 0.0, 0.0)
        if self.paced:
            link = catalog.links()[self._imitated(slot.kind)]
            ratio = self._ratio * facts.mandel_ms / catalog.boards()["pico"].mandel_ms
            times = (link.to_board_s_per_byte, link.to_host_s_per_byte, link.latency_s)
        numbers = (facts.python_cores, defaults.BOARD_FRAME, defaults.BOARD_CREDIT, ratio, *times)
        return [slot.unique_id, *map(str, numbers)]

    def _imitated(self, kind: str) -> str:
        """The link of the catalogue that a paced board is slowed to."""
        if not self._tcp:
            return str(self.spec.options["link"])
        return "wifi_esp32" if kind.startswith("esp32") else "wifi_pico_w"

    def poll(self) -> list[Event]:
        """What happened since the last call. Never blocks."""
        events: list[Event] = []
        for key, _ in self._selector.select(0):
            if key.data is None:
                events += self._read_control()
            elif key.data is self._opening:
                events += self._read_opening()
            else:
                events += self._read_console(key.data)
        return events

    def _read_control(self) -> list[Event]:
        data = self._control.recv(65536)
        if not data:  # the warden was killed: its boards are nobody's, so they end here
            self._selector.unregister(self._control)
            return [self._lost(index) for index, slot in enumerate(self._processes) if slot.pid]
        *lines, self._pending = (self._pending + data).split(b"\n")
        events: list[Event] = []
        for line in lines:
            verb, name, number = line.decode().split("\0")
            slot = self._processes[int(name)]
            if verb == "up":
                slot.pid = int(number)
            else:
                slot.pid = None
                self._give_up(slot)
                events += self._read_console(int(name))
                slot.line = ""
                events.append(Ended(int(name), *_ending(int(number), slot)))
        return events

    def _read_opening(self) -> list[Event]:
        events: list[Event] = []
        for reached in self._opening.take():
            slot = self._processes[reached.slot]
            if reached.start != slot.starts or slot.killed:
                loopback.discard(reached)
            elif reached.link is None:
                self.kill(reached.slot, reached.reason)
            else:
                events.append(Opened(reached.slot, self._noisy(reached.slot, reached.link)))
        return events

    @staticmethod
    def _give_up(slot: Process) -> None:
        if slot.reaching:
            slot.reaching.set()
            slot.reaching = None

    def _lost(self, index: int) -> Ended:
        slot = self._processes[index]
        if slot.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(slot.pid, signal.SIGKILL)
        slot.pid = None
        return Ended(index, "the process that starts virtual boards was killed", False)

    def _read_console(self, index: int) -> list[Event]:
        slot = self._processes[index]
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

    def _close_console(self, slot: Process) -> None:
        if slot.console:
            self._selector.unregister(slot.console)
            slot.console.close()
            slot.console = None

    def lost(self, index: int) -> None:
        """A process that ended does not matter here: the warden tells how. One that lives and listens is ended."""
        slot = self._processes[index]
        if self._tcp and not slot.killed:
            cut = Reached(index, slot.starts, None, "its TCP link was cut")

            def outlives(given_up: threading.Event, put: Callable[[Reached], None]) -> None:
                if not given_up.wait(_LAST_WORDS_S):
                    put(cut)

            self._give_up(slot)
            slot.reaching = self._opening.start(outlives)

    def notes(self) -> tuple[str, ...]:
        """What a reader of the account has to know about these boards."""
        cores = os.cpu_count() or 1
        if self.paced or len(self._processes) <= cores:
            return ()
        shared = f"note: {len(self._processes)} virtual boards shared the {cores} cores of this computer"
        return (f"{shared}, so {cores} is the most they can gain here; pace=real shows what real boards would",)

    def kill(self, index: int, reason: str) -> None:
        """End a board now; `poll` tells when it has ended, and gives `reason`. It may be opened again."""
        self._processes[index].killed = reason
        with contextlib.suppress(OSError):
            self._control.send(f"kill\0{index}\n".encode())

    def close(self) -> None:
        """End all boards. Returns when no process is left."""
        self._control.close()  # the warden kills its boards at the end of this socket
        self._warden.wait()
        for slot in self._processes:
            self._give_up(slot)
            self._close_console(slot)
        self._opening.close()
        self._selector.close()


def _processes(spec: Spec) -> list[Process]:
    slots: list[Process] = []
    counts: dict[str, int] = {}
    tags = {board.name: board.tags for board in config.boards() if not board.id}  # a program with `needs` can be tried here
    for group in spec.groups:
        for _ in range(group.count):
            counts[group.kind] = counts.get(group.kind, 0) + 1
            short = group.kind.removesuffix("_wroom").replace("_", "")
            name = f"{short}-{counts[group.kind]}"
            slots.append(Process(name, group.kind, f"5ba1{len(slots):012x}", tags=tags.get(name, ())))
    return slots


def _ending(status: int, slot: Process) -> tuple[str, bool]:
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
