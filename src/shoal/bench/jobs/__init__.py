"""Seven jobs that small boards are asked to do: what the feasibility study and the grid of predictions are made with.

Each is a module that is a script too (`shoal run`, `shoal predict`), with its function, `arguments(calls)` and CALLS. They
differ in what they send for what they compute. One paced Pico on USB takes 10 to 40 s for each.
"""

from collections.abc import Mapping
from types import MappingProxyType

from shoal.bench.jobs import image, mandelbrot, matrix, montecarlo, primes, sensors, sort
from shoal.bench.jobs.workload import Workload

_ALL = (
    Workload("mandelbrot", "Mandelbrot set", mandelbrot.row, mandelbrot.arguments, mandelbrot.CALLS),
    Workload("matrix", "matrix product", matrix.tile, matrix.arguments, matrix.CALLS),
    Workload("image", "image filter", image.edges, image.arguments, image.CALLS),
    Workload("sort", "sorting", sort.in_order, sort.arguments, sort.CALLS),
    Workload("montecarlo", "Monte-Carlo", montecarlo.hits, montecarlo.arguments, montecarlo.CALLS),
    Workload("primes", "prime search", primes.primes, primes.arguments, primes.CALLS),
    Workload("sensors", "sensor fan-in", sensors.readings, sensors.arguments, sensors.CALLS),
)
JOBS: Mapping[str, Workload] = MappingProxyType({job.name: job for job in _ALL})

__all__ = ["JOBS", "Workload"]
