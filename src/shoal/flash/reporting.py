"""How a process that flashes one board talks to the one that started it: a JSON object a line, on what was its standard output.

    {"stage": "writing", "part": 0.4}      what it does now, and how far it is (0 to 1, or null)
    {"done": "v1.28.0"}                    it is done; what runs now, or ""
    {"failed": "the port went away"}       it is not

The libraries print what they like; that goes to standard error, of which the end is shown if the process fails without a word.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


class FlashError(Exception):
    """It did not work; the text is for the user."""


@dataclass(frozen=True)
class Job:
    """What one process is asked to do; it travels as its only argument, in JSON."""

    where: str
    is_drive: bool
    place: str
    chip: str
    file: str
    version: str
    erase: bool

    def to_json(self) -> str:
        """As that argument."""
        return json.dumps(asdict(self))


class Report:
    """Says how it goes on."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def stage(self, stage: str, part: float | None = None) -> None:
        """What is done now."""
        self._say({"stage": stage, "part": part})

    def end(self, **values: str) -> None:
        """The last word."""
        self._say(values)

    def _say(self, values: dict[str, Any]) -> None:
        self._out.write(json.dumps(values) + "\n")
        self._out.flush()


def serve(work: Callable[[Job, Report], str]) -> int:
    """Do the job of this process's command line; the exit code."""
    report = Report()
    try:
        report.end(done=work(Job(**json.loads(sys.argv[1])), report))
    except FlashError as error:
        report.end(failed=str(error))
        return 1
    except Exception as error:  # a library may raise anything; the user gets its words, standard error all of it
        traceback.print_exc()
        report.end(failed=f"{type(error).__name__}: {error}")
        return 1
    return 0
