"""The performance of Shoal beside its peers: what `shoal bench` runs.

Figures and targets are in `figures`, who is measured in `subjects`; `run` measures, `Report` holds results.
"""

from shoal.bench.report import Report, Result
from shoal.bench.runner import run

__all__ = ["Report", "Result", "run"]
