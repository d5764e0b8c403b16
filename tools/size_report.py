"""Prints what the agent costs a board, and fails when it costs more than the budget stored here.

Measured: the size of each compiled module, and the heap that the started agent keeps in a 64-bit MicroPython, buffers included.
Estimated: the same on a Pico. Buffers and code bytes are as large there; the rest is pointers and objects, of half the size.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from shoal.virtual import image, interpreter
from shoal.virtual.fleet import CREDIT, FRAME
from shoal_board import wire

BUDGET_KEPT = 36_500  # bytes on a 64-bit board; the goal is 20,000 (see docs/benchmarks.md)
BUDGET_CODE = 16_000  # bytes of .mpy
BUFFERS = FRAME + wire.SMALL + 2 * (wire.HEADER + wire.TRAILER)

MEASURE = """
import gc, sys
sys.path.insert(0, {folder!r})
gc.collect()
before = gc.mem_alloc()
from shoal_board import main
from shoal_board.ports.pipe import Port
board = main.Board(Port(0, 1), 1, main.facts("00", 1), {frame}, {credit})
gc.collect()
print(gc.mem_alloc() - before)
"""


def compiled(folder: Path) -> dict[str, int]:
    """Compile the agent into a folder; bytes of each module."""
    image.compile_agent(folder)
    return {str(file.relative_to(folder)): file.stat().st_size for file in sorted(folder.glob("shoal_board/**/*.mpy"))}


def kept(folder: Path) -> int | None:
    """Heap kept by the started agent, bytes, or None without a MicroPython to measure it with."""
    found = interpreter.find()
    if not found.is_micropython:
        return None
    script = folder / "measure.py"
    script.write_text(MEASURE.format(folder=str(folder), frame=FRAME, credit=CREDIT))
    done = subprocess.run(found.command(233_024, str(script)), capture_output=True, text=True, check=True, timeout=30)
    return int(done.stdout)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        sizes = compiled(Path(name))
        heap = kept(Path(name))
    for module, size in sizes.items():
        print(f"{module:<32}{size:>8} B")
    code = sum(sizes.values())
    print(f"{'code (.mpy)':<32}{code:>8} B   budget {BUDGET_CODE}")
    print(f"{'buffers':<32}{BUFFERS:>8} B")
    if heap is None:
        print("heap kept: not measured, there is no MicroPython on this computer")
        return int(code > BUDGET_CODE)
    estimate = BUFFERS + code + (heap - BUFFERS - code) // 2
    print(f"{'heap kept, 64-bit (measured)':<32}{heap:>8} B   budget {BUDGET_KEPT}, goal 20000")
    print(f"{'heap kept, Pico (estimated)':<32}{estimate:>8} B   goal 12000")
    return int(code > BUDGET_CODE or heap > BUDGET_KEPT)


if __name__ == "__main__":
    sys.exit(main())
