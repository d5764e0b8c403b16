"""A package of the user's own."""

from . import deep
from .deep import LEVEL, depth

BASE = 100


def above(x):
    return x + BASE + deep.LEVEL
