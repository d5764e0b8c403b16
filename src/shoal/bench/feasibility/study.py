"""Predicts every job of some samples over every link, for each number of boards: one `Study`. Nothing is measured here.

One sample of a job serves for all links: what differs between them, bytes and turns on the wire, is what the prediction models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from shoal import catalog, spec
from shoal.bench.feasibility import against, machinecode
from shoal.bench.feasibility.figures import Cell, JobFigures, Link, Study
from shoal.bench.feasibility.samples import Samples
from shoal.bench.jobs import JOBS, Workload
from shoal.binding import binding
from shoal.predict.layout import expected
from shoal.predict.model import Sample
from shoal.predict.sweep import BUS_BASIS

_FAST = "_fast"  # ending of the name of a job whose function is machine code


def make(samples: Samples, links: Sequence[Link], counts: Sequence[int]) -> Study:
    """The study of some samples, for so many boards each. Raises what `shoal.predict.layout.expected` raises."""
    pi4 = against.typical(samples.pi4)
    jobs: list[JobFigures] = []
    cells: list[Cell] = []
    for name, sample in samples.of.items():
        job, here_s = JOBS[name], samples.here_s[name]
        ways = {name: sample}
        if name in machinecode.KERNELS:
            ways[name + _FAST] = machinecode.hastened(sample, job)
        for way, each in ways.items():
            longer = machinecode.REPEATED if way.endswith(_FAST) else 1
            jobs.append(_figures(job, way, each, here_s * longer, pi4))
            cells += [_cell(way, link, each, count) for link in links for count in counts]
    bases = {link.name: _basis(link, samples.of.values()) for link in links}
    return Study(samples.machine, samples.pi4, samples.pico, tuple(jobs), tuple(cells), bases)


def _basis(link: Link, samples: Iterable[Sample]) -> str:
    """The worst basis of what is predicted over a link."""
    rates = ("to_board_bytes_s", "to_host_bytes_s", "latency_s") if link.facts else ()
    known = [catalog.fact(f"links.{link.facts}.{name}").basis for name in rates] or [BUS_BASIS]
    return catalog.worst(["derived", *(sample.basis for sample in samples), *known])


def _figures(job: Workload, way: str, sample: Sample, here_s: float, pi4: float) -> JobFigures:
    work = sample.jobs[0]
    count = len(work.seconds)
    return JobFigures(
        name=way,
        title=job.title,
        calls=count,
        pico_s=against.computing_s(sample),
        here_s=here_s,
        pi4_s=here_s * pi4,
        out_bytes=round(_total(work.sizes, count)),
        back_bytes=round(_total(work.results, count)),
        spread=sample.spread,
        error=sample.error,
        code="machine code" if way.endswith(_FAST) else "Python",
    )


def _cell(way: str, link: Link, sample: Sample, boards: int) -> Cell:
    account = expected(replace(sample, kind=link.kind), spec.parse(link.spec), boards)
    alone_s = against.computing_s(sample)
    return Cell(way, link.name, boards, account.wall_s, alone_s, account.joules, binding(account).what)


def _total(sizes: float | Sequence[float], count: int) -> float:
    return sizes * count if isinstance(sizes, int | float) else sum(sizes)
