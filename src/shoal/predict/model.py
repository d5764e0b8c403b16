"""What a prediction is made from: the work, and the boards, links and computers it would run on. Frozen; seconds and bytes."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """The calls of one function that were asked for together.

    `seconds`: what each call computes on the sampled board; `sizes`: bytes of each call's arguments, or one number for all;
    `results`: bytes of each answer, or one number for all; `code`: bytes that travel once to each board; `after`: seconds of the
    program's own between the end of the job before and this one; `first_s`: seconds that a board's agent needs more for the
    function's first lump, whose code it loads; `largest`, `chunk`, `timeout`: as of `scheduler.JobAdded`.
    """

    function: str
    seconds: Sequence[float]
    sizes: int | tuple[int, ...]
    results: float | Sequence[float]
    code: int = 0
    after: float = 0.0
    first_s: float = 0.0
    largest: int = 1 << 20
    chunk: int = 0
    timeout: float | None = None


@dataclass(frozen=True)
class Sample:
    """What was learnt from running some of the calls on one board.

    `agent_lump_s`, `agent_call_s`: what the agent takes for a lump and for each of its calls beside what its link takes for the
    bytes; `compute_lump_s`: what counts as computing for each lump beside its calls; `kind`: the sampled board in the catalogue;
    `spread`: the dearest sampled call over the cheapest; `error`: standard error of the whole work's seconds, relative; `basis`:
    worst basis of what went in, a word of the catalogue.
    """

    jobs: tuple[Job, ...]
    kind: str
    agent_lump_s: float
    agent_call_s: float
    spread: float = 1.0
    error: float = 0.0
    basis: str = "measured"
    compute_lump_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardModel:
    """A board. `slower`: its seconds for one of the sampled board; `heap`: bytes free; watts by the catalogue."""

    name: str
    kind: str
    slower: float = 1.0
    heap: int = 200_000
    idle_w: float = 0.0
    load_w: float = 0.0


@dataclass(frozen=True)
class HostModel:
    """A computer with a scheduler. Seconds of its processor for a lump and for each call in it, both ways together."""

    lump_s: float
    call_s: float
    idle_w: float = 0.0
    load_w: float = 0.0
