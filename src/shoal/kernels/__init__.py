"""Ready kernels, to pass to `Cluster.map` and `submit`: every board gets the version that is fastest there.

    from shoal import Cluster, kernels

    with Cluster() as cluster:
        rows = [kernels.q26(y / 100) for y in range(-100, 100)]
        picture = list(cluster.map(kernels.mandelbrot_row, rows))

Each is plain Python here, and the reference; on boards viper code, or assembler where that pays. All give equal answers; for
floats see `linear`. docs/kernels.md has the figures.
"""

from shoal.kernels.deep import deep_row, q56
from shoal.kernels.image import convolve, sobel, threshold
from shoal.kernels.linear import dot, dot_float, matmul, matmul_float
from shoal.kernels.mandelbrot import mandelbrot_row, q26
from shoal.kernels.montecarlo import pi_hits
from shoal.kernels.primes import count_primes, prime_flags
from shoal.versions import versions

__all__ = [
    "convolve",
    "count_primes",
    "deep_row",
    "dot",
    "dot_float",
    "mandelbrot_row",
    "matmul",
    "matmul_float",
    "pi_hits",
    "prime_flags",
    "q26",
    "q56",
    "sobel",
    "threshold",
    "versions",
]
