"""What the boards of a breadboard import: the agent and the stand-ins, compiled once and kept; and the flash of each board.

A board sees its flash at `/` and the compiled files at `/image`.
"""

import atexit
import contextlib
import functools
import shutil
import sys
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from shoal import image
from shoal.source.compiler import SUPPORTED

ONBOARD = Path(__file__).with_name("onboard")
_CACHE = Path(__file__).with_name("__pycache__")


def _sources() -> dict[str, str]:
    agent = image.SOURCES
    found = {f"shoal_board/{file.relative_to(agent).as_posix()}": file.read_text() for file in sorted(agent.rglob("*.py"))}
    return {**found, **{file.name: file.read_text() for file in sorted(ONBOARD.glob("*.py"))}}


@functools.cache
def release() -> str:
    """Eight hex digits that change with what the boards import: another one makes another run of the same log."""
    digest = 0
    for name, text in _sources().items():
        digest = zlib.crc32(text.encode(), zlib.crc32(name.encode(), digest))
    return f"{digest:08x}"


@functools.cache
def compiled() -> Path:
    """The folder of the compiled files, kept where Python keeps its own. Raises LinkError if one does not compile."""
    sources = _sources()
    folder = _CACHE / f"boards-{release()}"
    if folder.is_dir():
        return folder
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            folder.parent.mkdir(exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=folder.parent))
            _compile(sources, made)
            with contextlib.suppress(OSError):  # another program was first
                made.rename(folder)
            shutil.rmtree(made, ignore_errors=True)
            return folder
    made = Path(tempfile.mkdtemp(prefix="shoal-boards-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    _compile(sources, made)
    return made


def _compile(sources: Mapping[str, str], folder: Path) -> None:
    for name, code in image.compile_files(sources, SUPPORTED).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)
    (folder / "first.py").write_text("import start\n")  # a script must be source


def write_flash(folder: Path, board: str, files: Mapping[str, bytes]) -> None:
    """The files of one board: those for all, and those named `BOARD:NAME`, which come last."""
    folder.mkdir()
    for mine in (False, True):
        for key, content in files.items():
            owner, colon, name = key.rpartition(":")
            if bool(colon) is mine and (not colon or owner == board):
                target = folder / name.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
