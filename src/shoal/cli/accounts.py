"""What `shoal run` and `shoal account` make of an account: the table, JSON, an HTML page, a trace."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shoal import report
from shoal.binding import binding
from shoal.errors import ShoalError, UsageError
from shoal.model import Account
from shoal.timeline import Span


def values(spec: str, account: Account) -> dict[str, Any]:
    """All figures as plain values, with what binds."""
    return {"spec": spec, **account.to_dict(), "binding": vars(binding(account))}


def check(*files: str | None) -> None:
    """Raise UsageError for a file that cannot be written, before the work is done that goes into it."""
    for file in files:
        if file is not None and (Path(file).is_dir() or not Path(file).absolute().parent.is_dir()):
            raise UsageError(f"{file}: give a file in a folder that exists")


def numbered(file: str, number: int) -> str:
    """The file for a program's first, second ... cluster: each has its own."""
    path = Path(file)
    return file if number == 1 else str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def write_html(file: str, account: Account, spans: Iterable[Span], spec: str) -> None:
    """Raises ShoalError if it cannot be written."""
    _write(file, report.html(account, spans, spec))


def write_trace(file: str, account: Account, spans: Iterable[Span], spec: str) -> None:
    """Raises ShoalError if it cannot be written."""
    _write(file, json.dumps(report.trace(account, spans, spec)))


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ShoalError(f"cannot write {file}: {error.strerror}") from error
