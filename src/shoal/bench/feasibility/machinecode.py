"""The same jobs with the function in machine code: what if computing took as long as the kernels of `shoal.kernels` do?

Microseconds for a unit of work in assembler on an emulated Pico are those of docs/kernels.md (basis: measured, on an emulator);
a call costs 0.2 ms before its first unit. The kernels count in whole numbers, so answers may differ in detail from the jobs'.
Jobs are REPEATED times as long as those in Python, lest they be over before a cluster has begun: by longer calls, where a call
can be made longer without more bytes, else by more calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from shoal.bench.jobs import Workload
from shoal.bench.jobs.image import WIDTH
from shoal.bench.jobs.matrix import SIZE, TILE
from shoal.bench.jobs.montecarlo import POINTS
from shoal.predict.model import Sample

CALL_S = 0.0002
REPEATED = 64


@dataclass(frozen=True)
class Kernel:
    """A kernel, its seconds for a unit of work, and how many units of it one answer of the job took.

    `longer`: whether one call can be given any amount of work, with the same bytes.
    """

    name: str
    unit: str
    unit_s: float
    units: Callable[[Any], int]
    longer: bool = False


KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        "mandelbrot": Kernel("mandelbrot_row", "step", 0.27e-6, sum),
        "matrix": Kernel("matmul", "product", 1.55e-6, lambda _answer: SIZE * TILE * TILE),
        "image": Kernel("sobel", "pixel", 0.67e-6, lambda _answer: WIDTH - 2),
        "montecarlo": Kernel("pi_hits", "point", 0.18e-6, lambda _answer: POINTS, longer=True),
    }
)


def hastened(sample: Sample, job: Workload) -> Sample:
    """The sample with the seconds that the job's kernel would compute for each call, REPEATED. The job must have one."""
    kernel, work = KERNELS[job.name], sample.jobs[0]
    seconds = [CALL_S + kernel.unit_s * kernel.units(answer) for answer in job.here(len(work.seconds))]
    if kernel.longer:
        return replace(sample, jobs=(replace(work, seconds=[CALL_S + REPEATED * (call_s - CALL_S) for call_s in seconds]),))
    more = replace(work, seconds=seconds * REPEATED, sizes=_repeated(work.sizes), results=_repeated(work.results))
    return replace(sample, jobs=(more,))


def _repeated(sizes: Any) -> Any:
    """One size for all calls, or that of each."""
    return sizes if isinstance(sizes, int | float) else tuple(sizes) * REPEATED
