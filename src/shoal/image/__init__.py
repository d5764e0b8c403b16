"""The agent compiled for boards: small, and the same for every board of one `.mpy` version.

Its parts become one module, `shoal_board/main.mpy` (`merge`), and its names cost nothing (`shrink`); line numbers are left out.
`release()` names the source it was made from.
"""

import ast
import subprocess
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import shoal_board
from shoal.errors import LinkError
from shoal.image import merge
from shoal.image.shrink import KNOWN, Renamer, asked, shorter
from shoal.source.compiler import SUPPORTED, compiler_path

SOURCES = Path(shoal_board.__file__).parent
PARTS = ("wire", "parts", "codec", "peer", "lump", "agent", "main")  # each uses only those before it
_NEEDED_BY = {  # files that only agents with one of these ports need
    "finder.py": (),  # for boards that run CPython
    "decoder.py": (),  # for hosts
    "hardware.py": ("usb", "tcp"),
    "secure.py": ("tcp",),
    "door.py": ("tcp",),
    "wifi.py": ("tcp",),
    "start_tcp.py": ("tcp",),
    "start_usb.py": ("usb",),
}


@cache
def release() -> str:
    """Eight hex digits that change with the agent's source: a board with another one should be brought up to date."""
    digest = 0
    for file in [*sorted(SOURCES.rglob("*.py")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest = zlib.crc32(file.read_bytes(), digest)
    return f"{digest:08x}"


def agent(ports: tuple[str, ...], version: tuple[int, int] = SUPPORTED, lossy: bool = False) -> dict[str, bytes]:
    """The agent with these ports ("pipe", "usb", "tcp"): path such as "shoal_board/main.mpy" -> compiled file.

    `version`: of `.mpy`, as a board's `sys.implementation._mpy` says; `lossy`: for links that lose or damage bytes, too, such as
    a UART. Raises LinkError if the agent does not compile, FunctionError if there is no compiler for that version.
    """
    files = [*SOURCES.glob("*.py"), *(SOURCES / "ports").glob("*.py")]
    trees = {file.relative_to(SOURCES).as_posix(): ast.parse(file.read_text()) for file in sorted(files)}
    # Names come from all files, so that those of two agents agree whatever their ports.
    onboard = [ast.parse(file.read_text()) for file in SOURCES.parent.glob("shoal/*/onboard/*.py")]
    outsiders = asked(onboard) | set(KNOWN)  # MicroPython calls some of those that it knows
    names = shorter(list(trees.values()), outsiders)
    constants: dict[str, Any] = {"MICROPYTHON": True, "LOSSY": lossy, "RELEASE": release()}
    for name in PARTS:
        merge.constants_of(trees[f"{name}.py"], constants, set())
    done = {"main.py": merge.merge([trees[f"{name}.py"] for name in PARTS], constants)}
    for name, tree in trees.items():
        port = name.startswith("ports/") and name != "ports/__init__.py"
        wanted = Path(name).stem in ports if port else set(_NEEDED_BY.get(name, ports)) & set(ports)
        if wanted and name.removesuffix(".py") not in PARTS:
            own = dict(constants)
            merge.constants_of(tree, own, set())
            done[name] = merge.outside(tree, own, set(PARTS))
    merge.without_unused(done, outsiders)
    texts = {}
    for name, tree in done.items():
        merge.without_idle_imports(tree)
        texts[f"{merge.PACKAGE}/{name}"] = ast.unparse(Renamer(names).visit(tree))
    return compile_files(texts, version)


def compile_files(texts: Mapping[str, str], version: tuple[int, int] = SUPPORTED) -> dict[str, bytes]:
    """Source files -> compiled files, path by path. Raises LinkError if mpy-cross refuses one."""
    running = []
    for name, text in texts.items():
        # No line numbers, no asserts, one file name for all: as small as it gets.
        command = [compiler_path(version), "-O3", "-s", "shoal_board/", "-o", "-", "-"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        process.stdin = None  # `communicate` would close it again
        running.append((name, process))
    compiled = {}
    for name, process in running:  # all of them run by now
        out, complaint = process.communicate()
        if process.returncode:
            raise LinkError(f"mpy-cross refuses the agent's {name}: {complaint.decode(errors='replace')}")
        compiled[str(Path(name).with_suffix(".mpy"))] = out
    return compiled
