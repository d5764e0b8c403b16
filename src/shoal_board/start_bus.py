"""Starts a board of a bus. All have one program: the role pin at ground makes one of them the controller, the others processors.

A board does one thing after another: it starts, runs a job, serves computers. Each is a step that gives the next one, so that the
code of those before it can be let go: what is left of them is in `serve`, which is short.
"""

import gc
import sys

from .parts import part, tidy


def serve(chosen=None):
    """Be what the role pin says, until a KeyboardInterrupt. `chosen`: as in shoal_bus.json; None: what is there."""
    sys.modules["shoal_board"].Cluster = None  # job.py is imported on processors, too
    step = part("starting").begin
    arguments = (chosen,)
    while step:
        step, arguments = step(*arguments)
        tidy()
        tidy()
        gc.collect()
