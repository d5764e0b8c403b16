"""What the scheduler is told (events) and what it decides (commands). All plain values, so that a log can replay them.

Times are seconds on the shell's clock and only ever arrive inside events; sizes are bytes. A lump is the group of calls
`start` .. `start + count` of one job that travels in one message.
"""

from typing import Any, NamedTuple, get_args

# --- events ----------------------------------------------------------------------------------


class WireShared(NamedTuple):
    """All boards share one wire, which a byte keeps busy for so many seconds."""

    at: float
    byte: float


class BoardStarting(NamedTuple):
    """A board is being started, for the first time or again: it is worth waiting for."""

    at: float
    board: int


class BoardUp(NamedTuple):
    """A board is ready, for the first time or again."""

    at: float
    board: int
    heap: int
    tags: tuple[str, ...] = ()


class BoardDown(NamedTuple):
    """A board ended by itself. `returns`: it is being started again; `blame`: the lump it ran may be the cause."""

    at: float
    board: int
    returns: bool
    blame: bool


class JobAdded(NamedTuple):
    """Calls of one function. `sizes`: bytes of each call, or one number for all; `largest`: most bytes in a lump."""

    at: float
    job: int
    function: str
    count: int  # type: ignore[assignment]  # tuple.count is not wanted here
    sizes: int | tuple[int, ...]
    largest: int
    chunk: int = 0  # calls in a lump; 0: decide
    retries: int = 0
    timeout: float | None = None  # seconds one call may take
    only: int | None = None  # the one board to run on
    needs: tuple[str, ...] = ()


class JobCancelled(NamedTuple):
    """Nobody waits for what is left of a job."""

    at: float
    job: int


class LumpDone(NamedTuple):
    """A board answered the first `answered` calls of a lump; `failed` are those, by place, that raised."""

    at: float
    lump: int
    answered: int
    failed: tuple[int, ...]
    starved: bool  # some of them for want of memory
    compute: float  # seconds in the user's code
    agent: float  # seconds the board's agent spent on this lump
    result_bytes: int
    heap: int  # 0: not told
    late: bool = False  # the board stopped it, because its time was over


class LumpExpired(NamedTuple):
    """A lump ran longer than its task's timeout."""

    at: float
    lump: int


class LumpRefused(NamedTuple):
    """A lump could not be sent: its function cannot run on that board. Nobody waits for its job any more."""

    at: float
    lump: int


class Tick(NamedTuple):
    """Time has passed and nothing happened."""

    at: float


Event = (
    WireShared | BoardStarting | BoardUp | BoardDown | JobAdded | JobCancelled | LumpDone | LumpExpired | LumpRefused | Tick
)

# --- commands --------------------------------------------------------------------------------


class Send(NamedTuple):
    """Send these calls to a board, behind those it has."""

    board: int
    lump: int
    job: int
    start: int
    count: int  # type: ignore[assignment]  # tuple.count is not wanted here


class Withdraw(NamedTuple):
    """A lump that the board has not begun is no longer wanted."""

    board: int
    lump: int


class Interrupt(NamedTuple):
    """The lump that a board runs is no longer wanted: a board that can stops it. It is answered all the same."""

    board: int
    lump: int


class Deliver(NamedTuple):
    """Calls `start` .. `start + count` are answered by the results from `offset` on in this lump's answer."""

    job: int
    start: int
    count: int  # type: ignore[assignment]  # tuple.count is not wanted here
    offset: int


class Fail(NamedTuple):
    """A call has failed for good: `why` is "raised" (see `offset` in the answer), "died", "expired" or "lost"."""

    job: int
    index: int  # type: ignore[assignment]
    why: str
    offset: int


class Restart(NamedTuple):
    """End a board and start it again."""

    board: int


class SetAside(NamedTuple):
    """Do not use this board again: it keeps resetting."""

    board: int


class Finished(NamedTuple):
    """Every call of a job is answered or failed."""

    job: int


class Broken(NamedTuple):
    """No board is left. Every open job has failed."""


Command = Send | Withdraw | Interrupt | Deliver | Fail | Restart | SetAside | Finished | Broken

EVENTS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Event)}
