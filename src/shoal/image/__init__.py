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
from shoal.image.shrink import KNOWN, OF_HARDWARE, Renamer, asked, public, shorter
from shoal.source.compiler import SUPPORTED, compiler_path
from shoal.syntax import parse

SOURCES = Path(shoal_board.__file__).parent
PARTS = ("wire", "parts", "codec", "peer", "lump", "agent", "main")  # each uses only those before it
_OF_TASKS = ("agent", "main")  # those that a controller needs only as a gateway
BUS = ("i2c_target", "uart", "gpio")  # ports of boards on a bus: processors, and the controller that polls them
_NEEDED_BY = {  # files that only agents with one of these ports need
    "finder.py": (),  # for boards that run CPython
    "decoder.py": (),  # for hosts
    "hardware.py": ("usb", "tcp", *BUS),
    "secure.py": ("tcp",),
    "door.py": ("tcp",),
    "wifi.py": ("tcp",),
    "start_tcp.py": ("tcp",),
    "start_usb.py": ("usb",),
    "comm.py": ("gpio",),
    "ports/usb.py": ("usb", *BUS),
    "ports/i2c.py": ("i2c_target",),
    "ports/block.py": ("i2c_target",),
    "ports/remote.py": ("uart", "gpio"),
    "ports/lines.py": ("gpio",),
}
_ON_BUS = "start_bus starting terminal as_controller as_processor mailbox ticks processor trouble_on_bus bus joining orders"
_ON_BUS += " exchange seat health standalone member scheduler shipping losing asides futures gateway"
_NEEDED_BY |= {f"{name}.py": BUS for name in _ON_BUS.split()}
# What is always loaded together is one file: the first, which then holds those behind it, in their order.
_TOGETHER = (
    ("peer", "ticks mailbox"),
    ("bus", "exchange seat orders health joining bus"),
    ("standalone", "scheduler member standalone"),
)
# Names that a user's job.py uses.
JOBS = "Cluster submit map imap_unordered as_completed cancel poll wait typed boards counters modules watch ahead"
JOBS += " timeout milliseconds result exception done add_done_callback board trace name address unique_id calls busy_us lumps"


@cache
def release() -> str:
    """Eight hex digits that change with the agent's source: a board with another one should be brought up to date."""
    digest = 0
    for file in [*sorted(SOURCES.rglob("*.py")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest = zlib.crc32(file.read_bytes(), digest)
    return f"{digest:08x}"


def agent(ports: tuple[str, ...], version: tuple[int, int] = SUPPORTED, lossy: bool = False) -> dict[str, bytes]:
    """The agent with these ports ("pipe", "usb", "tcp", or one of BUS): path such as "shoal_board/main.mpy" -> compiled file.

    `version`: of `.mpy`, as a board's `sys.implementation._mpy` says; `lossy`: for links that lose or damage bytes, too, such as
    a UART to a host. Raises LinkError if the agent does not compile, FunctionError if there is no compiler for that version.
    """
    files = [*SOURCES.glob("*.py"), *(SOURCES / "ports").glob("*.py")]
    trees = {file.relative_to(SOURCES).as_posix(): parse(file.read_text()) for file in sorted(files)}
    elsewhere = {name: tree for name, tree in trees.items() if any(_needed(name, (port,)) for port in ("pipe", "usb", "tcp"))}
    elsewhere |= {f"{name}.py": trees[f"{name}.py"] for name in PARTS}
    on_bus = not set(BUS).isdisjoint(ports)
    if not on_bus:
        trees = elsewhere
    # Names come from all files, so that those of two agents agree whatever their ports, but for boards on a bus.
    onboard = [parse(file.read_text()) for file in SOURCES.parent.glob("shoal/*/onboard/*.py")]
    outsiders = asked(onboard) | set(KNOWN)  # MicroPython calls some of those that it knows
    more: list[str] = []
    if on_bus:
        outsiders |= public(trees["comm.py"]) | set(JOBS.split())
        more = OF_HARDWARE
    names = shorter(list(trees.values()), outsiders, list(elsewhere.values()), more)
    constants: dict[str, Any] = {"MICROPYTHON": True, "LOSSY": lossy, "RELEASE": release()}
    for name in PARTS:
        merge.constants_of(trees[f"{name}.py"], constants, set())
    home = {name: "peer" if on_bus and name not in _OF_TASKS else "main" for name in PARTS}
    done = {}
    for own in dict.fromkeys(home.values()):
        parts = [trees[f"{name}.py"] for name in PARTS if home[name] == own]
        done[f"{own}.py"] = merge.merge(parts, constants, home, own)
    needed = {name: tree for name, tree in trees.items() if _needed(name, ports)}
    exported = {name: merge.exported(tree, constants) for name, tree in needed.items()}
    for name, tree in needed.items():
        done[name] = merge.outside(tree, merge.constants_for(tree, constants, exported), home)
    for own, names_of in _TOGETHER if on_bus else ():
        merge.together(done, f"{own}.py", [f"{name}.py" for name in names_of.split()])
    merge.without_unused(done, outsiders)
    texts = {}
    for name, tree in done.items():
        merge.without_idle_imports(tree, merge.imported(done.values(), Path(name).stem))
        texts[f"{merge.PACKAGE}/{name}"] = ast.unparse(Renamer(names).visit(tree))
    return compile_files(texts, version)


def _needed(name: str, ports: tuple[str, ...]) -> bool:
    """Whether an agent with these ports has that file, beside the one that PARTS are merged into."""
    if name.removesuffix(".py") in PARTS:
        return False
    of_port = (Path(name).stem,) if name.startswith("ports/") and name != "ports/__init__.py" else ports
    return not set(_NEEDED_BY.get(name, of_port)).isdisjoint(ports)


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
