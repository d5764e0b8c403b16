"""What lies on a controller's flash for a demonstration, compiled for its boards: machine code for their architecture.

Functions that travel from here (`tiles`, `colours`, and the kernels they use) are packed as those of any task are, but their
modules keep the names of their files, so that a job can import them.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from shoal.demos.colours import paint, palette
from shoal.demos.deeptiles import deep_tile
from shoal.demos.order import by_turns
from shoal.demos.tiles import plain_tile, tile
from shoal.source import Module, compile_module
from shoal.source.depend import Collector
from shoal.source.function import check_entry
from shoal.source.layout import finish

VIRTUAL = "x64"  # the machine code of virtual boards on this computer
ONBOARD = Path(str(files("shoal.demos") / "onboard"))
PICOCRAY_JOB = "from picocray import main\n"


def picocray(arch: str | None, version: tuple[int, int] = (6, 3), job: str = PICOCRAY_JOB) -> dict[str, bytes]:
    """File name -> content: PicoCray's job for boards that load this machine code (None: bytecode only).

    `version`: of their .mpy files; `job`: another job.py, which can import `picocray` and what that imports.
    """
    own = {name: ONBOARD / f"{name}.py" for name in ("picocray", "ili9341", "xpt2046")}
    functions = (tile, plain_tile, deep_tile, paint, palette, by_turns)
    code = {**compiled(own, arch, version), **packed(functions, arch, version)}
    return {"job.py": job.encode(), **{f"{name}.mpy": data for name, data in code.items()}}


def compiled(sources: Mapping[str, Path], arch: str | None, version: tuple[int, int] = (6, 3)) -> dict[str, bytes]:
    """Module name -> code of files that run on boards as they are."""
    texts = {name: file.read_text(encoding="utf-8") for name, file in sources.items()}
    return {name: compile_module(Module(name, f"{name}.py", text), arch, version) for name, text in texts.items()}


def packed(functions: Iterable[Callable[..., Any]], arch: str | None, version: tuple[int, int]) -> dict[str, bytes]:
    """Functions with all that they need, in modules named after their files."""
    collector = Collector()
    parts = [collector.place_function(check_entry(function))[0] for function in functions]
    collector.finish()
    modules = {module.name: module for part in parts for module in finish(part)}
    names = {name: Path(module.filename).stem for name, module in modules.items()}
    assert len(set(names.values())) == len(names), f"two modules of one name: {sorted(names.values())}"
    found = {}
    for module in modules.values():
        text = module.text
        for name, stem in names.items():
            text = text.replace(name, stem)
        named = Module(names[module.name], module.filename, text, module.versions)
        found[named.name] = compile_module(named, arch, version)
    return found
