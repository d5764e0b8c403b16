"""What a virtual board runs, as an import path: the agent compiled for MicroPython, and the boot script's folder.

Compiled once, and kept where Python keeps its own compiled files: importing the agent from `.mpy` takes a board 0.7 ms, from
source 7 ms. A MicroPython of the user's own may want another `.mpy` version, so it gets the source.
"""

import atexit
import contextlib
import functools
import shutil
import sys
import tempfile
import zlib
from pathlib import Path

from shoal import image
from shoal.source.compiler import SUPPORTED, compiler_path
from shoal.virtual.interpreter import PACKAGED, Interpreter

_ONBOARD = Path(__file__).with_name("onboard")
_PORTS = ("pipe", "tcp")


def boot_script() -> str:
    """The script that a virtual board starts with."""
    return str(_ONBOARD / "boot.py")


def path(interpreter: Interpreter) -> str:
    """The import path of a virtual board: folders separated by colons. Raises LinkError if the agent does not compile."""
    if interpreter.program != PACKAGED:
        return f"{_ONBOARD}:{image.SOURCES.parent}"
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
            write_agent(made)
            with contextlib.suppress(OSError):  # another program was first
                made.rename(folder)
            shutil.rmtree(made, ignore_errors=True)
            return folder
    folder = Path(tempfile.mkdtemp(prefix="shoal-"))
    write_agent(folder)
    _temporary.append(folder)
    return folder


def _version() -> str:
    """Changes with everything that the compiled agent depends on."""
    digest = 0
    for file in [Path(__file__), *_ONBOARD.glob("*.py"), *Path(image.__file__).parent.glob("*.py")]:
        digest = zlib.crc32(file.read_bytes(), digest)
    return f"{image.release()}-{digest:08x}-{int(Path(compiler_path(SUPPORTED)).stat().st_mtime):x}"


_temporary: list[Path] = []


@atexit.register
def _remove() -> None:
    for folder in _temporary:
        shutil.rmtree(folder, ignore_errors=True)


def write_agent(folder: Path) -> None:
    """Compile the agent, and what a virtual board needs beside it, into a folder. Raises LinkError if it does not compile."""
    beside = {name: (_ONBOARD / name).read_text() for name in ("machine.py", "pace.py")}
    for name, code in {**image.agent(_PORTS, lossy=True), **image.compile_files(beside)}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)
