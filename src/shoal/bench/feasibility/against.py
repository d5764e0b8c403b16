"""How the sampled board, this computer and a Pi 4 compare with a real Pico: by the loops of `loops`.

There is neither a Pico nor a Pi 4 here, but the catalogue has the times of these loops on both. The same loops on this computer,
and on the board that is sampled, say how many times slower a Pi 4 is than the one, and a Pico than the other. That holds for the
jobs as far as they are made of such loops, which is why the ratios of all three stand in the study.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from statistics import median
from time import perf_counter

from shoal import catalog, sampling
from shoal.bench.feasibility import loops
from shoal.bench.jobs import Workload
from shoal.predict.model import Sample

PICO, PI4 = "pico", "pi_4b"
_ROUNDS = 25  # the quickest counts: whatever else the computer does only adds
_SHORT = 20_000  # passes of a loop on a board: enough for a tenth of a second
_CALLS = 8


def here(jobs: Sequence[tuple[Workload, int]]) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Seconds of a Pi 4's core for one of this computer's, by loop (basis: derived), and this one's for so many calls of each job
    (basis: measured, under this Python). All are measured in turn, over and over, because a busy computer is now fast, now slow.
    """
    runs: dict[str, Callable[[], object]] = {
        "mandelbrot": lambda: [loops.mandelbrot_row(row) for row in range(loops.ROWS)],
        "int_add": lambda: loops.add(loops.WHOLE, loops.PASSES),
        "float_add": lambda: loops.add(loops.FLOATS, loops.PASSES),
    }
    arguments = [(job, job.arguments(calls)) for job, calls in jobs]
    for job, columns in arguments:
        runs[f"job {job.name}"] = partial(_all, job.function, columns)
    best = dict.fromkeys(runs, inf)
    for _ in range(_ROUNDS):
        for name, run in runs.items():
            begin = perf_counter()
            run()
            best[name] = min(best[name], perf_counter() - begin)
    known = catalog.computers()[PI4]
    ratios = _over(known.mandel_ms, known.loop_ms, {name: best[name] for name in ("mandelbrot", "int_add", "float_add")})
    return ratios, {job.name: best[f"job {job.name}"] for job, _ in jobs}


def pico_over_sampled(on: str, seconds: float) -> Mapping[str, float]:
    """Seconds of a real Pico for one of the board that is sampled, by loop. Basis: derived. Raises as `sampling.sample_map`."""
    part = loops.PASSES / _SHORT / _CALLS
    sampled = {"mandelbrot": computing_s(sampling.sample_map(loops.mandelbrot_row, range(loops.ROWS), on=on, seconds=seconds))}
    for name, terms in (("int_add", loops.WHOLE), ("float_add", loops.FLOATS)):
        some = sampling.sample_map(loops.add, [terms] * _CALLS, [_SHORT] * _CALLS, on=on, seconds=seconds)
        sampled[name] = part * computing_s(some)
    known = catalog.boards()[PICO]
    return _over(known.mandel_ms, known.loop_ms, sampled)


def as_real(sample: Sample, ratio: float) -> Sample:
    """The sample as a board would give it that is so many times slower, in the agent as in the function."""
    jobs = (replace(job, seconds=tuple(ratio * call for call in job.seconds), first_s=ratio * job.first_s) for job in sample.jobs)
    return replace(
        sample,
        jobs=tuple(jobs),
        agent_lump_s=ratio * sample.agent_lump_s,
        agent_call_s=ratio * sample.agent_call_s,
        compute_lump_s=ratio * sample.compute_lump_s,
        kind=PICO,
    )


def typical(ratios: Mapping[str, float]) -> float:
    """The one ratio that a job's times are multiplied by."""
    return median(ratios.values())


def computing_s(sample: Sample) -> float:
    """Seconds that the sampled board computes for all calls."""
    return sum(sum(job.seconds) for job in sample.jobs)


def _over(mandel_ms: float, loop_ms: Mapping[str, float], seconds: Mapping[str, float]) -> Mapping[str, float]:
    known = {"mandelbrot": mandel_ms, **loop_ms}
    return {name: known[name] / 1000 / seconds[name] for name in seconds}


def _all(function: Callable[..., object], columns: Sequence[Sequence[object]]) -> None:
    for _ in map(function, *columns):
        pass
