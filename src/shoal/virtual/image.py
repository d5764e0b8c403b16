"""What a virtual board runs, as an import path: the agent compiled for MicroPython, and the boot script's folder.

Compiled once, and kept where Python keeps its own compiled files: importing the agent from `.mpy` takes a board 0.7 ms, from
source 7 ms. A MicroPython of the user's own may want another `.mpy` version, so it gets the source.
"""

import atexit
import contextlib
import functools
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import shoal_board
from shoal.errors import LinkError
from shoal.source.compiler import SUPPORTED, compiler_path
from shoal.virtual.interpreter import PACKAGED, Interpreter
from shoal.virtual.shrink import private_names, shrink

_ONBOARD = Path(__file__).with_name("onboard")
_AGENT = Path(shoal_board.__file__).parent


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
    """The folder of the compiled agent: beside Python's own compiled files if it may be written, else for this program only."""
    folder = Path(__file__).with_name("__pycache__") / f"agent-{_version()}"
    if folder.is_dir():
        return folder
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            folder.parent.mkdir(exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=folder.parent))
            compile_agent(made)
            with contextlib.suppress(OSError):  # another program was first
                made.rename(folder)
            shutil.rmtree(made, ignore_errors=True)
            return folder
    folder = Path(tempfile.mkdtemp(prefix="shoal-"))
    compile_agent(folder)
    _temporary.append(folder)
    return folder


def _version() -> str:
    """Changes with everything that the compiled agent depends on."""
    digest = 0
    for file in [*_agent_files(), *_ONBOARD.glob("*.py"), Path(shrink.__code__.co_filename)]:
        digest = zlib.crc32(file.read_bytes(), digest)
    return f"{digest:08x}-{int(Path(compiler_path(SUPPORTED)).stat().st_mtime):x}"


_temporary: list[Path] = []


@atexit.register  # here, at import: clusters finish in a handler that was registered later, which runs first
def _remove() -> None:
    for folder in _temporary:
        shutil.rmtree(folder, ignore_errors=True)


def compile_agent(folder: Path) -> None:
    """Compile the agent, and what a virtual board needs beside it, into a folder. Raises LinkError if mpy-cross refuses."""
    files = {str(file.relative_to(_AGENT.parent)): file.read_text() for file in _agent_files()}
    names = private_names(list(files.values()))
    texts = {name: shrink(text, names) for name, text in files.items()}
    texts.update({name: (_ONBOARD / name).read_text() for name in ("machine.py", "pace.py")})
    running = []
    for name, text in texts.items():
        target = (folder / name).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        # No line numbers, no asserts, one file name for all: as small as it gets.
        command = [compiler_path(SUPPORTED), "-O3", "-s", "shoal_board/", "-o", str(target), "-"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        running.append((name, process))
    for name, process in running:
        assert process.stderr is not None
        with process.stderr as complaint:
            said = complaint.read()
        if process.wait():
            raise LinkError(f"mpy-cross refuses the agent's {name}: {said.decode(errors='replace')}")


def _agent_files() -> list[Path]:
    """The source files of the agent with the port of a virtual board."""
    files = [*sorted(_AGENT.glob("*.py")), *sorted((_AGENT / "ports").glob("*.py"))]
    return [file for file in files if file.name != "finder.py"]  # CPython's alone
