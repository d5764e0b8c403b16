"""What a virtual board runs, as an import path: the agent compiled for MicroPython, and the boot script's folder.

Compiled once in a process, into a temporary folder that is removed at its end: importing the agent from `.mpy` takes a board
0.7 ms, from source 7 ms. A MicroPython of the user's own may want another `.mpy` version, so it gets the source.
"""

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import shoal_board
from shoal.errors import LinkError
from shoal.source.compiler import SUPPORTED, compiler_path
from shoal.virtual.interpreter import PACKAGED, Interpreter

_ONBOARD = Path(__file__).with_name("onboard")
_AGENT = Path(shoal_board.__file__).parent


@atexit.register  # here, at import: clusters finish in a handler that was registered later, which runs first
def _remove() -> None:
    if _compiled.cache_info().currsize:
        shutil.rmtree(_compiled(), ignore_errors=True)


def boot_script() -> str:
    """The script that a virtual board starts with."""
    return str(_ONBOARD / "boot.py")


def path(interpreter: Interpreter) -> str:
    """The import path of a virtual board: folders separated by colons. Raises LinkError if the agent does not compile."""
    if interpreter.program != PACKAGED:
        return f"{_ONBOARD}:{_AGENT.parent}"
    return str(_compiled())


@functools.cache
def _compiled() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="shoal-"))
    sources = [*((file, file.relative_to(_AGENT.parent)) for file in agent_files()), *_helpers()]
    running = []
    for source, name in sources:
        target = (folder / name).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        running.append((source, subprocess.Popen(compile_command(source, target), stderr=subprocess.PIPE)))
    for source, process in running:
        complaint = process.communicate()[1]
        if process.returncode:
            raise LinkError(f"mpy-cross refuses the agent's {source.name}: {complaint.decode(errors='replace')}")
    return folder


def agent_files() -> list[Path]:
    """The source files of the agent with the port of a virtual board."""
    files = [*sorted(_AGENT.glob("*.py")), *sorted((_AGENT / "ports").glob("*.py"))]
    return [file for file in files if file.name != "finder.py"]  # CPython's alone


def _helpers() -> list[tuple[Path, Path]]:
    return [(_ONBOARD / name, Path(name)) for name in ("machine.py", "pace.py")]


def compile_command(source: Path, target: Path) -> list[str]:
    """The command that compiles one file of the agent as small as it gets: no line numbers, no asserts."""
    return [compiler_path(SUPPORTED), "-O3", "-s", f"shoal_board/{source.name}", "-o", str(target), str(source)]
