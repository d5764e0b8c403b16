"""What was measured, and its forms: plain data, cells for the screen, Markdown for the documentation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from shoal.bench.figures import BY_KEY, LINES, Line
from shoal.bench.subjects import BY_NAME, SHOAL, SUBJECTS

_MARKS = {True: "reached", False: "short", None: ""}


@dataclass(frozen=True)
class Result:
    """One figure of one subject: for each value one number per repetition, or why there is none."""

    figure: str
    subject: str
    samples: Mapping[str, list[float]] = field(default_factory=dict)
    count: int = 0
    note: str = ""
    failure: str = ""


@dataclass
class Report:
    """Every result of one run of the benchmark, the computer it ran on, and who was left out and why."""

    machine: Mapping[str, str]
    repetitions: int
    bare_python_s: float
    results: list[Result] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-ready data: medians, samples, targets and verdicts."""
        return {
            "machine": dict(self.machine),
            "repetitions": self.repetitions,
            "bare_python_s": self.bare_python_s,
            "figures": [self._line_data(line, result) for line, result in self._measured()],
            "failures": [
                {"figure": result.figure, "subject": result.subject, "reason": result.failure}
                for result in self.results
                if result.failure
            ],
            "skipped": dict(self.skipped),
        }

    def grid(self) -> tuple[list[str], list[list[str]]]:
        """Headings, and rows of cells: figure, unit, target, Shoal's value and verdict, each peer's value."""
        measured = {result.subject for result in self.results}
        peers = [subject for subject in SUBJECTS if subject.name in measured and subject.name != SHOAL]
        headings = ["figure", "unit", "target", "Shoal", "", *(peer.title for peer in peers)]
        rows = []
        for line in LINES:
            results = [result for result in self.results if result.figure == line.figure]
            cells = {result.subject: _cell(line, result) for result in results}
            if cells:
                mine = [cells.get(SHOAL, ""), self._verdict(line)]
                row = [line.title, line.unit, line.target(), *mine]
                rows.append([*row, *(cells.get(peer.name, "") for peer in peers)])
        return headings, rows

    def notes(self) -> list[str]:
        """What a reader of the table must know: repetitions, sizes, lumps, failures, and who is missing."""
        machine = self.machine
        hardware = ", ".join((machine["processor"], f"{machine['cores']} cores", machine["memory"]))
        software = "; ".join((machine["system"], machine["python"], f"boards run {machine['boards']}"))
        notes = [
            f"Measured on {machine['date']}: {hardware}; {software}.",
            *self._manner(),
        ]
        for figure in dict.fromkeys(result.figure for result in self.results):
            notes += self._figure_notes(figure)
        notes += [
            f"{BY_NAME[result.subject].title}, {result.figure}: not measured; it {result.failure}."
            for result in self.results
            if result.failure
        ]
        notes += [f"{BY_NAME[name].title} skipped: {reason}." for name, reason in self.skipped.items()]
        return notes

    def markdown(self) -> str:
        """The table and its notes, for the documentation."""
        headings, rows = self.grid()
        alignment = ["---" if heading in ("figure", "unit", "") else "--:" for heading in headings]
        table = [f"| {' | '.join(cells)} |" for cells in (headings, alignment, *rows)]
        return "\n".join([*table, "", *(f"- {note}" for note in self.notes()), ""])

    def _manner(self) -> list[str]:
        if not all("virtual" in BY_KEY[result.figure].schemes for result in self.results):
            return [f"Medians of {self.repetitions}. Times are those of the board's own clock, except what this computer waits."]
        return [
            f"Medians of {self.repetitions}, eight workers each, every subject in processes of its own.",
            f"`python -c pass` alone takes {self.bare_python_s:.3f} s.",
        ]

    def _measured(self) -> list[tuple[Line, Result]]:
        return [
            (line, result)
            for line in LINES
            for result in self.results
            if result.figure == line.figure and line.value in result.samples
        ]

    def _line_data(self, line: Line, result: Result) -> dict[str, Any]:
        samples = result.samples[line.value]
        value = median(samples)
        return {
            "figure": line.figure,
            "value": line.value,
            "title": line.title,
            "unit": line.unit,
            "subject": result.subject,
            "median": value,
            "samples": samples,
            "count": result.count,
            "note": result.note,
            "target": line.at_least if line.at_least is not None else line.at_most,
            "reached": line.reached(value) if result.subject == SHOAL else None,
        }

    def _verdict(self, line: Line) -> str:
        for result in self.results:
            if (result.figure, result.subject) == (line.figure, SHOAL) and line.value in result.samples:
                return _MARKS[line.reached(median(result.samples[line.value]))]
        return ""

    def _figure_notes(self, figure: str) -> list[str]:
        """Calls in one repetition, and how they were made, of each subject measured for `figure`."""
        parts = []
        for result in self.results:
            if result.figure == figure and result.samples and (result.count > 1 or result.note):
                calls = f"{result.count:,} calls" if result.count > 1 else ""
                how = ", ".join(part for part in (calls, result.note) if part)
                parts.append(f"{BY_NAME[result.subject].title} {how}")
        return [f"`{figure}`: {'; '.join(parts)}."] if parts else []


def _cell(line: Line, result: Result) -> str:
    if result.failure:
        return "not measured"
    return line.text(median(result.samples[line.value]))
