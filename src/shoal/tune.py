"""`@task(tune=True)`: try a function as bytecode, native and viper code on one board, and keep the fastest.

The first call, the last, and those with the smallest and largest arguments are run as each kind of code on the first board that
is up; the answers must be those of bytecode, value by value and type by type. What was found is kept for calls on boards of that
kind, as long as the program runs, and stands in the account. A function that no board can time (it raises, or cannot be machine
code) stays as it was written.

Viper's ints wrap where Python's grow, and no trial shows where. So it is used for calls only whose arguments lie between those
that were tried; others get the faster of the two that cannot differ.

Calls that are tried are run once more afterwards, as ordinary calls: a tuned function should do nothing but compute.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from shoal import clock, protocol
from shoal.driver import Driver
from shoal.errors import FunctionError, ShoalError
from shoal.model import Board
from shoal.source import Module, Shipment, compile_module
from shoal.source.casts import Types, sizes_of, types_of, viper_casts
from shoal.source.function import NATIVE, Forced
from shoal.source.pack import variant
from shoal.task import TaskOptions
from shoal.work import Calls, Futures, Work

Call = tuple[tuple[Any, ...], dict[str, Any]]

UP_WITHIN_S = 60.0
LOOK_S = 0.02
TRIES = 3
MOST_SIZED = 4  # arguments whose extremes are tried
PLACE = re.compile(r"^.*?:\d+: ")
RESULTS = {int: "int", bool: "bool", type(None): ""}  # of viper functions; others give objects
TIMER = """from {module} import {name} as _f
from time import ticks_us, ticks_diff
def timed(calls):
 times = []
 answers = []
 for args, kwargs in calls:
  best = 1 << 29
  for turn in range({tries}):
   started = ticks_us()
   answer = _f(*args, **kwargs)
   best = min(best, ticks_diff(ticks_us(), started))
   if not turn:
    answers.append(answer)
   if best > 20000:
    break
  times.append(best)
 return times, answers
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found for a function on boards of one kind.

    `types`: the arguments that viper code was made for; `spans`: the smallest and largest of each that it was tried with.
    """

    note: str
    safe: Shipment
    viper: Shipment | None = None
    types: Types = ()
    spans: tuple[tuple[int, int], ...] = ()

    def covers(self, calls: Sequence[Call]) -> bool:
        """True if all calls are such as were tried."""
        return _all_are(self.types, calls) and all(
            low <= size <= high
            for args, _ in calls
            for size, (low, high) in zip(sizes_of(args), self.spans, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One kind of code, tried: the time of its calls together, what they answered (encoded), its viper type. Or why not."""

    kind: str
    shipment: Shipment | None = None
    seconds: float = 0.0
    answers: bytes = b""
    result: str = ""
    why: str = ""


_choices: dict[tuple[str, str, str], Choice] = {}


def tuned(driver: Driver, function: Callable[..., Any], plain: Shipment, calls: Sequence[Call]) -> Shipment:
    """The shipment to use for these calls: the fastest that is known, after trying it if it is not.

    Waits for a board and for the trial, except in the cluster's own thread (a callback of a future), which must not wait:
    there, and where there are no calls, an untried function goes as it is.
    """
    place = _first_up(driver, set(plain.options.needs)) if calls and not driver.is_owner() else None
    if place is None:
        return plain
    index, board = place
    key = plain.key, board.kind or board.platform, board.arch
    choice = _choices.get(key)
    if choice is None:
        choice = _choices[key] = _choose(driver, index, board, function, plain, calls)
    driver.ledger.note(f"tune {plain.key}", choice.note)
    if choice.viper and choice.covers(calls) and {other.arch for other in driver.ledger.boards()} == {board.arch}:
        return choice.viper
    return choice.safe


def _all_are(types: Types, calls: Sequence[Call]) -> bool:
    return not any(kwargs or types_of(args) != types for args, kwargs in calls)


def _first_up(driver: Driver, needs: set[str]) -> tuple[int, Board] | None:
    """The first board that is up and has these tags, with its place; None if none comes."""
    end = clock.now() + UP_WITHIN_S
    while not driver.broken and not driver.finished.is_set():
        for board in driver.ledger.boards():
            for index, slot in enumerate(driver.fleet.slots):
                if slot.name == board.name and needs <= set(slot.tags):
                    return index, board
        if driver.all_up.is_set() or clock.now() > end:
            return None
        driver.all_up.wait(LOOK_S)
    return None


def _choose(
    driver: Driver, index: int, board: Board, function: Callable[..., Any], plain: Shipment, calls: Sequence[Call]
) -> Choice:
    name = function.__name__
    if not board.arch:
        return Choice(f"note: {name} was not tuned: {board.name} loads no machine code", plain)
    samples = _samples(calls)
    base = _try(driver, index, board, function, "bytecode", lambda: plain, samples)
    if base.shipment is None:
        return Choice(f"note: {name} was not tuned: {base.why}", plain)
    native = _try(driver, index, board, function, "native", lambda: variant(function, NATIVE), samples)
    types = types_of(samples[0][0]) if not any(kwargs for _, kwargs in samples) else None
    viper = _try(driver, index, board, function, "viper", lambda: _viper(function, types, base.result, samples), samples)
    outcomes = [base, *(_compared(outcome, base) for outcome in (native, viper))]
    best = min((outcome for outcome in outcomes if outcome.shipment), key=lambda outcome: outcome.seconds)
    others = [_told(outcome, base) for outcome in outcomes if outcome is not best and outcome is not base]
    gained = f"{base.seconds / best.seconds:.1f}x bytecode" if best is not base else "the fastest"
    note = f"tuned {name}: {best.kind} {gained} on {board.name}" + (f" ({'; '.join(others)})" if others else "")
    safe = min((outcome for outcome in outcomes[:2] if outcome.shipment), key=lambda outcome: outcome.seconds)
    assert safe.shipment is not None
    if best.kind != "viper" or types is None:
        return Choice(note, safe.shipment)
    spans = [(min(sizes), max(sizes)) for sizes in zip(*(sizes_of(args) for args, _ in samples), strict=True)]
    return Choice(note, safe.shipment, best.shipment, types, tuple(spans))


def _samples(calls: Sequence[Call]) -> list[Call]:
    """The calls to try: the first, the last, and where all have sizes, the smallest and largest of each argument."""
    places = [0, len(calls) - 1]
    types = types_of(calls[0][0])
    if types is not None and _all_are(types, calls):
        sizes = [sizes_of(args) for args, _ in calls]
        for argument in range(min(len(types), MOST_SIZED)):
            column = [size[argument] for size in sizes]
            places += [column.index(min(column)), column.index(max(column))]
    return [calls[place] for place in sorted(set(places))]


def _told(outcome: _Outcome, base: _Outcome) -> str:
    if outcome.why:
        return f"{outcome.kind}: {outcome.why}, not used"
    return f"{outcome.kind} {base.seconds / outcome.seconds:.1f}x"


def _compared(outcome: _Outcome, base: _Outcome) -> _Outcome:
    if outcome.shipment and outcome.answers != base.answers:
        return replace(outcome, shipment=None, why="other result")
    return outcome


def _viper(function: Callable[..., Any], types: Types | None, result: str, samples: Sequence[Call]) -> Shipment:
    """Raises FunctionError, whose text says why, if these calls cannot be viper code."""
    if types is None or not _all_are(types, samples):
        raise FunctionError("its arguments are not small ints, bools and buffers alike")
    casts = viper_casts(function, types)
    if isinstance(casts, str):
        raise FunctionError(casts)
    return variant(function, Forced("viper", casts, result))


def _try(
    driver: Driver,
    index: int,
    board: Board,
    function: Callable[..., Any],
    kind: str,
    made: Callable[[], Shipment],
    samples: Sequence[Call],
) -> _Outcome:
    """Run the samples on one board as one kind of code."""
    try:
        shipment = made()
        for module in shipment.modules:
            compile_module(module, board.arch)
        call, _ = protocol.encode_call(([(list(args), kwargs) for args, kwargs in samples],), {})
    except ShoalError as error:
        return _Outcome(kind, why=PLACE.sub("", str(error)).rpartition("compiler refuses this: ")[2].partition(";")[0])
    future: Future[Any] = Future()
    names = getattr(function, "__globals__", {})
    driver.post_work(Work(_timer(shipment), names, Calls([call]), Futures([future]), only=index))
    try:
        times, answers = future.result()
    except Exception as error:  # the user's own, or the board's end: the function will meet it again as an ordinary call
        return _Outcome(kind, why=f"it raised {type(error).__name__}")
    kinds = {type(answer) for answer in answers}
    result = RESULTS.get(kinds.pop(), "object") if len(kinds) == 1 else "object"
    return _Outcome(kind, shipment, max(1, sum(times)) / 1e6, protocol.encode(answers)[0].data, result)


def _timer(shipment: Shipment) -> Shipment:
    """The shipment with a function on top that times calls on the board."""
    module = shipment.modules[-1]
    text = TIMER.format(module=module.name, name=shipment.function, tries=TRIES)
    name = f"_s{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    timer = Module(name, "<tune>", text)
    timeout = shipment.options.timeout
    options = TaskOptions(timeout=timeout and timeout * TRIES * 2 * (MOST_SIZED + 1), needs=shipment.options.needs)
    return Shipment((*shipment.modules, timer), "timed", f"{name}.timed", options)
