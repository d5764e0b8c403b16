"""The program on a board: it receives tasks, runs them and answers.

The same source runs under MicroPython and CPython. It never imports `shoal`, imports only what MicroPython has, and does
nothing byte by byte in Python. Numbers shared with the host live in `wire`.
"""

from .wire import MICROPYTHON

if not MICROPYTHON:  # a board has it from `start_bus`
    Cluster = None  # what a job.py imports; only a controller has one
