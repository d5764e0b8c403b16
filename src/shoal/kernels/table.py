"""One call of each kernel whose amount of work is known: for benchmarks.

>>> from shoal.kernels.table import TABLE
>>> [kernel.name for kernel in TABLE][:2]
['mandelbrot_row', 'deep_row']
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shoal import kernels


@dataclass(frozen=True, slots=True)
class Kernel:
    """A call `function(*arguments)` that does what `unit` says `units` times: time / units is the kernel's figure."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    units: int
    unit: str


_TILE = bytes(range(256)) * 4  # 32 x 32 pixels
_WORDS = array("h", range(-500, 500))
_NUMBERS = array("f", [number / 8 for number in range(-100, 100)])

TABLE = (
    Kernel("mandelbrot_row", kernels.mandelbrot_row, (0, -(1 << 24), 1, 100, 200), 20_000, "step"),
    Kernel("deep_row", kernels.deep_row, (0, -(1 << 54), 1, 10, 100), 1_000, "step"),
    Kernel("pi_hits", kernels.pi_hits, (1, 10_000), 10_000, "point"),
    Kernel("prime_flags", kernels.prime_flags, (1_000_000, 10_000), 10_000, "number"),
    Kernel("threshold", kernels.threshold, (_TILE, 128), 1024, "pixel"),
    Kernel("sobel", kernels.sobel, (_TILE, 32), 900, "pixel"),
    Kernel("convolve", kernels.convolve, (_TILE, 32, (1, 2, 1, 2, 4, 2, 1, 2, 1), 4), 900, "pixel"),
    Kernel("dot", kernels.dot, (_WORDS, _WORDS), 1000, "product"),
    Kernel("matmul", kernels.matmul, (_WORDS[:400], _WORDS[:400], 20), 8000, "product"),
    Kernel("dot_float", kernels.dot_float, (_NUMBERS, _NUMBERS), 200, "product"),
)
