"""A package of the user's own."""

from . import deep
from .deep import LEVEL, depth  # noqa: F401

BASE = 100


def above(x):
    return x + BASE + deep.LEVEL
