"""How long one board alone takes for the calls of a cluster: found out by running some of them once more, on one board.

Of every function some lumps are kept as they are answered, spread evenly over all of its lumps: at most `LUMPS`; when there are
too many, every second one is let go of and the stride doubled. When the answer is wanted, their calls run on one board, in lumps
of the size that the scheduler gives a board that is alone, and nothing else runs. What all calls would take there follows:

    their computing, times what the kept ones computed alone for what they had computed in the cluster;
    what the board needed beside computing, for each call (its link, and waiting);
    and what a function's first lump took more than others, once.

Calls are run again, so functions should do nothing but compute; what they print is not shown.
"""

from array import array
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import ref

from shoal.ledger import Outcome
from shoal.protocol import Encoded, Reference, Result
from shoal.scheduler import sizing
from shoal.tap import Tap
from shoal.work import Calls, Numbers, Work

LUMPS = 64  # kept of a function
FUNCTIONS = 16  # of which some are kept
LARGEST = 1 << 20  # bytes of arguments of a lump that is kept
MOST = 4 << 20  # bytes of arguments that are kept of a function,
OBJECTS = 2000  # and calls that were encoded one by one: objects that live on cost the garbage collector
SHORTEST = 4  # lumps that kept calls make at least
COVERED = 0.9  # of the boards' time, of which calls must have run again
BUDGET_S = 10.0  # seconds of one board that finding out may take


class _Call(NamedTuple):
    """A call that may run again, as long as somebody holds the values that it names."""

    encoded: Encoded  # without its references
    references: tuple["ref[Reference]", ...]

    def again(self) -> Encoded | None:
        """The call, or None if a value was let go of."""
        held = [reference() for reference in self.references]
        return None if None in held else self.encoded._replace(references=tuple([it for it in held if it is not None]))


class _Lump(NamedTuple):
    """Calls that were answered, and the seconds that they computed in the cluster."""

    calls: Any  # an array of numbers, or a list of Encoded, and _Call for those that name values
    size: int  # bytes
    compute: float


@dataclass(slots=True)
class _Function:
    """What is known of one function: a lump of it that shows how it travels, and sums over all lumps."""

    work: Work
    stride: int = 1
    lumps: int = 0
    calls: int = 0
    compute: float = 0.0
    agent: float = 0.0  # without the first lumps of boards
    seen: dict[int, bool] = field(default_factory=dict)  # boards that have the function
    first: float = 0.0  # what the agents took for these boards' first lumps
    kept: list[_Lump] = field(default_factory=list)
    size: int = 0  # bytes of them

    def busy(self) -> float:
        """Seconds of all boards that went into it."""
        return self.compute + self.agent + self.first

    def agent_s(self) -> float:
        """Seconds of an agent for a lump that is not a board's first."""
        return self.agent / max(1, self.lumps - len(self.seen))

    def first_s(self) -> float:
        """Seconds that a board's first lump takes more than others, where its code is loaded."""
        return max(0.0, self.first / len(self.seen) - self.agent_s()) if self.seen else 0.0

    def chunk(self) -> int:
        """Calls in a lump, as the scheduler sizes them for a board that is alone with many of them."""
        wanted = min(sizing.LONGEST, max(sizing.OVERHEAD * self.agent_s(), sizing.HOST_SECONDS))
        return max(1, int(wanted / max(1e-9, self.compute / max(1, self.calls))))


@dataclass
class _Trial:
    """Kept calls of a function on their way through one board; a lump of them goes ahead to warm up."""

    function: _Function
    work: Work
    warm: int  # the first calls, which warm up
    count: int  # the others
    then: float  # seconds that they computed in the cluster
    sent: dict[int, float] = field(default_factory=dict)  # when, by the first call of a lump
    before: float = 0.0  # when the board last answered
    calls: int = 0
    compute: float = 0.0
    spent: float = 0.0
    failed: bool = False

    def all_calls_s(self) -> float:
        """Seconds that all calls of the function would take there."""
        function = self.function
        slower = self.compute / (self.then * self.calls / self.count) if self.then else 1.0
        beside = max(0.0, self.spent - self.compute) / self.calls
        return function.compute * slower + function.calls * beside + function.first_s()


class _Nobody:
    """The sink of calls whose answers nobody wants."""

    def begin(self, start: int, count: int) -> Sequence[int]:
        return ()

    def deliver(self, start: int, results: list[Any]) -> None:
        pass

    def fail(self, index: int, error: BaseException) -> None:
        pass

    def cancel(self) -> bool:
        return True


class Alone(Tap):
    """Keeps some calls, runs them on one board, and tells what came of it. For the owner thread."""

    def __init__(self) -> None:
        self._functions: dict[tuple[str, str], _Function] = {}  # by what is called, and the type of numbers it is called with
        self._beside = 0.0  # seconds that boards were busy with functions of which nothing is kept
        self._open: dict[int, _Function] = {}  # by job
        self._trials: dict[int, _Trial] = {}  # by job: those that run
        self._ended: list[_Trial] = []

    # --- while the cluster works ---

    def answered(self, now: float, board: int, work: Work, start: int, count: int, result: Result) -> None:
        """A lump was answered: by a board of many, or by the one that is alone."""
        if work.id in self._trials:
            self._timed(self._trials[work.id], now, start, result)
            return
        _, compute, agent, _, _, results, failures, _ = result
        function = self._open.get(work.id) or self._begin(work)
        if function is None:
            self._beside += compute + agent
            return
        if function.lumps % function.stride == 0 and not failures and len(results) == count:
            self._keep(function, work, start, count, compute)
        function.lumps += 1
        function.calls += len(results)
        function.compute += compute
        if board in function.seen:
            function.agent += agent
        else:
            function.seen[board] = True
            function.first += agent

    def _begin(self, work: Work) -> _Function | None:
        """The function of a job whose first lump was answered, if there is room for it."""
        key = work.shipment.key, work.calls.items.typecode if isinstance(work.calls, Numbers) else ""
        function = self._functions.get(key)
        if function is None and len(self._functions) < FUNCTIONS:
            function = self._functions[key] = _Function(_like(work, []))
        if function:
            self._open[work.id] = function
        return function

    def _keep(self, function: _Function, work: Work, start: int, count: int, compute: float) -> None:
        calls, size = _kept(work.calls, start, count)
        if size > LARGEST:
            return
        kept = function.kept
        kept.append(_Lump(calls, size, compute))
        function.size += size
        while len(kept) > 1 and (len(kept) > LUMPS or function.size > MOST or _objects(kept) > OBJECTS):
            del kept[1::2]
            function.stride *= 2
            function.size = sum(lump.size for lump in kept)

    # --- on one board ---

    def begin(self, board: int) -> list[Work]:
        """The jobs to run on that board, and nothing else beside them."""
        self._ended = []
        busy = sum(function.busy() for function in self._functions.values())
        for function in self._functions.values():
            trial = _trial(function, board, BUDGET_S * function.busy() / busy if busy else BUDGET_S)
            if trial:
                self._trials[trial.work.id] = trial
        return [trial.work for trial in self._trials.values()]

    def sent(self, now: float, board: int, lump: int, work: Work, start: int, count: int) -> None:
        """A lump travels to the board that is alone."""
        trial = self._trials.get(work.id)
        if trial:
            trial.sent[start] = now

    def _timed(self, trial: _Trial, now: float, start: int, result: Result) -> None:
        began = max(trial.sent.pop(start, now), trial.before)
        trial.before = now
        trial.failed |= bool(result.failures)
        if start < trial.warm:
            return
        trial.calls += len(result.results)
        trial.compute += result.compute
        trial.spent += now - began

    def finished(self, now: float, work: Work) -> None:
        """A job has ended, of a user's or of kept calls."""
        self._open.pop(work.id, None)
        trial = self._trials.pop(work.id, None)
        if trial:
            self._ended.append(trial)

    def runs(self, work: Work) -> bool:
        """Whether a job is one of those."""
        return work.id in self._trials

    def give_up(self) -> None:
        """Something came in between: nothing is found out."""
        self._trials.clear()
        self._ended.clear()

    def outcome(self) -> Outcome | None:
        """What was found out, for all calls that were answered. None if too little could run again."""
        ended = [trial for trial in self._ended if trial.calls and not trial.failed]
        self._ended = []  # they hold values that nobody else may hold any more
        busy = self._beside + sum(function.busy() for function in self._functions.values())
        if not ended or sum(trial.function.busy() for trial in ended) < COVERED * busy:
            return None
        rest = busy - sum(trial.function.busy() for trial in ended)
        seconds = rest + sum(trial.all_calls_s() for trial in ended)
        return Outcome(seconds, sum(trial.calls for trial in ended), sum(trial.function.calls for trial in ended))


def _trial(function: _Function, board: int, seconds: float) -> _Trial | None:
    """Kept calls of a function for one board, as many as take about so long there; None if there are none."""
    kept = function.kept
    cost = sum(lump.compute for lump in kept) + len(kept) * function.agent_s()
    step = max(1, -(-cost // seconds)) if seconds else 1
    chosen = [(lump, calls) for lump in kept[:: int(step)] if (calls := _again(lump.calls))]
    calls = [call for _, some in chosen for call in some]
    if not calls:
        return None
    chunk = max(1, min(function.chunk(), len(calls) // SHORTEST))
    work = _like(function.work, [*calls[:chunk], *calls], chunk, board)
    return _Trial(function, work, chunk, len(calls), sum(lump.compute for lump, _ in chosen))


def _kept(calls: Calls | Numbers, start: int, count: int) -> tuple[Any, int]:
    """Some calls as they are kept, and their bytes."""
    if isinstance(calls, Numbers):
        return calls.items[start : start + count], count * calls.items.itemsize
    some = calls.calls[start : start + count]
    held = [_call(call) if call.references else call for call in some]
    return held, sum([call.size for call in some])


def _call(call: Encoded) -> _Call:
    return _Call(call._replace(references=()), tuple([ref(it) for it in call.references]))


def _objects(kept: Sequence[_Lump]) -> int:
    return sum([len(lump.calls) for lump in kept if isinstance(lump.calls, list)])


def _again(kept: Any) -> list[Any]:
    """Kept calls as they can run again, or none of them."""
    if not isinstance(kept, list):
        return list(kept)
    calls = [call.again() if isinstance(call, _Call) else call for call in kept]
    return [] if None in calls else calls


def _like(work: Work, calls: list[Any], chunk: int = 0, only: int | None = None) -> Work:
    """A job of the same function, with these calls of the same sort, for nobody."""
    if isinstance(work.calls, Numbers):
        numbers = copy(work.calls)
        numbers.items = array(work.calls.items.typecode, calls)
        return type(work)(work.shipment, work.names, numbers, _Nobody(), chunk=chunk, only=only)
    return type(work)(work.shipment, work.names, Calls(calls), _Nobody(), chunk=chunk, only=only)
