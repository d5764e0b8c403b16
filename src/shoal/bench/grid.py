"""Predicted against measured: the arithmetic of a grid of cells, its file and its table. Nothing here runs a board.

A cell is one job on so many boards of one link. Paced boards share this computer, which is faster at one moment than at the next,
and a paced Pico turns 5 ms of it into a second. So each cell has two predictions: as sampled beforehand, and the same *levelled*,
with calls as much dearer or cheaper as they were for the boards of the measured run, and what a lump takes beside them as it was
for one board. The first is what a user gets, the second tells what the model is worth when the computer's moods are taken out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from shoal import spec
from shoal.errors import UsageError
from shoal.model import Account
from shoal.predict import layout
from shoal.predict.model import Job, Sample

VERSION = 1


@dataclass(frozen=True)
class Run:
    """What one run took, seconds: of the clock on the boards' wall, and of all boards together for computing and in the agent."""

    wall_s: float
    compute_s: float
    agent_s: float
    lumps: int
    repeated: int


@dataclass(frozen=True)
class Group:
    """One job on one link: the sample of one board, and the runs by number of boards."""

    job: str
    link: str
    calls: int
    sample: Sample
    runs: dict[int, list[Run]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One number of boards of a group: the middle run (of two, the longer), and both predictions of it. `scatter`: how far the
    runs are apart, relative."""

    job: str
    link: str
    boards: int
    measured: Run
    predicted: Run
    levelled: Run
    scatter: float

    @property
    def error(self) -> float:
        """How much too long the prediction is, relative: negative if it is too short."""
        return self.predicted.wall_s / self.measured.wall_s - 1

    @property
    def level_error(self) -> float:
        """The same of the levelled prediction."""
        return self.levelled.wall_s / self.measured.wall_s - 1


@dataclass(frozen=True)
class Side:
    """Whether a cluster is faster than one board: `measured` and `predicted` as times faster. `against`: which board."""

    cell: Cell
    against: str
    measured: float
    predicted: float

    @property
    def right(self) -> bool:
        """Whether both say the same."""
        return (self.measured > 1) == (self.predicted > 1)


def where(link: str, boards: int) -> str:
    """The spec of a cell's cluster."""
    return f"virtual:{boards}xpico?pace=real&link={link}"


def run_of(account: Account) -> Run:
    """The figures of an account, measured or expected."""
    boards = account.boards
    return Run(
        account.wall_s,
        sum(board.compute_s for board in boards),
        sum(board.link_s for board in boards),
        sum(board.lumps for board in boards),
        sum(board.repeated for board in boards),
    )


def cells(group: Group) -> list[Cell]:
    """The cells of a group, predicted by the model as it is now."""
    agent = _agent(group)
    return [_cell(group, boards, runs, agent) for boards, runs in sorted(group.runs.items())]


def _middle(runs: Sequence[Run]) -> Run:
    return sorted(runs, key=lambda run: run.wall_s)[len(runs) // 2]


def _expected(group: Group, boards: int, compute: float = 1.0, agent: float = 1.0) -> Run:
    """The prediction, with calls so many times as dear as sampled, and an agent that takes so many times as long."""
    return run_of(layout.expected(_scaled(group.sample, compute, agent), spec.parse(where(group.link, boards)), boards))


def _agent(group: Group) -> float:
    """How many times as long as sampled one board took for all but computing; 1 on a bus, where that is declared."""
    if 1 not in group.runs or spec.parse(where(group.link, 1)).bus:
        return 1.0
    one, sampled = _middle(group.runs[1]), _expected(group, 1)
    compute = one.compute_s / sampled.compute_s
    beside, twice = (run.wall_s - run.compute_s for run in (_expected(group, 1, compute, times) for times in (1.0, 2.0)))
    return max(0.1, 1 + (one.wall_s - one.compute_s - beside) / (twice - beside)) if twice > beside else 1.0


def _cell(group: Group, boards: int, runs: Sequence[Run], agent: float) -> Cell:
    middle = _middle(runs)
    predicted = _expected(group, boards)
    level = _expected(group, boards, middle.compute_s / predicted.compute_s if predicted.compute_s else 1.0, agent)
    walls = [run.wall_s for run in runs]
    scatter = (max(walls) - min(walls)) / middle.wall_s
    return Cell(group.job, group.link, boards, middle, predicted, level, scatter)


def _scaled(sample: Sample, compute: float, agent: float) -> Sample:
    """A sample whose calls are so many times as dear, and whose agent takes so many times as long."""

    def scaled(job: Job) -> Job:
        return replace(job, seconds=[seconds * compute for seconds in job.seconds], first_s=job.first_s * agent)

    return replace(
        sample,
        jobs=tuple(map(scaled, sample.jobs)),
        compute_lump_s=sample.compute_lump_s * compute,
        agent_lump_s=sample.agent_lump_s * agent,
        agent_call_s=sample.agent_call_s * agent,
    )


def sides(made: Sequence[Cell]) -> list[Side]:
    """Each cell with several boards against one board on its link, and every cell against a board that only computes."""
    ones = {(cell.job, cell.link): cell for cell in made if cell.boards == 1}
    found = []
    for cell in made:
        one = ones.get((cell.job, cell.link))
        if one and cell is not one:
            times = one.measured.wall_s / cell.measured.wall_s
            found.append(Side(cell, "one board on the same link", times, one.predicted.wall_s / cell.predicted.wall_s))
        if one:
            times = one.measured.compute_s / cell.measured.wall_s
            found.append(Side(cell, "one board without a link", times, one.predicted.compute_s / cell.predicted.wall_s))
    return found


def summary(errors: Iterable[float]) -> tuple[float, float]:
    """Median and worst, without their signs."""
    sizes = [abs(error) for error in errors]
    return median(sizes), max(sizes)


# --- the file


def save(file: Path, groups: Sequence[Group], notes: Sequence[str]) -> None:
    """Write what was measured, whole or not at all."""
    document = {"version": VERSION, "notes": list(notes), "groups": [asdict(group) for group in groups]}
    beside = file.with_name(file.name + ".new")
    beside.write_text(json.dumps(document, default=list), encoding="utf-8")  # a job's figures may be arrays
    beside.replace(file)


def load(file: Path) -> tuple[list[Group], list[str]]:
    """What was measured and what was noted; nothing if there is no file. Raises UsageError for another file."""
    if not file.exists():
        return [], []
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise UsageError(f"{file} is a grid of another release (version {document['version']}); give another file name")
        return [_group(row) for row in document["groups"]], document["notes"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"{file} is not a grid that `python -m shoal.bench.predicted` wrote; give another file name") from None


def _group(row: dict[str, Any]) -> Group:
    runs = {int(boards): [Run(**run) for run in runs] for boards, runs in row["runs"].items()}
    sample = row["sample"]
    jobs = tuple(Job(**{name: _frozen(name, value) for name, value in job.items()}) for job in sample["jobs"])
    return Group(row["job"], row["link"], row["calls"], Sample(**{**sample, "jobs": jobs, "notes": tuple(sample["notes"])}), runs)


def _frozen(name: str, value: Any) -> Any:
    return tuple(value) if name == "sizes" and isinstance(value, list) else value


# --- the table


def markdown(made: Sequence[Cell], notes: Sequence[str]) -> str:
    """The table for people: errors by link, then each cell's measured time and the errors of its predictions."""
    links = list(dict.fromkeys(cell.link for cell in made))
    counts = sorted({cell.boards for cell in made})
    lines = [
        "| link | cells | median error | worst | levelled: median | worst | runs apart |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    lines += [_line(link, [cell for cell in made if cell.link == link]) for link in links]
    lines += [_line("all", made), ""]
    lines += ["| job | link | " + " | ".join(map(str, counts)) + " |", "| --- | --- |" + " --: |" * len(counts)]
    for job in dict.fromkeys(cell.job for cell in made):
        for link in links:
            row = {cell.boards: cell for cell in made if (cell.job, cell.link) == (job, link)}
            if row:
                texts = [_text(row[count]) if count in row else "" for count in counts]
                lines.append(f"| {job} | {link} | " + " | ".join(texts) + " |")
    return "\n".join([*lines, "", *(f"- {note}" for note in [*_sides(made), *notes])]) + "\n"


def _line(title: str, made: Sequence[Cell]) -> str:
    middle, worst = summary(cell.error for cell in made)
    level, level_worst = summary(cell.level_error for cell in made)
    apart = median(cell.scatter for cell in made)
    return f"| {title} | {len(made)} | {middle:.1%} | {worst:.1%} | {level:.1%} | {level_worst:.1%} | {apart:.1%} |"


def _text(cell: Cell) -> str:
    """Measured seconds, the error, and the levelled error."""
    return f"{cell.measured.wall_s:.2f} s {cell.error * 100:+.1f} ({cell.level_error * 100:+.1f})"


def _sides(made: Sequence[Cell]) -> list[str]:
    """How often the prediction is on the right side, and where it is not."""
    said = []
    found = sides(made)
    for against in dict.fromkeys(side.against for side in found):
        these = [side for side in found if side.against == against]
        wrong = [side for side in these if not side.right]
        named = "".join(
            f"; not in {side.cell.job}, {side.cell.link}, {side.cell.boards} boards: {side.measured:.2f} times as fast measured, "
            f"{side.predicted:.2f} predicted"
            for side in wrong
        )
        said.append(f"Faster than {against} or not: right in {len(these) - len(wrong)} of {len(these)} cells{named}.")
    return said
