"""Which machine code a board can run, and the text of a module as that board gets it.

    architecture      native, viper    assembler
    armv6m ... dp     yes              asm_thumb
    xtensa(win)       yes              asm_xtensa
    rv32imc           yes              asm_rv32
    x86, x64, armv6   yes              none
    none              as bytecode, viper is refused

Of functions in several versions only the best that a board can run is left, under the name that they share.
"""

import re
from collections.abc import Iterator

from shoal.source.model import Module, Version, refuse

THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")
ASSEMBLERS = {"asm_thumb": THUMB, "asm_xtensa": ("xtensa", "xtensawin"), "asm_rv32": ("rv32imc",)}
AT_ONCE = ("rp2", "linux", "darwin")
PREFERRED = (*ASSEMBLERS, "viper", "native", "")
MACHINE_LINE = re.compile(r"^[ \t]*@micropython\.(native|viper|asm_\w+)$")
DEFINED = re.compile(r"^[ \t]*def (\w+)")


def runs(kind: str, arch: str | None) -> bool:
    """True if a board of this architecture (None: no machine code) can run such code."""
    return not kind or (arch is not None and arch in ASSEMBLERS.get(kind, (arch,)))


def usable_cores(platform: str, cores: int) -> int:
    """Cores that one call may use on such a board: where threads of MicroPython run at once. An ESP32's take turns."""
    return cores if platform in AT_ONCE else 1


def for_board(module: Module, arch: str | None, cores: int = 1) -> str:
    """The module's text for boards of this architecture that have so many cores to use.

    Raises FunctionError, naming the line, for what cannot run there.
    """
    rows = chosen(module, arch, cores).split("\n")
    for row, kind in _machine_code(rows):
        if runs(kind, arch):
            continue
        if kind == "native":
            rows[row] = ""
        elif arch is None:
            raise refuse(
                module.filename,
                row + 1,
                f"@micropython.{kind} needs machine code, which this board cannot load",
                "use @micropython.native, which becomes bytecode there, or add a plain version (shoal.versions)",
            )
        else:
            raise refuse(
                module.filename,
                row + 1,
                f"@micropython.{kind} is for {', '.join(ASSEMBLERS[kind])}, and this board is {arch}",
                "add a viper and a plain version (shoal.versions), or use boards of one kind",
            )
    return "\n".join(rows)


def chosen(module: Module, arch: str | None, cores: int = 1) -> str:
    """The text in which every function stands in one version."""
    if module.one_core and (cores < 2 or arch is None):
        return module.one_core
    if not module.versions:
        return module.text
    rows = module.text.split("\n")
    for of in dict.fromkeys(version.of for version in module.versions):
        best = _best(module.versions, of, arch)
        for version in module.versions:
            if version.of == of and version is not best:
                rows[version.first - 1 : version.last] = [""] * (version.last - version.first + 1)
        for row in range(best.first - 1, best.last):
            if rows[row].startswith(f"def {best.name}("):
                rows[row] = f"def {of}{rows[row].removeprefix(f'def {best.name}')}"
                break
    return "\n".join(rows)


def lost(module: Module, arch: str | None) -> Iterator[tuple[str, int]]:
    """Functions, and their rows, that such boards run as bytecode although their author asked for machine code."""
    rows = chosen(module, arch).split("\n")
    for row, kind in _machine_code(rows):
        if kind == "native" and not runs(kind, arch):
            yield _defined(rows, row), row + 1
    for of in dict.fromkeys(version.of for version in module.versions):
        group = [version for version in module.versions if version.of == of]
        best = _best(module.versions, of, arch)
        if not best.kind and any(version.kind for version in group):
            yield of, best.first


def _machine_code(rows: list[str]) -> Iterator[tuple[int, str]]:
    for row, text in enumerate(rows):
        if match := MACHINE_LINE.match(text):
            yield row, match[1]


def _defined(rows: list[str], row: int) -> str:
    """The name of the function that a decorator stands above."""
    names = (match[1] for text in rows[row + 1 :] if (match := DEFINED.match(text)))
    return next(names, "a function")


def _best(versions: tuple[Version, ...], of: str, arch: str | None) -> Version:
    """The version of a function that such boards get. A native one can always be bytecode."""
    able = [version for version in versions if version.of == of and (version.kind == "native" or runs(version.kind, arch))]
    return min(able, key=lambda version: (not runs(version.kind, arch), PREFERRED.index(version.kind)))
