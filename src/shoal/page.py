"""What is known of one board: a page of the ledger, and the figures that are made of it."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from shoal import catalog
from shoal.connection import Connection
from shoal.model import Board, BoardAccount
from shoal.snapshot import BoardNow
from shoal.work import Work

# A lump that is on a board: its job, first call, and calls; when it was sent there, in seconds, and the wall time by then.
Sent = tuple[Work, int, int, float, float]


class Spell:
    """The wall time during which something was so."""

    __slots__ = ("_since", "_sum", "_until")

    def __init__(self) -> None:
        self._sum = 0.0
        self._since: float | None = None
        self._until = 0.0  # when it was last so

    def begin(self, wall: float) -> None:
        """It is so from now on."""
        if self._since is None:
            self._since = wall

    def end(self, wall: float) -> None:
        """It is no longer so."""
        if self._since is not None:
            self._sum += wall - self._since
            self._since, self._until = None, wall

    def went_on(self, wall: float) -> None:
        """It was so all the time, although we had thought that it was over."""
        if self._since is None:
            self._sum += wall - self._until
            self._until = wall
        else:
            self._since = min(self._since, self._until)

    def total(self, wall: float) -> float:
        return self._sum + (0.0 if self._since is None else wall - self._since)


@dataclass(slots=True)
class Page:
    """What is known of one board."""

    name: str
    kind: str = ""
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
    running: dict[int, Sent] = field(default_factory=dict)  # by lump: not yet answered
    asked: Spell = field(default_factory=Spell)  # it has a lump to answer
    away: Spell = field(default_factory=Spell)  # its agent is not there
    answered: tuple[float, float] = (0.0, 0.0)  # when it last answered: seconds, and wall time by then
    past: tuple[float, float] = (0.0, 0.0)  # processor and waiting seconds of processes that have ended
    at_up: tuple[float, float] = (0.0, 0.0)  # what the present process had when its agent was up

    def came_up(self) -> None:
        """Its agent is there."""
        self.at_up = _used_now(self)

    def line(self, wall: float, idle_w: float, load_w: float) -> BoardAccount:
        """Where the board's time went, of so many seconds of wall time."""
        processor, waited = self.used()
        sent, received = self.carried()
        busy = self.compute + self.agent
        waiting = max(0.0, min(wall, self.asked.total(wall)) - busy)
        return BoardAccount(
            name=self.name,
            calls=self.calls,
            repeated=self.ran - self.calls,
            lumps=self.lumps,
            compute_s=self.compute,
            link_s=self.agent,
            waiting_s=waiting,
            idle_s=max(0.0, wall - busy - waiting),
            alone_s=min(busy, max(processor, busy - waited)) if processor else busy,
            bytes_out=sent,
            bytes_in=received,
            resets=self.resets,
            kind=self.kind,
            idle_w=idle_w,
            load_w=load_w,
            away_s=min(self.away.total(wall), max(0.0, wall - busy - waiting)),
        )

    def now(self, heap: int) -> BoardNow:
        """The board at this moment; `heap`: bytes of its whole heap."""
        board, connection = self.board, self.connection
        running = list(self.running.values())
        sent, received = self.carried()
        return BoardNow(
            name=self.name,
            state="busy" if self.state == "idle" and running else self.state,
            kind=board.kind if board else "",
            unique_id=board.unique_id if board else "",
            link=board.link if board else "",
            platform=board.platform if board else "",
            agent=board.agent if board else "",
            reset_cause=board.reset if board else 0,
            function=running[0][0].title if running else "",
            lumps=len(running),
            calls=self.calls,
            heap_free=self.heap,
            heap_total=heap,
            temperature=self.temperature,
            bytes_out=sent,
            bytes_in=received,
            busy_s=self.compute + self.agent,
            resets=self.resets,
            damaged=self.damaged + (connection.damaged if connection else 0),
            last_error=self.error,
        )

    def watts(self, paced: bool) -> tuple[float, float, str]:
        """Idle and load watts, and how well they are known; nothing of a virtual board that is faster than what it stands for."""
        facts = catalog.boards().get(self.kind)
        if facts is None or (self.board and self.board.pid and not paced):
            return 0.0, 0.0, ""
        return facts.idle_w, facts.load_w, facts.watts_basis

    def carried(self) -> tuple[int, int]:
        """To a board and from it, over all its connections."""
        now = self.connection
        return self.bytes_out + (now.bytes_out if now else 0), self.bytes_in + (now.bytes_in if now else 0)

    def used(self) -> tuple[float, float]:
        """Processor and waiting seconds of a virtual board over all its processes."""
        if not self.connection:
            return self.past
        now = _used_now(self)
        return self.past[0] + now[0] - self.at_up[0], self.past[1] + now[1] - self.at_up[1]


def _used_now(page: Page) -> tuple[float, float]:
    """Seconds a virtual board has run on a core, and waited for one: Linux's schedstat, in nanoseconds. (0, 0) elsewhere."""
    pid = page.board.pid if page.board else None
    with contextlib.suppress(OSError, ValueError, IndexError):
        ran, waited = Path(f"/proc/{pid}/schedstat").read_text().split()[:2]
        return int(ran) / 1e9, int(waited) / 1e9
    return page.at_up
