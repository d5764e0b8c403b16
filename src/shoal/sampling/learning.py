"""From what was observed on one board to a `Sample`: costs of all calls, what the agent takes, and what must be said too."""

import math
from collections.abc import Callable, Sequence
from functools import partial

from shoal import catalog
from shoal.charges import CHARGES_NS
from shoal.errors import ShoalError, UsageError
from shoal.predict import fit, layout
from shoal.predict.fit import Costs
from shoal.predict.model import Job, Sample
from shoal.sampling.noting import Noted
from shoal.sampling.observing import Observer, Pool
from shoal.sampling.trial import Trial, Unwanted
from shoal.source import compile_module
from shoal.spec import Spec

WIDE = 10  # dearest over cheapest call above which the sample says so
MODULE_HEAD = 60  # bytes of the messages with which a module's code travels, beside the code
HOW = {
    "": "",
    "hints": ", the others in proportion to what they took here",
    "neighbours": ", the others like their neighbours",
    "drawn": ", the others drawn from those near them",
}
# On a bus the board's agent also counts what it waited for packets and for its answer to be fetched, which the prediction of the
# bus adds by itself. What is left is what the breadboard charges (measured on an emulated RP2040).
DECLARED = CHARGES_NS["agent_lump"] * 1e-9, 0.0
DECLARED_FIRST_S = CHARGES_NS["import"] * 1e-9
TOLD_ERROR = 0.025  # standard error above which the sample says so


def learn(
    trial: Trial, jobs: Sequence[Noted], on: Spec, seconds: float, seed: int, tell: Callable[[str], None]
) -> Sample:
    """Run some of the calls of `jobs` on the board of `trial`, which is the first of `on`, for about `seconds` of its time."""
    if not jobs:
        raise UsageError("nothing to predict: the program asked no cluster for any call")
    kind = trial.board.kind or _kind(trial.board.platform)
    trial.settle()
    link_s = partial(layout.link_s, on, kind)
    observer = Observer(trial, link_s)
    pools = _pools(jobs)
    lump_s = 0.0
    base: list[tuple[int, float]] = []
    costs: list[Costs] = []
    for number, pool in enumerate(pools):
        share = max(0.0, seconds - trial.busy_s) / (len(pools) - number)
        tell(f"sampling {pool.jobs[0].title} on {trial.board.name}")
        observer.first(pool, link_s(_code(trial, pool.jobs[0]), 0))
        if trial.on_bus:
            pool.first_s = DECLARED_FIRST_S
        if not number:
            lump_s, base = observer.compare()
        observer.spread(pool, share, lump_s)
        if not pool.seen:
            raise ShoalError(f"the sample failed: none of the calls of {pool.jobs[0].title} that were run had an answer")
        costs.append(fit.costs(len(pool.items), pool.seen, lump_s, seed + number, pool.took))
    agent = DECLARED if trial.on_bus else _agent(pools, base)
    total = sum(sum(cost.seconds) for cost in costs)
    error = math.sqrt(sum((cost.error * sum(cost.seconds)) ** 2 for cost in costs)) / total if total else 0.0
    return Sample(
        jobs=_jobs(trial, jobs, pools, costs),
        kind=kind,
        agent_lump_s=agent[0],
        agent_call_s=agent[1],
        compute_lump_s=lump_s,
        spread=max(cost.spread for cost in costs),
        error=error,
        basis=_basis(trial, on, kind),
        notes=tuple(_notes(pools, costs, error)),
    )


def _kind(platform: str) -> str:
    """The catalogue's first board of a platform: real boards tell no more."""
    for key, facts in catalog.boards().items():
        if facts.platform == platform:
            return key
    raise UsageError(f"nothing is known of boards of the platform '{platform}', so nothing can be predicted of them")


def _pools(jobs: Sequence[Noted]) -> list[Pool]:
    """The calls of each function, in the order in which the program first used them."""
    by_kind: dict[tuple[str, str], list[Noted]] = {}
    for noted in jobs:
        by_kind.setdefault(noted.kind, []).append(noted)
    return [Pool(same) for same in by_kind.values()]


def _agent(pools: Sequence[Pool], base: list[tuple[int, float]]) -> tuple[float, float]:
    """Seconds of the agent for a lump and for a call: of the function with most calls.

    Where its lumps were all of one size, what a call takes is that of the function that does nothing.
    """
    pool = max(pools, key=lambda pool: len(pool.items))
    if len({count for count, _ in pool.points}) > 1:
        return fit.line(pool.points)
    lump_s, call_s = fit.line(base)
    if pool.points:
        count = pool.points[0][0]
        lump_s = max(0.0, fit.middle(seconds for _, seconds in pool.points) - count * call_s)
    return lump_s, call_s


def _jobs(trial: Trial, jobs: Sequence[Noted], pools: Sequence[Pool], costs: Sequence[Costs]) -> tuple[Job, ...]:
    """The noted jobs in their order, each with the costs of its calls."""
    found = {id(noted): (pool, cost) for pool, cost in zip(pools, costs, strict=True) for noted in pool.jobs}
    at = {id(pool): 0 for pool in pools}
    names = _names(pools)
    ended = jobs[0].begun
    made = []
    for noted in jobs:
        pool, cost = found[id(noted)]
        start = at[id(pool)]
        at[id(pool)] = stop = start + len(noted.items)
        job = Job(
            function=names[id(pool)],
            seconds=cost.seconds[start:stop],
            sizes=noted.sizes,
            results=noted.results,
            code=_code(trial, noted) + noted.put_bytes(),
            after=max(0.0, noted.begun - ended),
            largest=noted.largest,
            chunk=noted.chunk,
            timeout=noted.shipment.options.timeout,
            first_s=pool.first_s,
        )
        ended = noted.ended
        made.append(job)
    return tuple(made)


def _names(pools: Sequence[Pool]) -> dict[int, str]:
    """A name of its own for each function: two lambdas are two."""
    names: dict[int, str] = {}
    keys: dict[str, str] = {}  # name -> the function that has it
    for pool in pools:
        noted = pool.jobs[0]
        name, number = noted.title, 1
        while keys.setdefault(name, noted.shipment.key) != noted.shipment.key:
            number += 1
            name = f"{noted.title} ({number})"
        names[id(pool)] = name
    return names


def _code(trial: Trial, noted: Noted) -> int:
    """Bytes with which the function travels to a board."""
    if trial.hello:
        work = noted.work(noted.items[:1], Unwanted(), 0)
        return sum(stored.size + MODULE_HEAD for _, stored in work.code(trial.hello))
    return sum(len(compile_module(module, trial.board.arch or None)) + MODULE_HEAD for module in noted.shipment.modules)


def _basis(trial: Trial, on: Spec, kind: str) -> str:
    """Virtual boards are as slow as the catalogue says; others are what they are."""
    if on.scheme in ("virtual", "breadboard"):
        return catalog.worst(["measured", catalog.fact(f"boards.{kind}.mandel_100_ms").basis])
    return "measured"


def _notes(pools: Sequence[Pool], costs: Sequence[Costs], error: float) -> list[str]:
    notes = []
    for pool, cost in zip(pools, costs, strict=True):
        title, count = pool.jobs[0].title, len(pool.items)
        ran = len({place for lump in pool.seen for place in range(lump.start, lump.start + lump.count)})
        how = HOW[cost.how]
        notes.append(f"{title}: {ran} of {count} calls were run{how}; standard error of their sum {cost.error:.1%}")
        if cost.spread > WIDE:
            notes.append(f"{title}: one call costs {cost.spread:.0f} times another; the prediction reckons with that")
    if error > TOLD_ERROR:
        notes.append(f"the computing of all calls is known to about {error:.0%}; --seconds gives the sample more time")
    return notes
