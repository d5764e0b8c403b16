"""The tables and sentences of docs/feasibility.md, made of a study: blocks between markers, replaced whenever it is made.

A block begins with the line `<!-- NAME: made by ... -->` and ends with `<!-- end -->`; what stands outside is the author's.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from types import MappingProxyType

from shoal import catalog
from shoal.bench.feasibility.figures import LINK_TITLES, Cell, JobFigures, Study
from shoal.errors import ShoalError

MAKER = "python -m shoal.bench.feasibility"
_BLOCK = re.compile(rf"(<!-- (\w+): made by {MAKER} -->\n).*?(<!-- end -->)", re.DOTALL)
_WORTH = 1.05  # a gain below this is none
_UNEVEN = 5  # dearest call over cheapest, from which on it matters


def filled(page: str, study: Study) -> str:
    """The page with its blocks made anew. Raises ShoalError for a block that nobody makes, and for a page without any."""
    found = [name for _, name, _ in _BLOCK.findall(page)]
    unknown = [name for name in found if name not in BLOCKS]
    if unknown or not found:
        raise ShoalError(
            f"the page has {'the unknown block ' + unknown[0] if unknown else 'no blocks'}; known: {', '.join(BLOCKS)}"
        )
    return _BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]](study)}\n{block[3]}", page)


def jobs(study: Study) -> str:
    """What each job is: computing, traffic, and what other computers take for it."""
    rows = [
        [
            job.title,
            f"{job.calls}",
            _seconds(job.pico_s),
            f"{job.pico_s / job.calls * 1000:.3g} ms",
            f"{job.out_bytes / job.calls:.0f} B",
            f"{job.back_bytes / job.calls:.0f} B",
            _rate(_sent(job) / (job.pico_s / job.calls * 1000)),
            f"{job.spread:.0f}" if job.spread >= _UNEVEN else "",
            _seconds(job.here_s),
            _seconds(job.pi4_s),
        ]
        for job in study.in_code("Python")
    ]
    head = [
        "job",
        "calls",
        "one Pico",
        "a call",
        "out",
        "back",
        "bytes a ms",
        "dearest / cheapest",
        "this computer",
        "Pi 4, one core",
    ]
    return _table(head, rows, left=1)


def speed_ups(study: Study) -> str:
    """The best speed-up over one Pico that each link allows, and the number of boards that it takes."""
    rows = [[job.title, *(_best(study, job, link) for link in study.links)] for job in study.in_code("Python")]
    return _table(["job", *(LINK_TITLES[link] for link in study.links)], rows, left=1)


def machine_code(study: Study) -> str:
    """The same for functions in machine code, beside what one core of a Pi 4 takes in Python."""
    rows = [
        [job.title, _seconds(job.pico_s), _seconds(job.pi4_s), *(_best(study, job, link) for link in study.links)]
        for job in study.in_code("machine code")
    ]
    head = ["job, in machine code", "one Pico", "Pi 4 core, Python", *(LINK_TITLES[link] for link in study.links)]
    return _table(head, rows, left=1)


def binds(study: Study) -> str:
    """What binds with the most boards, job by link."""
    most = max(cell.boards for cell in study.cells)
    rows = []
    for job in study.in_code("Python"):
        cells = [study.of(job.name, link)[-1] for link in study.links]
        rows.append([job.title, *(f"{cell.binds}, {cell.speed_up:.1f}" for cell in cells)])
    return _table([f"job, {most} boards", *(LINK_TITLES[link] for link in study.links)], rows, left=1)


def against(study: Study) -> str:
    """How many Picos a Pi 4 and this computer are worth, at best, and what the fastest cluster of the study is beside a Pi 4."""
    cores = catalog.computers()["pi_4b"].cores
    rows = []
    for job in study.in_code("Python"):
        fastest = min((study.best(job.name, link) for link in study.links), key=lambda cell: cell.wall_s)
        slower = fastest.wall_s / (job.pi4_s / cores)
        rows.append(
            [
                job.title,
                f"{job.pico_s / job.pi4_s:.0f}",
                f"{cores * job.pico_s / job.pi4_s:.0f}",
                f"{job.pico_s / job.here_s:.0f}",
                f"{fastest.boards} on {LINK_TITLES[fastest.link]}: {_seconds(fastest.wall_s)}",
                f"{slower:.0f} times slower" if slower >= 2 else f"{slower:.1f} times slower",
            ]
        )
    head = ["job", "Picos worth a Pi 4 core", "a Pi 4", "a core of this computer", "fastest cluster here", "than a Pi 4"]
    return _table(head, rows, left=1)


def energy(study: Study) -> str:
    """Joules for each job, by the catalogue's watts: boards alone, without the computer that feeds them."""
    pico, pi4 = catalog.boards()["pico"], catalog.computers()["pi_4b"]
    rows = []
    for job in study.in_code("Python"):
        usb = study.of(job.name, "usb")
        alone = pico.load_w * job.pico_s
        theirs = pi4.load_w * job.pi4_s / pi4.cores
        rows.append(
            [job.title, _joules(alone), *(_joules(usb[at].joules) for at in (0, -1)), _joules(theirs), f"{alone / theirs:.0f}"]
        )
    boards = [cell.boards for cell in study.of(study.jobs[0].name, "usb")]
    counts = [f"{boards[at]} on USB" for at in (0, -1)]
    return _table(["job", "one Pico by itself", *counts, "Pi 4, four cores", "Pico / Pi 4"], rows, left=1)


def prices(study: Study) -> str:
    """What boards cost that are worth a Pi 4, at the catalogue's prices."""
    pico, pi4 = catalog.boards()["pico"], catalog.computers()["pi_4b"]
    one, other = pico.prices["USD"], pi4.prices["USD"]
    rows = []
    for job in study.in_code("Python"):
        needed = pi4.cores * job.pico_s / job.pi4_s
        rows.append([job.title, f"{needed:.0f}", f"{needed * one:,.0f}", f"{other:.0f}", f"{needed * one / other:.0f}"])
    return _table(["job", "Picos", "their price, USD", "a Pi 4, USD", "times"], rows, left=1)


def fan_in(study: Study) -> str:
    """Kilobytes a second that reach the computer from sensors, by link and number of boards."""
    (job,) = (job for job in study.in_code("Python") if job.name == "sensors")
    rows = []
    for link in study.links:
        cells = study.of(job.name, link)
        rows.append([LINK_TITLES[link], *(_rate(job.back_bytes / cell.wall_s / 1000) for cell in cells)])
    counts = [f"{cell.boards} boards" if cell.boards > 1 else "1 board" for cell in study.of(job.name, study.links[0])]
    return _table(["link, kB/s", *counts], rows, left=1)


def bases(study: Study) -> str:
    """The worst basis of what went into each link's figures."""
    words = dict.fromkeys(study.bases.values())
    if len(words) == 1:
        return f"Worst basis of what went into the time of a cluster, over every link: {', '.join(words)}."
    told = (f"{word} over {_listed(LINK_TITLES[link] for link in study.links if study.bases[link] == word)}" for word in words)
    return f"Worst basis of what went into the time of a cluster: {'; '.join(told)}."


def verdicts(study: Study) -> str:
    """A line for each job: where it wins, and where it cannot."""
    return "\n".join(f"- **{job.title}** {_verdict(study, job)}" for job in study.in_code("Python"))


def made(study: Study) -> str:
    """What a reader must know of the run."""
    computer = study.machine
    return (
        f"Made on {computer['date']}: {computer['processor']}, {computer['cores']} cores; {computer['python']}. Sampled on "
        f"`{computer['sampled']}`, which runs {computer['boards']}. By three loops of the catalogue's, a real Pico takes "
        f"{_ratios(study.pico)} times as long as that board, and a core of a Pi 4 {_ratios(study.pi4)} times as long as one of "
        f"this computer."
    )


BLOCKS: Mapping[str, Callable[[Study], str]] = MappingProxyType(
    {
        "made": made,
        "bases": bases,
        "jobs": jobs,
        "verdicts": verdicts,
        "speed_ups": speed_ups,
        "binds": binds,
        "against": against,
        "energy": energy,
        "prices": prices,
        "machine_code": machine_code,
        "fan_in": fan_in,
    }
)


def _verdict(study: Study, job: JobFigures) -> str:
    best = [study.best(job.name, link) for link in study.links]
    wins = [cell for cell in best if cell.speed_up >= _WORTH]
    loses = [cell for cell in best if cell.speed_up < _WORTH]
    told = []
    for cell in sorted(wins, key=lambda cell: -cell.speed_up)[:: max(1, len(wins) - 1)]:  # the best and the worst
        told.append(f"{cell.speed_up:.1f} times over {LINK_TITLES[cell.link]} ({cell.boards} boards)")
    parts = [f"a cluster wins over {_links(wins) if loses else 'every link'}: {', '.join(told)}"] if wins else []
    if loses:
        most = max(cell.speed_up for cell in loses)
        parts.append(f"it does not over {_links(loses)}: {most:.2f} times at best")
    return f"({job.pico_s / job.calls * 1000:.3g} ms and {_sent(job):.0f} bytes a call): {'; '.join(parts)}."


def _links(cells: Sequence[Cell]) -> str:
    return _listed(LINK_TITLES[cell.link] for cell in cells)


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _sent(job: JobFigures) -> float:
    """Bytes that a call moves, both ways."""
    return (job.out_bytes + job.back_bytes) / job.calls


def _best(study: Study, job: JobFigures, link: str) -> str:
    cell = study.best(job.name, link)
    return f"{cell.speed_up:.1f} ({cell.boards})" if cell.speed_up >= _WORTH else f"**{cell.speed_up:.2f}** ({cell.boards})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    line = ["---" if place < left else "--:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, line, *rows))


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.3g} ms"


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _joules(value: float) -> str:
    return f"{value:.3g} J" if value >= 0.1 else f"{value * 1000:.3g} mJ"


def _ratios(ratios: Mapping[str, float]) -> str:
    """The middle one, and each by its name."""
    each = ", ".join(f"{name.replace('_', ' ')} {ratio:.2f}" for name, ratio in ratios.items())
    return f"{median(ratios.values()):.2f} ({each})"
