"""What a unit of each kernel costs on a board, by the board's own clock, as the account has it."""

from array import array

from shoal import Cluster
from shoal.bench.loader import Measured
from shoal.errors import ShoalError
from shoal.kernels.mandelbrot import _row_viper
from shoal.kernels.table import TABLE, Kernel

_POINTS, _LIMIT = 20, 200  # all of them inside the set: each takes every step


def viper_row(left: int, width: int, limit: int) -> bytes:
    """`mandelbrot_row` by its viper version, where the board would take the assembler's."""
    out = bytearray(width + 1)
    _row_viper(0, 0, out, array("i", (left, 0, 1, width, limit, 1)))  # type: ignore[arg-type]  # buffers are its pointers
    return bytes(out[:width])


_VIPER = Kernel("mandelbrot_viper", viper_row, (-(1 << 24), _POINTS, _LIMIT), _POINTS * _LIMIT, "step")


def measure(_name: str, _figure: str, repetitions: int, _count: int, where: str) -> Measured:
    """Measure every kernel of the table. Its answer must be what it is here."""
    with Cluster(where) as cluster:
        values = {kernel.name: _measure(cluster, kernel, repetitions) for kernel in (*TABLE, _VIPER)}
        firmware = ", ".join(sorted({f"{board.kind or board.platform} with {board.firmware}" for board in cluster.boards}))
    return values, f"on {firmware}"


def _measure(cluster: Cluster, kernel: Kernel, repetitions: int) -> list[float]:
    """Microseconds a unit, once per repetition; a first call, which loads the code, does not count."""
    # The stand-in for viper here knows no pointers to words; the kernel itself is the same function.
    expected = bytes([_LIMIT]) * _POINTS if kernel is _VIPER else kernel.function(*kernel.arguments)
    times = []
    for _ in range(1 + repetitions):
        before = _compute_s(cluster)
        answer = cluster.submit(kernel.function, *kernel.arguments).result()
        if answer != expected:
            raise ShoalError(f"{kernel.name} gives another answer on the board than here")
        times.append((_compute_s(cluster) - before) / kernel.units * 1e6)
    return times[1:]


def _compute_s(cluster: Cluster) -> float:
    return sum(board.compute_s for board in cluster.account().boards)
