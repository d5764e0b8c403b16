"""What holds a cluster back, and what would help: read from an account, whether of a run or of a prediction. Pure arithmetic.

A part that everything must pass, once it is busy for most of the wall time, binds: the bus, or the thread that feeds the boards.
Else it is what the boards spent most of their time on: computing (more boards would help), their own links, waiting for messages
under way, or nothing, because they were not there yet, because there were too few calls, or because some ended before others.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shoal.model import Account

SATURATED = 0.75  # of the wall time: what is busy for longer leaves little to gain elsewhere
BUS_SEEN = 0.3  # of the wall time: boards that wait while a bus is busy for longer than that wait for it
FEW_CALLS = 2  # calls a board, below which boards that do nothing have no more to do
LITTLE = 0.02  # a gain below this is none


@dataclass(frozen=True)
class Binding:
    """What binds, and how much of the time it takes.

    `what`: "compute", "link", "bus", "host", "waiting", "start", "tail" or "few calls"; `share`: of the wall time (bus, host),
    or of the time of all boards; `sentence`: it and its figures in words; `helps`: what would help, the best first.
    """

    what: str
    share: float
    sentence: str
    helps: tuple[str, ...]


@dataclass(frozen=True)
class _Shares:
    """Parts of the time of all boards, and of the wall time (bus, host); 0 to 1."""

    compute: float
    link: float
    waiting: float
    idle: float
    away: float
    bus: float
    host: float


def binding(account: Account) -> Binding:
    """What binds, by the account's own figures."""
    if not account.calls or not account.wall_s:
        return Binding("few calls", 1.0, "no call was answered", ())
    shares = _shares(account)
    what = _what(account, shares)
    return _TELL[what](account, shares)


def expected_s(account: Account, boards: int) -> float:
    """Seconds that so many boards would take, by the account's own figures.

    The boards' work is divided among them, as far as there are calls; what the bus and this computer do is not, nor is the rest
    of the wall time, which was nobody's.
    """
    busy = sum(board.compute_s + board.link_s for board in account.boards)
    whole = max(account.bus.busy_s if account.bus else 0.0, account.host_s)
    longest = busy / max(1, account.calls)
    rest = max(0.0, account.wall_s - max(whole, busy / max(1, len(account.boards))))
    return max(whole, busy / boards, longest) + rest


def next_board(account: Account) -> float:
    """How many times faster one board more would make it, by the account's own figures: 1.0 is not at all."""
    count = len(account.boards)
    if not count or not account.wall_s:
        return 1.0
    return max(1.0, expected_s(account, count) / expected_s(account, count + 1))


def slower_than_one(account: Account) -> bool:
    """Whether several boards took longer than one of them alone would have."""
    return len(account.boards) > 1 and 0 < account.speed_up < 1


def _shares(account: Account) -> _Shares:
    of_boards = account.wall_s * max(1, len(account.boards))

    def part(name: str) -> float:
        return min(1.0, sum(float(getattr(board, name)) for board in account.boards) / of_boards)

    return _Shares(
        compute=part("compute_s"),
        link=part("link_s"),
        waiting=part("waiting_s"),
        idle=part("idle_s"),
        away=part("away_s"),
        bus=min(1.0, account.bus.busy_s / account.wall_s) if account.bus else 0.0,
        host=min(1.0, account.host_s / account.wall_s),
    )


def _what(account: Account, shares: _Shares) -> str:
    if max(shares.bus, shares.host) >= SATURATED:
        return "bus" if shares.bus >= shares.host else "host"
    most = max(("compute", "link", "waiting", "idle"), key=lambda name: float(getattr(shares, name)))
    if most == "waiting" and shares.bus >= max(BUS_SEEN, shares.host):
        return "bus"
    if most == "waiting" and shares.host >= SATURATED / 2:
        return "host"
    if most == "compute":
        return most
    if most == "idle" and shares.away >= shares.idle / 2:
        return "start"
    if account.calls < FEW_CALLS * len(account.boards):
        return "few calls"
    return "tail" if most == "idle" else most


def _compute(account: Account, shares: _Shares) -> Binding:
    said = f"{_boards(account)} {_percent(shares.compute)} of the time: {_more(account)}"
    faster = "faster code: @task(native=True), integers or fixed point in place of floats, machine code"
    return Binding("compute", shares.compute, said, ("more boards, or faster ones", faster))


def _link(account: Account, shares: _Shares) -> Binding:
    per_call = sum(board.bytes_in + board.bytes_out for board in account.boards) / account.calls
    said = (
        f"the boards' own links take {_percent(shares.link)} of their time ({_bytes(per_call)} a call, both ways), computing "
        f"{_percent(shares.compute)}: {_more(account)}"
    )
    per_lump = account.calls / max(1, sum(board.lumps for board in account.boards))
    helps = (_LARGER,) if per_lump < 4 and per_call < 500 else ()  # what it costs is messages
    return Binding("link", shares.link, said, (*helps, *_LESS, "a faster link"))


def _bus(account: Account, shares: _Shares) -> Binding:
    bus = account.bus
    assert bus is not None
    calls = account.calls
    out, back = bus.bytes_out / calls, bus.bytes_in / calls
    carried = f"{_bytes(out)} to a board and {_bytes(back)} back a call"
    said = f"the bus ({_wire(bus.wire)}) is busy {_percent(shares.bus)} of the time, {carried}"
    heavier = _LESS if back >= out else ("send less to the boards: put() what calls share, numbers in place of lists",)
    own = "boards with a link of their own, such as USB, or a faster bus"
    return Binding("bus", shares.bus, f"{said}: {_more(account)}", (*heavier, own, "more computing for each byte"))


def _host(account: Account, shares: _Shares) -> Binding:
    lumps = max(1, sum(board.lumps for board in account.boards))
    said = (
        f"this computer is busy with feeding the boards {_percent(shares.host)} of the time "
        f"({account.host_s / lumps * 1000:.2g} ms a lump, {lumps} lumps): {_more(account)}"
    )
    return Binding("host", shares.host, said, (_LARGER, "fewer and longer calls", "a faster computer"))


def _waiting(account: Account, shares: _Shares) -> Binding:
    lumps = max(1, sum(board.lumps for board in account.boards))
    each = sum(board.waiting_s for board in account.boards) / lumps
    said = (
        f"the boards wait {_percent(shares.waiting)} of the time for messages under way ({each * 1000:.2g} ms a lump), and "
        f"compute {_percent(shares.compute)}: {_more(account)}"
    )
    return Binding("waiting", shares.waiting, said, (_LARGER, "longer calls", "a link that answers sooner"))


def _start(account: Account, shares: _Shares) -> Binding:
    late = max(board.away_s for board in account.boards)
    said = f"boards were not there {_percent(shares.away)} of the time (up to {late:.2g} s): they were starting, or had ended"
    restarts = sum(board.resets for board in account.boards)
    if restarts:
        return Binding("start", shares.away, said, (f"find out why boards ended ({restarts} times): shoal doctor", "longer jobs"))
    return Binding("start", shares.away, said, ("ask for cluster.boards before the first call", "longer jobs"))


def _few_calls(account: Account, shares: _Shares) -> Binding:
    count = len(account.boards)
    said = (
        f"there are only {account.calls} calls for {count} boards, which compute {_percent(shares.compute)} of the time: each "
        "is given the code once, and some have nothing to do"
    )
    helps = (f"smaller calls, and more of them: {4 * count} or more", "longer jobs")
    return Binding("few calls", 1 - shares.compute, said, helps)


def _tail(account: Account, shares: _Shares) -> Binding:
    each = sum(board.compute_s for board in account.boards) / account.calls
    said = (
        f"the boards have nothing to do {_percent(shares.idle)} of the time: at the beginning and the end of a job some have no "
        f"call (one takes {_seconds(each)} on average, the job {_seconds(account.wall_s)})"
    )
    return Binding("tail", shares.idle, said, ("longer jobs", "smaller calls", "the longest calls first"))


_LARGER = "larger lumps: map(..., chunksize=...)"
_LESS = ("return less: bytes or an array in place of a list, packed answers (@task(pack=True))",)
_TELL: dict[str, Callable[[Account, _Shares], Binding]] = {
    "compute": _compute, "link": _link, "bus": _bus, "host": _host, "waiting": _waiting, "start": _start,
    "few calls": _few_calls, "tail": _tail,
}  # fmt: skip


def _wire(wire: str) -> str:
    """ "i2c 400000" as "i2c at 400 kHz"."""
    name, _, hertz = wire.partition(" ")
    return f"{name} at {int(hertz) / 1000:g} kHz" if hertz.isdecimal() else wire


def _boards(account: Account) -> str:
    return "the board computes" if len(account.boards) == 1 else f"the {len(account.boards)} boards compute"


def _more(account: Account) -> str:
    gain = next_board(account) - 1
    return "one board more would gain nothing" if gain < LITTLE else f"one board more would gain about {_percent(gain)}"


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"


def _bytes(value: float) -> str:
    return f"{value:.0f} bytes" if value < 10_000 else f"{value / 1000:.1f} kB"
