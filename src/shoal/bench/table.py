"""The report on a terminal: the only file of the benchmark that imports rich."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shoal.bench.report import Report

_STYLES = {"reached": "green", "short": "yellow"}


def show(report: Report, console: Console | None = None) -> None:
    """Print the table and its notes to `console` (standard output if there is none given)."""
    console = console or Console()
    headings, rows = report.grid()
    table = Table(title="Shoal beside its peers: same machine, same run")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("figure", "unit", "") else "right")
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(table)
    for note in report.notes():
        console.print(Text(f"- {note}"))
