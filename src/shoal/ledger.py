"""Keeps the books while the cluster runs: who computed, who waited, how many bytes went where. Only the owner thread writes."""

import os
import sys
from collections.abc import Callable
from typing import NamedTuple

from shoal import catalog, clock
from shoal.connection import Connection
from shoal.fleet import Slot
from shoal.model import Account, Board, BusAccount
from shoal.page import Page, Sent
from shoal.protocol import Hello, Result
from shoal.snapshot import Snapshot
from shoal.timeline import Span, Timeline
from shoal.work import Work, architecture


class Outcome(NamedTuple):
    """Seconds that one board alone takes for `calls` of them, repetitions with them, found out by running `ran` once more."""

    seconds: float
    ran: int
    calls: int


class Ledger:
    """One page a board. Wall time counts only while jobs were open."""

    def __init__(self, names: list[str], seconds: Callable[[], float]) -> None:
        """`seconds`: the clock of which those of `begin` and `settle` are."""
        self._seconds = seconds
        self.heard = 0.0  # when the scheduler last heard of the time
        self._pages = [Page(name) for name in names]
        for page in self._pages:
            page.away.begin(0.0)
        self._notes: dict[str, str] = {}
        self._wall = 0.0
        self._since: float | None = None
        self._zero = 0.0  # when the first job began
        self._host = 0.0  # processor seconds of the owner thread while jobs were open
        self._host_since = 0.0
        self.timeline = Timeline(len(names))
        self._aside: list[tuple[int, int, tuple[float, float]]] | None = None  # what the pages had when it was suspended
        self._alone: tuple[int, float, str] | None = None  # calls, what one board alone takes for them, and in words

    def begin(self, now: float) -> None:
        """A job was added."""
        if self._since is None and self._aside is None:
            self._zero = self._zero or now
            self._since = now
            self._host_since = clock.thread_s()

    def settle(self, now: float) -> None:
        """No job is open."""
        if self._since is not None:
            self._wall += now - self._since
            self._since = None
            self._host += clock.thread_s() - self._host_since

    def note(self, key: str, text: str) -> None:
        """A line that the account should end with, in place of the one with the same key. From any thread."""
        self._notes[key] = text

    def up(self, index: int, hello: Hello, slot: Slot, connection: Connection) -> None:
        page = self._pages[index]
        facts = hello.facts
        page.connection = connection
        page.kind = slot.kind
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
        page.came_up()
        page.away.end(self._elapsed(self._seconds()))

    def closed(self, index: int, connection: Connection) -> None:
        page = self._pages[index]
        page.bytes_out += connection.bytes_out
        page.bytes_in += connection.bytes_in
        page.damaged += connection.damaged
        page.running.clear()
        wall = self._elapsed(self._seconds())
        page.asked.end(wall)
        page.away.begin(wall)
        page.past = page.used()
        page.connection = None

    def down(self, index: int, reason: str, state: str) -> None:
        """A board has ended; `state`: what becomes of it, as in `snapshot.STATES`."""
        page = self._pages[index]
        page.resets += 1
        page.error, page.state = reason, state

    # The next two run for every lump: what they add to a run is measured by `bench.accounting`.

    def sent(self, now: float, index: int, lump: int, work: Work, start: int, count: int) -> None:
        page = self._pages[index]
        wall = self._wall if self._since is None else self._wall + now - self._since
        if not page.running and self._aside is None:
            page.asked.begin(wall)
        page.running[lump] = (work, start, count, now, wall)

    def withdrawn(self, now: float, index: int, lump: int) -> None:
        page = self._pages[index]
        page.running.pop(lump, None)
        if not page.running:
            page.asked.end(self._elapsed(now))

    def answered(self, now: float, index: int, result: Result) -> Sent | None:
        """What was answered, or None if it had been withdrawn."""
        page = self._pages[index]
        wall = self._wall if self._since is None else self._wall + now - self._since
        lump, compute, agent, heap, page.temperature, results, failures, _ = result
        sent = page.running.pop(lump, None)
        if self._aside is not None:
            return sent
        begun, wall_then = page.answered
        if sent is None:
            page.asked.went_on(wall)
            begun = max(begun, now - compute - agent)
            wall_then = wall - now + begun
            if self._since is None:
                compute = agent = 0.0
        else:
            if not page.running:
                page.asked.end(wall)
            if sent[3] > begun:
                begun, wall_then = sent[3:]
        page.answered = now, wall
        if heap:
            page.heap = heap
        if failures:
            page.error = f"{failures[0].type}: {failures[0].text}"
        # What a board did when no job was open is no part of the wall time; nor can it have been busy for longer than that.
        room = wall - page.compute - page.agent
        if now - begun > wall - wall_then + 1e-6:
            compute = max(0.0, compute - (now - begun - (wall - wall_then)))
        if compute + agent > room:
            compute = min(compute, room)
            agent = min(agent, room - compute)
        count = len(results)
        page.lumps += 1
        page.ran += count
        page.compute += compute
        page.agent += agent
        title, at = (sent[0].title, sent[3]) if sent else ("", begun)
        self.timeline.add(index, (title, at, begun, now, compute, agent, count, 1))
        return sent

    def delivered(self, index: int, count: int) -> None:
        if self._aside is None:
            self._pages[index].calls += count

    # --- what is not booked ---

    @property
    def measured(self) -> bool:
        """Whether it is known what one board alone takes for the calls answered so far."""
        return self._alone is not None and self._alone[0] == sum(page.calls for page in self._pages)

    def suspend(self) -> None:
        """What boards do from now on is no part of the account. No job is open."""
        self._aside = [(*page.carried(), page.used()) for page in self._pages]

    def resume(self, board: int, outcome: Outcome | None) -> None:
        """Book again. `outcome`: what that board did alone meanwhile, if it was found out."""
        for page, before in zip(self._pages, self._aside or (), strict=False):
            sent, received = page.carried()
            ran, waited = page.used()
            page.bytes_out -= sent - before[0]
            page.bytes_in -= received - before[1]
            page.past = page.past[0] - (ran - before[2][0]), page.past[1] - (waited - before[2][1])
            if not page.running:  # what was left of before may have been answered meanwhile
                page.asked.end(self._wall)
        self._aside = None
        calls = sum(page.calls for page in self._pages)
        if outcome is None:
            self.note("alone", "one board alone could not be measured: too few of the calls could be run once more")
        else:
            name = self._pages[board].name
            text = f"one board alone: measured on {name}, which ran {outcome.ran} of {outcome.calls} calls once more"
            self._notes.pop("alone", None)
            self._alone = calls, outcome.seconds * min(1.0, calls / max(1, outcome.calls)), text

    def boards(self) -> list[Board]:
        """The boards that have answered so far."""
        return [page.board for page in self._pages if page.board]

    def account(self, now: float, *, paced: bool, notes: tuple[str, ...] = (), bus: BusAccount | None = None) -> Account:
        """The books as they stand. `notes`: what the account should say beside what was noted here; `bus`: of these boards."""
        wall = self._elapsed(now)
        pages = [page for page in self._pages if page.name]
        watts = [page.watts(paced) for page in pages]
        alone = self._alone if self.measured else None
        told = (alone[2],) if alone else ()
        return Account(
            wall_s=wall,
            boards=tuple([page.line(wall, *of[:2]) for page, of in zip(pages, watts, strict=True)]),
            host_cores=os.cpu_count() or 1,
            paced=paced,
            notes=(*notes, *self._notes.values(), *told),
            bus=bus,
            host_s=self._host,
            alone_s=alone[1] if alone else None,
            alone_how="measured" if alone else "estimated",
            joules_basis=catalog.worst([basis for _, _, basis in watts if basis]) if any(basis for _, _, basis in watts) else "",
        )

    def spans(self) -> tuple[Span, ...]:
        """What each board did and when; boards are numbered as in the account."""
        named = [index for index, page in enumerate(self._pages) if page.name]
        place = {index: number for number, index in enumerate(named)}
        return tuple([_since(self._zero, span, place[span.board]) for span in self.timeline if span.board in place])

    def snapshot(self, spec: str, asked: int, done: int, heap: Callable[[int], int]) -> Snapshot:
        """The cluster at this moment. `heap(index)`: bytes of a board's whole heap."""
        boards = tuple(page.now(heap(index)) for index, page in enumerate(self._pages) if page.name)
        return Snapshot(spec, sys.argv[0], os.getpid(), clock.now(), self._elapsed(self._seconds()), asked, done, boards)

    def _elapsed(self, now: float) -> float:
        return self._wall + (now - self._since if self._since is not None else 0.0)

def _since(zero: float, span: Span, place: int) -> Span:
    """The span of the board at that place, in seconds since `zero`."""
    sent, begun, ended = [max(0.0, at - zero) for at in (span.sent, span.begun, span.ended)]
    return span._replace(board=place, sent=sent, begun=begun, ended=ended)
