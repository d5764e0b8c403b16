"""Runs a script as a board would: under this CPython, and under the MicroPython that virtual boards use."""

import os
import subprocess
import sys
from pathlib import Path

import shoal_board
from shoal.virtual import interpreter

NAMES = ("cpython", "micropython")
_SOURCES = str(Path(shoal_board.__file__).parents[1])


def missing(name: str) -> str:
    """Why there is no such interpreter here, or ""."""
    return "" if name == "cpython" else interpreter.find({}).warning


def command(name: str, script: Path, heap: int) -> list[str]:
    """The command line that runs a script; `heap`: bytes, for MicroPython."""
    if name == "cpython":
        return [sys.executable, str(script)]
    return interpreter.find({}).command(heap, str(script))


def environment() -> dict[str, str]:
    """Variables with which either interpreter finds `shoal_board`."""
    return dict(os.environ, MICROPYPATH=_SOURCES, PYTHONPATH=_SOURCES, PYTHONDONTWRITEBYTECODE="1", PYTHONUNBUFFERED="1")


def run(name: str, script: Path, *arguments: str, heap: int = 1 << 22, timeout: float = 60) -> str:
    """What a script prints that can import `shoal_board`. Fails with all that it said if it does not end well."""
    argv = [*command(name, script, heap), *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, env=environment())
    assert done.returncode == 0, f"{script.name} under {name}:\n{done.stdout}{done.stderr}"
    return done.stdout
