"""How many times slower a real Pico is than a virtual board on this computer: measured here, once in a process.

The measure is a Mandelbrot step in floats, because that is what is known of a real Pico: 57 to 75 microseconds (66 taken) on an
emulated RP2040 at 125 MHz under MicroPython 1.28. Boards of other kinds follow by the catalogue's benchmark.
"""

import functools
import subprocess
from pathlib import Path

from shoal.errors import LinkError
from shoal.virtual.interpreter import Interpreter

PICO_STEP_S = 66e-6
_SCRIPT = str(Path(__file__).with_name("onboard") / "speed.py")


@functools.cache
def ratio(interpreter: Interpreter) -> float:
    """A Pico's seconds for one second of processor time of a virtual board."""
    done = subprocess.run(interpreter.command(1 << 20, _SCRIPT), capture_output=True, text=True, timeout=30)
    try:
        return PICO_STEP_S / float(done.stdout)
    except ValueError:
        raise LinkError(f"cannot measure the speed of virtual boards: {done.stderr or done.stdout}") from None
