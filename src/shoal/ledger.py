"""Keeps the books while the cluster runs: who computed, who waited, how many bytes went where. Written by the owner thread only."""

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
    steal: float = 0.0
    steal_before: float = 0.0


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
            for page in self._pages:
                page.steal_before = _steal(page)

    def settle(self, now: float) -> None:
        """No job is open."""
        if self._since is not None:
            self._wall += now - self._since
            self._since = None
            for page in self._pages:
                page.steal += max(0.0, _steal(page) - page.steal_before)

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

    def closed(self, index: int, connection: Connection) -> None:
        page = self._pages[index]
        page.bytes_out += connection.bytes_out
        page.bytes_in += connection.bytes_in
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
        return Account(wall, boards, cores, True, paced, tuple(notes))

    def _line(self, page: _Page, wall: float) -> BoardAccount:
        steal = page.steal
        if self._since is not None:
            steal += max(0.0, _steal(page) - page.steal_before)
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
            steal_s=min(steal, busy),
            bytes_out=sent,
            bytes_in=received,
            resets=page.resets,
        )


def _steal(page: _Page) -> float:
    """Seconds that a virtual board has waited for a core so far: the second field of Linux's schedstat, nanoseconds."""
    pid = page.board.pid if page.board and page.connection else None
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return page.steal_before
