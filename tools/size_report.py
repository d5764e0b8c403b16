"""Prints what the agent costs a board, and fails when it costs more than the budget stored here.

Measured here: the size of each compiled file, and the heap that the started agent keeps in a 64-bit MicroPython, where an object
takes twice what it takes on a board. On an emulated Pico (MicroPython 1.28) with the agent installed, its port and its guard
included, before a host has called, the figure was PICO_KEPT when the budgets were set, of 239,824 bytes that were free before.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from shoal import image
from shoal.defaults import BOARD_CREDIT as CREDIT
from shoal.defaults import BOARD_FRAME as FRAME
from shoal.virtual import interpreter

BUDGET_KEPT = 14_000  # bytes on a 64-bit board
BUDGET_RESIDENT = 8_400  # bytes of .mpy that are always loaded: the agent, its port, its guard
BUDGET_CODE = 15_600  # bytes of .mpy in all
PICO_KEPT = 11_904
BUDGET_CONTROLLER = 24_000  # bytes of .mpy that a controller on I2C loads to run a job
BUDGET_PROCESSOR = 15_500  # and that a processor on I2C always has
_BOTH = ("__init__", "peer", "start_bus")
CONTROLLER = (*_BOTH, "terminal", "ports/usb", "ports/i2c", "ports/block", "bus", "standalone")
PROCESSOR = (*_BOTH, "as_processor", "starting", "main", "processor", "ports/i2c_target", "ports/block", "hardware")
ON_DEMAND = ("session", "modules", "values", "store", "text", "trouble")

MEASURE = """
import gc, sys
sys.path.insert(0, {folder!r})
import array, binascii, builtins, io, select, struct, time, uctypes
gc.collect()
before = gc.mem_alloc()
from shoal_board import main
from shoal_board.ports.pipe import Port
board = main.Board(Port(0, 1), 1, {{}}, {frame}, {credit})
gc.collect()
print(gc.mem_alloc() - before)
"""


def write(files: dict[str, bytes], folder: Path) -> None:
    for name, code in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(code)


def kept(folder: Path) -> int | None:
    """Heap kept by the started agent, bytes, or None without a MicroPython to measure it with."""
    found = interpreter.find()
    if not found.is_micropython:
        return None
    write(image.agent(("pipe",)), folder)
    script = folder / "measure.py"
    script.write_text(MEASURE.format(folder=str(folder), frame=FRAME, credit=CREDIT))
    done = subprocess.run(found.command(233_024, str(script)), capture_output=True, text=True, check=True, timeout=30)
    return int(done.stdout)


def main() -> int:
    resident = code = 0
    for name, data in image.agent(("usb",)).items():
        on_demand = Path(name).stem in ON_DEMAND
        print(f"{name:<34}{len(data):>8} B{'   when needed' if on_demand else ''}")
        code += len(data)
        resident += 0 if on_demand else len(data)
    files = image.agent(("i2c_target",))
    bus = {name.removeprefix("shoal_board/").removesuffix(".mpy"): len(data) for name, data in files.items()}
    controller, processor = (sum(bus[name] for name in names) for names in (CONTROLLER, PROCESSOR))
    with tempfile.TemporaryDirectory() as name:
        heap = kept(Path(name))
    print(f"{'code (.mpy)':<34}{code:>8} B   budget {BUDGET_CODE}")
    print(f"{'of which always loaded':<34}{resident:>8} B   budget {BUDGET_RESIDENT}")
    print(f"{'on a bus: both roles (.mpy)':<34}{sum(bus.values()):>8} B")
    print(f"{'a controller that runs a job':<34}{controller:>8} B   budget {BUDGET_CONTROLLER}")
    print(f"{'a processor':<34}{processor:>8} B   budget {BUDGET_PROCESSOR}")
    over = code > BUDGET_CODE or resident > BUDGET_RESIDENT or controller > BUDGET_CONTROLLER or processor > BUDGET_PROCESSOR
    if heap is None:
        print("heap kept: not measured, there is no MicroPython on this computer")
        return int(over)
    print(f"{'heap kept, 64-bit (measured)':<34}{heap:>8} B   budget {BUDGET_KEPT}")
    print(f"{'heap kept, Pico (measured once)':<34}{PICO_KEPT:>8} B   goal 12000")
    return int(over or heap > BUDGET_KEPT)


if __name__ == "__main__":
    sys.exit(main())
