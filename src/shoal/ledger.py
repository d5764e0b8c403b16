"""Keeps the books while the cluster runs: who computed, who waited, how many bytes went where. Only the owner thread writes."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from shoal.connection import Connection
from shoal.model import Account, Board, BoardAccount
from shoal.protocol import Hello, Result
from shoal.virtual.fleet import Slot
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
    past: tuple[float, float] = (0.0, 0.0)  # processor and waiting seconds of processes that have ended
    at_up: tuple[float, float] = (0.0, 0.0)  # what the present process had when its agent was up


class Ledger:
    """One page a board. Seconds are of `clock.now`; wall time counts only while jobs were open."""

    def __init__(self, names: list[str]) -> None:
        self.heard = 0.0  # when the scheduler last heard of the time
        self._pages = [_Page(name) for name in names]
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

    def up(self, index: int, hello: Hello, slot: Slot, connection: Connection) -> None:
        page = self._pages[index]
        facts = hello.facts
        page.connection = connection
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
            pid=slot.pid,
        )
        page.at_up = _processor(page)

    def closed(self, index: int, connection: Connection) -> None:
        page = self._pages[index]
        page.bytes_out += connection.bytes_out
        page.bytes_in += connection.bytes_in
        page.past = _total(page)
        page.connection = None

    def reset(self, index: int) -> None:
        self._pages[index].resets += 1

    def answered(self, index: int, result: Result) -> None:
        page = self._pages[index]
        page.lumps += 1
        page.ran += len(result.results)
        page.compute += result.compute
        page.agent += result.agent

    def delivered(self, index: int, count: int) -> None:
        self._pages[index].calls += count

    def boards(self) -> list[Board]:
        """The boards that have answered so far."""
        return [page.board for page in self._pages if page.board]

    def account(self, now: float, *, paced: bool) -> Account:
        """The books as they stand."""
        wall = self._wall + (now - self._since if self._since is not None else 0.0)
        boards = tuple(self._line(page, wall) for page in self._pages)
        cores = os.cpu_count() or 1
        notes = []
        if not paced and len(boards) > cores:
            notes.append(
                f"note: {len(boards)} virtual boards shared the {cores} cores of this computer, so {cores} is the most they "
                "can gain here; pace=real shows what real boards would"
            )
        return Account(wall, boards, cores, paced, tuple(notes))

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
