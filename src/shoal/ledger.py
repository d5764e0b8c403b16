"""Keeps the books while the cluster runs: who computed, who waited, how many bytes went where. Only the owner thread writes."""

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shoal import clock
from shoal.connection import Connection
from shoal.fleet import Slot
from shoal.model import Account, Board, BoardAccount, BusAccount
from shoal.protocol import Hello, Result
from shoal.snapshot import BoardNow, Snapshot
from shoal.work import architecture


@dataclass
class _Page:
    """What is known of one board."""

    name: str
    board: Board | None = None
    connection: Connection | None = None
    calls: int = 0
    ran: int = 0
    lumps: int = 0
    compute: float = 0.0
    agent: float = 0.0
    bytes_out: int = 0  # over connections that are closed
    bytes_in: int = 0
    resets: int = 0
    damaged: int = 0  # frames, over connections that are closed
    heap: int = 0  # bytes free, as last told
    temperature: float | None = None
    state: str = "starting"  # see snapshot.STATES
    error: str = ""  # what went wrong last
    running: dict[int, str] = field(default_factory=dict)  # lump -> function, not yet answered
    past: tuple[float, float] = (0.0, 0.0)  # processor and waiting seconds of processes that have ended
    at_up: tuple[float, float] = (0.0, 0.0)  # what the present process had when its agent was up


class Ledger:
    """One page a board. Wall time counts only while jobs were open."""

    def __init__(self, names: list[str], seconds: Callable[[], float]) -> None:
        """`seconds`: the clock of which those of `begin` and `settle` are."""
        self._seconds = seconds
        self.heard = 0.0  # when the scheduler last heard of the time
        self._pages = [_Page(name) for name in names]
        self._notes: dict[str, str] = {}
        self._wall = 0.0
        self._since: float | None = None

    def begin(self, now: float) -> None:
        """A job was added."""
        if self._since is None:
            self._since = now

    def settle(self, now: float) -> None:
        """No job is open."""
        if self._since is not None:
            self._wall += now - self._since
            self._since = None

    def note(self, key: str, text: str) -> None:
        """A line that the account should end with, in place of the one with the same key. From any thread."""
        self._notes[key] = text

    def up(self, index: int, hello: Hello, slot: Slot, connection: Connection) -> None:
        page = self._pages[index]
        facts = hello.facts
        page.connection = connection
        page.name = slot.name  # a place may have waited for whoever comes
        page.board = Board(
            name=slot.name,
            unique_id=facts["unique_id"],
            platform=facts["platform"],
            arch=architecture(facts["mpy"]),
            cores=facts["cores"],
            heap_free=facts["heap_free"],
            link=connection.link.name,
            firmware=facts["firmware"],
            kind=slot.kind,
            tags=slot.tags,
            pid=slot.pid,
            agent=facts.get("agent", ""),
            reset=facts.get("reset", 0),
            temperature=facts.get("temperature"),
        )
        page.heap, page.temperature, page.state = facts["heap_free"], facts.get("temperature"), "idle"
        page.at_up = _processor(page)

    def closed(self, index: int, connection: Connection) -> None:
        page = self._pages[index]
        page.bytes_out += connection.bytes_out
        page.bytes_in += connection.bytes_in
        page.damaged += connection.damaged
        page.running.clear()
        page.past = _total(page)
        page.connection = None

    def down(self, index: int, reason: str, state: str) -> None:
        """A board has ended; `state`: what becomes of it, as in `snapshot.STATES`."""
        page = self._pages[index]
        page.resets += 1
        page.error, page.state = reason, state

    def sent(self, index: int, lump: int, function: str) -> None:
        self._pages[index].running[lump] = function

    def withdrawn(self, index: int, lump: int) -> None:
        self._pages[index].running.pop(lump, None)

    def answered(self, index: int, result: Result) -> None:
        page = self._pages[index]
        page.running.pop(result.lump, None)
        page.heap = result.heap or page.heap
        page.temperature = result.temperature
        if result.failures:
            page.error = f"{result.failures[0].type}: {result.failures[0].text}"
        page.lumps += 1
        page.ran += len(result.results)
        page.compute += result.compute
        page.agent += result.agent

    def delivered(self, index: int, count: int) -> None:
        self._pages[index].calls += count

    def boards(self) -> list[Board]:
        """The boards that have answered so far."""
        return [page.board for page in self._pages if page.board]

    def account(self, now: float, *, paced: bool, notes: tuple[str, ...] = (), bus: BusAccount | None = None) -> Account:
        """The books as they stand. `notes`: what the account should say beside what was noted here; `bus`: of these boards."""
        wall = self._elapsed(now)
        boards = tuple(self._line(page, wall) for page in self._pages if page.name)
        return Account(wall, boards, os.cpu_count() or 1, paced, (*notes, *self._notes.values()), bus)

    def snapshot(self, spec: str, asked: int, done: int, heap: Callable[[int], int]) -> Snapshot:
        """The cluster at this moment. `heap(index)`: bytes of a board's whole heap."""
        boards = tuple(self._now(index, page, heap(index)) for index, page in enumerate(self._pages) if page.name)
        return Snapshot(spec, sys.argv[0], os.getpid(), clock.now(), self._elapsed(self._seconds()), asked, done, boards)

    def _now(self, index: int, page: _Page, heap: int) -> BoardNow:
        board, connection = page.board, page.connection
        running = list(page.running.values())
        return BoardNow(
            name=page.name,
            state="busy" if page.state == "idle" and running else page.state,
            kind=board.kind if board else "",
            unique_id=board.unique_id if board else "",
            link=board.link if board else "",
            platform=board.platform if board else "",
            agent=board.agent if board else "",
            reset_cause=board.reset if board else 0,
            function=running[0] if running else "",
            lumps=len(running),
            calls=page.calls,
            heap_free=page.heap,
            heap_total=heap,
            temperature=page.temperature,
            bytes_out=page.bytes_out + (connection.bytes_out if connection else 0),
            bytes_in=page.bytes_in + (connection.bytes_in if connection else 0),
            busy_s=page.compute + page.agent,
            resets=page.resets,
            damaged=page.damaged + (connection.damaged if connection else 0),
            last_error=page.error,
        )

    def _elapsed(self, now: float) -> float:
        return self._wall + (now - self._since if self._since is not None else 0.0)

    def _line(self, page: _Page, wall: float) -> BoardAccount:
        processor, waited = _total(page)
        sent, received = page.bytes_out, page.bytes_in
        if page.connection:
            sent += page.connection.bytes_out
            received += page.connection.bytes_in
        busy = page.compute + page.agent
        return BoardAccount(
            name=page.name,
            calls=page.calls,
            repeated=page.ran - page.calls,
            lumps=page.lumps,
            compute_s=page.compute,
            link_s=page.agent,
            idle_s=max(0.0, wall - busy),
            alone_s=min(busy, max(processor, busy - waited)) if processor else busy,
            bytes_out=sent,
            bytes_in=received,
            resets=page.resets,
        )


def _total(page: _Page) -> tuple[float, float]:
    """Processor and waiting seconds of a virtual board over all its processes."""
    if not page.connection:
        return page.past
    now = _processor(page)
    return page.past[0] + now[0] - page.at_up[0], page.past[1] + now[1] - page.at_up[1]


def _processor(page: _Page) -> tuple[float, float]:
    """Seconds a virtual board has run on a core, and waited for one: Linux's schedstat, in nanoseconds. (0, 0) elsewhere."""
    pid = page.board.pid if page.board else None
    with contextlib.suppress(OSError, ValueError, IndexError):
        ran, waited = Path(f"/proc/{pid}/schedstat").read_text().split()[:2]
        return int(ran) / 1e9, int(waited) / 1e9
    return page.at_up
