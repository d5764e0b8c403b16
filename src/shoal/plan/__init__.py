"""A cluster before it is bought: does it work, what does it cost, draw and compute, and what else would the money buy?

Pure: a plan's text in, a judgement out; facts come from the catalogue. See docs/plan.md.
"""

from shoal.plan.judging import Judgement, judge
from shoal.plan.reading import read

__all__ = ["Judgement", "judge", "read"]
