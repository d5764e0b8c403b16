"""Run shipped modules as boards do: by the real MicroPython from `.mpy` files, and by CPython from their text."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import shoal.micropython
from shoal.source import Shipment, compile_module, compile_python

HEAP_OF_A_PICO = "heapsize=233024"


def micropython_command():
    """How to start MicroPython here."""
    if shutil.which("micropython", path=str(Path(sys.executable).parent)):
        return [str(Path(sys.executable).parent / "micropython")]
    return ["micropython"]


def run_micropython(folder: Path, script: str, *shipments: Shipment, arch="x64") -> str:
    """What a script prints that can import the modules of these shipments."""
    for shipment in shipments:
        for module in shipment.modules:
            (folder / f"{module.name}.mpy").write_bytes(compile_module(module, arch))
    main = folder / "main.py"
    main.write_text(f"import sys\nsys.path.insert(0, {str(folder)!r})\n{script}", encoding="utf-8")
    done = subprocess.run(
        [*micropython_command(), "-X", HEAP_OF_A_PICO, str(main)], capture_output=True, timeout=60
    )
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, output
    return output


def load_python(shipment: Shipment):
    """The function as a CPython board gets it: from the text alone."""
    sys.modules["micropython"] = shoal.micropython
    try:
        for module in shipment.modules:
            loaded = sys.modules[module.name] = ModuleType(module.name)
            exec(compile(compile_python(module), f"{module.name}.py", "exec"), vars(loaded))
        return getattr(loaded, shipment.function)
    finally:
        del sys.modules["micropython"]
        for module in shipment.modules:
            del sys.modules[module.name]
