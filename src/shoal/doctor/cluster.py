"""Starts a cluster and looks at it: who comes, how far away they are, how fast their links are, what they say of themselves."""

import calendar
import gc
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from shoal import catalog, clock
from shoal.cluster import Cluster
from shoal.doctor.facts import ClusterFacts, Member
from shoal.errors import ShoalError, SpecError
from shoal.snapshot import BoardNow
from shoal.spec import Spec

_ROUNDS = 5  # the shortest of so many round trips counts: the first ones carry the function
_BULKS = (2048, 8192, 32_768)  # bytes each way: at most a quarter of a second on USB
_LONG_S = 0.25  # more bytes would tell no more
_WITHIN_S = 30.0  # a call that does next to nothing
_WELL = ("idle", "busy")


def look(spec: str, say: Callable[[str], None]) -> ClusterFacts:
    """Start the cluster, ask its boards, end it. `say` is told what goes on. Raises SpecError for a spec that is wrong."""
    troubles: tuple[str, ...] = ()
    try:
        with Cluster(spec) as cluster:
            say(f"starting {spec}")
            try:
                names = [board.name for board in cluster.boards]
            finally:
                troubles = _troubles(cluster)
            say(f"measuring {len(names)} board{'s' * (len(names) != 1)} of {spec}")
            try:
                measured = _measure(cluster)
            except TimeoutError:
                cluster.abort()
                return ClusterFacts(spec, f"a call that does nothing was not answered within {_WITHIN_S:.0f} s")
            boards = cluster.snapshot().boards
            members = tuple(_member(board, measured, len(boards), cluster.spec) for board in boards if board.name in measured)
            missing = {board.name: board.last_error for board in boards if board.state not in _WELL}
            return ClusterFacts(spec, "", missing, members, _troubles(cluster))
    except SpecError:
        raise
    except (ShoalError, OSError) as error:
        return ClusterFacts(spec, str(error), troubles=troubles)


def _troubles(cluster: Cluster) -> tuple[str, ...]:
    """What is, or was, wrong with the bus that the boards share."""
    bus = cluster.account().bus
    return bus.troubles if bus else ()


class _Measured:
    """What one board needed and said."""

    def __init__(self) -> None:
        self.round_trip_s = math.inf
        self.rate_out = 0.0
        self.rate_in = 0.0
        self.heap = -1
        self.skew_s: float | None = None


def _measure(cluster: Cluster) -> dict[str, _Measured]:
    took: dict[str, _Measured] = {}
    for _ in range(_ROUNDS):
        for name, (seconds, _) in _timed(cluster, _nothing).items():
            one = took.setdefault(name, _Measured())
            one.round_trip_s = min(one.round_trip_s, seconds)
    for function, of, way in ((_size, bytes, "rate_out"), (_zeros, int, "rate_in")):
        for name, rate in _rates(cluster, function, of, {name: one.round_trip_s for name, one in took.items()}).items():
            setattr(took[name], way, rate)
    for name, (_, (heap, date)) in _timed(cluster, _state).items():
        took[name].heap = heap
        took[name].skew_s = _skew(date)
    return took


def _rates(
    cluster: Cluster, function: Callable[..., Any], of: Callable[[int], object], empty: Mapping[str, float]
) -> dict[str, float]:
    """Bytes a second of each board, by more and more bytes until that takes long enough to tell."""
    _timed(cluster, function, of(1))  # carries the function
    rates: dict[str, float] = {}
    for size in _BULKS:
        try:
            seconds = {name: took - empty[name] for name, (took, _) in _timed(cluster, function, of(size)).items()}
        except MemoryError:  # of a board
            break
        rates = {name: size / took if took > 0 else 0.0 for name, took in seconds.items()}
        if max(seconds.values()) > _LONG_S:
            break
    return rates


def _timed(cluster: Cluster, function: Callable[..., Any], *args: object) -> Mapping[str, tuple[float, Any]]:
    """Board -> seconds from the call to its answer, and the answer; all boards are called at once."""
    ends: dict[str, float] = {}
    begun = clock.now()
    futures = cluster.each(function, *args)
    for name, future in futures.items():
        future.add_done_callback(lambda _, name=name: ends.setdefault(name, clock.now()))  # type: ignore[misc]
    results = {name: _result(future, begun) for name, future in futures.items()}
    return {name: (ends[name] - begun, result) for name, result in results.items()}


def _result(future: Future[Any], begun: float) -> Any:
    return future.result(timeout=max(0.0, begun + _WITHIN_S - clock.now()))


def _member(board: BoardNow, measured: Mapping[str, _Measured], boards: int, spec: Spec) -> Member:
    one = measured[board.name]
    link = catalog.links().get(_kind_of_link(board, spec))
    sharing = boards if link is not None and link.shared else 1
    return Member(
        name=board.name,
        platform=board.platform,
        link=link.key if link is not None else board.link,
        release=board.agent,
        heap_free=one.heap if one.heap > 0 else board.heap_free or -1,
        temperature=board.temperature,
        reset_cause=board.reset_cause,
        resets=board.resets,
        damaged=board.damaged,
        round_trip_s=one.round_trip_s if link is not None else 0.0,
        latency_s=link.latency_s if link is not None else 0.0,
        rate_out=one.rate_out,
        rate_in=one.rate_in,
        expected_out=_usual(link.to_board_s_per_byte if link is not None else 0.0, sharing),
        expected_in=_usual(link.to_host_s_per_byte if link is not None else 0.0, sharing),
        skew_s=one.skew_s,
        last_error=board.last_error,
    )


def _kind_of_link(board: BoardNow, spec: Spec) -> str:
    """The link of the catalogue that a board's own is compared with, or ""."""
    if spec.scheme == "virtual" and spec.options["pace"] == "real":
        return str(spec.options["link"])
    if spec.scheme == "tcp":
        return "wifi_esp32" if board.platform == "esp32" else "wifi_pico_w"
    return "usb" if spec.scheme == "usb" else ""  # an emulated board is slow by nature


def _usual(seconds_per_byte: float, sharing: int) -> float:
    """Bytes a second of the catalogue; 0 for links that have no speed of their own, which are not compared."""
    return 1 / seconds_per_byte / sharing if seconds_per_byte else 0.0


def _skew(date: tuple[int, ...]) -> float:
    """Seconds that a board's clock is ahead, were it set to UTC or to the local time, whichever is nearer."""
    here = time.time()
    utc = calendar.timegm((*date, 0, 0, 0)[:9]) - here
    local = utc - (calendar.timegm(time.localtime(here)[:9]) - int(here))
    return min(utc, local, key=abs)


# --- what runs on the boards ---


def _nothing() -> None:
    pass


def _size(data: bytes) -> int:
    return len(data)


def _zeros(count: int) -> bytes:
    return bytes(count)


def _state() -> tuple[int, tuple[int, ...]]:
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else -1, tuple(time.gmtime()[:6])
