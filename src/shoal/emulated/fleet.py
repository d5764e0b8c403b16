"""The boards of an `emulated:` spec: a process each, started side by side, and brought up as USB boards are.

    open --> process --"booted PATH"--> thread: open the port, bootstrap the agent into RAM --> Opened

A board that is reset or unplugged loses its port and its link, and gets a new port from the same process; a board that is killed
gets a new process. Threads only put what came of a bootstrap into a queue; everything else is done by the caller's thread.
"""

import contextlib
import os
import selectors
import threading
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from shoal.emulated import firmware, requirement
from shoal.emulated.starting import Appeared, Emulator
from shoal.errors import ShoalError, SpecError
from shoal.fleet import Boards, Ended, Event, Opened, Slot
from shoal.links import Link
from shoal.spec import Spec
from shoal.usb.bootstrap import Bootstrap
from shoal.usb.serial import PortFacts, open_link

KINDS = ("pico", "pico_w")
PATIENCE = 60.0  # a busy board does 0.03 of its seconds in one of ours, and half of that where two share a core
_CORES = 1  # the emulator has no second one
_RESET = "it was reset"
_UNPLUGGED = "its cable was pulled out"


@dataclass
class _Board(Slot):
    """A slot, and how far its board is."""

    emulator: Emulator | None = None
    appeared: Appeared | None = None  # at a port that is not used yet
    wanted: bool = False  # `open` was called, and nothing has come of it yet
    was_up: bool = False
    speed: float = 0.0  # the last that its process told
    stop: threading.Event = field(default_factory=threading.Event)  # ends the bootstrap that goes on
    killed: str = ""  # why we ended the process
    hopeless: bool = False  # and that it will be no better next time


class EmulatedBoards(Boards):
    """The emulated boards of one cluster. All calls from one thread."""

    def __init__(self, spec: Spec) -> None:
        """Raises UsageError if the emulator or the firmware is missing or wrong, LinkError if it cannot be fetched."""
        self._boards = _boards(spec)
        requirement.check()
        self.spec = spec
        self.paced = spec.options["pace"] == "real"
        self.warning = _crowded(len(self._boards))
        given = spec.options["firmware"]
        kinds = dict.fromkeys(board.kind for board in self._boards)
        self._images: dict[str, Path] = {kind: firmware.find(kind, None if given is None else str(given)) for kind in kinds}
        self._outcomes: SimpleQueue[tuple[int, threading.Event, Link | ShoalError]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._events: list[Event] = []
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)

    @property
    def slots(self) -> list[Slot]:
        return [*self._boards]

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._selector.fileno()

    def heap(self, index: int) -> int:
        """Boards with real firmware know their own."""
        return 0

    def notes(self) -> tuple[str, ...]:
        """What an account of these boards must say."""
        speeds = [board.speed for board in self._boards if board.speed]
        pace = f"; while they were busy, one second here was {sum(speeds) / len(speeds):.3f} of theirs" if speeds else ""
        return (
            f"emulated boards: compute is in seconds of the boards' own clocks{pace}",
            "link, idle, speed-up and efficiency say how fast this computer emulates, not what such boards would do",
        )

    # --- boards ---

    def open(self, index: int) -> Link | None:
        """Start a board, or take it up again. `Opened` follows."""
        board = self._boards[index]
        board.wanted = True
        if board.emulator is None:
            board.killed, board.hopeless, board.appeared = "", False, None
            board.emulator = Emulator(board.kind, self._images[board.kind], board.unique_id, str(self.spec.options["pace"]))
            board.pid = board.emulator.pid
            self._selector.register(board.emulator, selectors.EVENT_READ, index)
        elif board.appeared:
            self._bring_up(index)
        return None

    def lost(self, index: int) -> None:
        """Its process tells why."""

    def kill(self, index: int, reason: str) -> None:
        """End a board now; `Ended` follows, with `reason`. It may be opened again."""
        board = self._boards[index]
        board.killed = board.killed or reason
        board.stop.set()
        if board.emulator:
            board.emulator.kill()

    def unplug(self, index: int) -> None:
        """Pull the cable out of a board, which runs on."""
        self._order(index, "unplug")

    def plug(self, index: int) -> None:
        """Put the cable in again."""
        self._order(index, "plug")

    def _order(self, index: int, word: str) -> None:
        emulator = self._boards[index].emulator
        if emulator:
            emulator.order(word)

    def close(self) -> None:
        """End all boards. Returns when no process and no thread is left."""
        for board in self._boards:
            board.stop.set()
            if board.emulator:
                board.emulator.kill()
        for board in self._boards:
            if board.emulator:
                board.emulator.wait()
                board.emulator, board.pid = None, None
        for thread in self._threads:
            thread.join()
        for _, _, outcome in self._taken():
            if not isinstance(outcome, ShoalError):
                outcome.close()
        self._selector.close()
        os.close(self._wake_in)
        os.close(self._wake_out)

    # --- events ---

    def poll(self) -> list[Event]:
        """What happened since the last call. Never blocks."""
        outcomes = self._taken()  # before the news, which may tell why a bootstrap failed
        for key, _ in self._selector.select(0):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_in, 4096)
            else:
                self._hear(key.data)
        for index, stop, outcome in outcomes:
            self._brought_up(index, stop, outcome)
        events, self._events = self._events, []
        return events

    def _hear(self, index: int) -> None:
        """A board's process has said something, or has ended."""
        board = self._boards[index]
        assert board.emulator is not None
        try:
            for news in board.emulator.news():
                board.stop.set()  # a bootstrap on the port before it
                if isinstance(news, Appeared):
                    board.appeared = news
                    if board.wanted:
                        self._bring_up(index)
                else:
                    board.appeared = None
                    if not board.wanted:
                        self._events.append(Ended(index, _RESET if news.reset else _UNPLUGGED, True, fault=news.reset))
            board.speed = board.emulator.speed
        except EOFError:
            self._ended(index, board)

    def _ended(self, index: int, board: _Board) -> None:
        assert board.emulator is not None
        self._selector.unregister(board.emulator)
        board.stop.set()
        ending = board.emulator.wait()
        returns = bool(board.killed) or (board.was_up and not ending.by_kill)
        fault = board.was_up and not ending.by_kill
        self._events.append(Ended(index, board.killed or ending.text, returns and not board.hopeless, fault))
        board.emulator, board.pid, board.appeared, board.wanted = None, None, None, False

    # --- from a port to a link ---

    def _bring_up(self, index: int) -> None:
        board = self._boards[index]
        appeared, board.appeared = board.appeared, None
        board.stop = threading.Event()
        arguments = index, appeared, board.stop
        thread = threading.Thread(target=self._bootstrap, args=arguments, name=f"bootstrap of {board.name}", daemon=True)
        self._threads = [old for old in self._threads if old.is_alive()] + [thread]
        thread.start()

    def _bootstrap(self, index: int, appeared: Appeared, stop: threading.Event) -> None:
        """In a thread: from a port to an agent that answers, or to the reason why not."""
        outcome: Link | ShoalError
        link: Link | None = None
        try:
            link = open_link(PortFacts(appeared.path))
            board = Bootstrap(link, appeared.path, patience=PATIENCE, stop=stop)
            board.start(board.identify(disturb=appeared.fresh), cores=_CORES, installed=False)
            outcome = link
        except ShoalError as error:
            if link:
                link.close()
            outcome = error
        self._outcomes.put((index, stop, outcome))
        os.write(self._wake_out, b"!")

    def _brought_up(self, index: int, stop: threading.Event, outcome: Link | ShoalError) -> None:
        board = self._boards[index]
        if stop.is_set() or stop is not board.stop:  # meanwhile the board has ended, or has another port
            if not isinstance(outcome, ShoalError):
                outcome.close()
        elif isinstance(outcome, ShoalError):
            board.hopeless = True
            self.kill(index, str(outcome))
        else:
            board.wanted, board.was_up = False, True
            self._events.append(Opened(index, outcome))

    def _taken(self) -> list[tuple[int, threading.Event, Link | ShoalError]]:
        taken = []
        with contextlib.suppress(Empty):
            while True:
                taken.append(self._outcomes.get_nowait())
        return taken


def _crowded(boards: int) -> str:
    """A warning if this computer has fewer processor cores than boards."""
    cores = os.cpu_count() or 1
    if boards <= cores:
        return ""
    return f"{boards} emulated boards share {cores} processor cores; each busy one would use a whole core, so all will be slower"


def _boards(spec: Spec) -> list[_Board]:
    boards: list[_Board] = []
    counts: dict[str, int] = {}
    for group in spec.groups:
        if group.kind not in KINDS:
            raise SpecError(f"cannot use the cluster spec '{spec.text}': the emulator models the RP2040; known: pico, picow")
        for _ in range(group.count):
            counts[group.kind] = counts.get(group.kind, 0) + 1
            boards.append(_Board(f"{group.kind.replace('_', '')}-{counts[group.kind]}", group.kind, f"5ba2{len(boards):012x}"))
    return boards
