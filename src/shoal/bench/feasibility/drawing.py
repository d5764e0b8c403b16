"""The plots of docs/feasibility/, made of a study: a few SVG files of a few dozen KB."""

from collections.abc import Sequence
from pathlib import Path

from shoal import plots
from shoal.bench.feasibility.figures import LINK_TITLES, JobFigures, Study

NAMES = ("speed_up.svg", "seconds.svg", "machine_code.svg")


def draw(study: Study, folder: Path) -> None:
    """Write the plots into a folder. Raises as `shoal.plots.draw`."""
    python = study.in_code("Python")
    plots.draw(folder / NAMES[0], _speed_ups(study, python), "Speed-up over one Pico, predicted")
    plots.draw(folder / NAMES[1], _seconds(study, python), "Seconds for the whole job, predicted; dashed: one core, CPython")
    fast = study.in_code("machine code")
    if fast:
        plots.draw(folder / NAMES[2], _speed_ups(study, fast), "The same with machine code on the boards")


def _speed_ups(study: Study, jobs: Sequence[JobFigures]) -> list[plots.Panel]:
    return [
        plots.Panel(
            job.title,
            [
                plots.Line(LINK_TITLES[link], [(cell.boards, cell.speed_up) for cell in study.of(job.name, link)])
                for link in study.links
            ],
            levels={"one Pico": 1.0},
            ideal=True,
        )
        for job in jobs
    ]


def _seconds(study: Study, jobs: Sequence[JobFigures]) -> list[plots.Panel]:
    """The fastest link and the slowest: the others lie between them."""
    return [
        plots.Panel(
            job.title,
            [
                plots.Line(LINK_TITLES[link], [(cell.boards, cell.wall_s) for cell in study.of(job.name, link)])
                for link in (study.links[0], *study.links[2:4])
            ],
            up="seconds",
            levels={"one Pico": job.pico_s, "a Pi 4 core": job.pi4_s, "this computer": job.here_s},
        )
        for job in jobs
    ]
