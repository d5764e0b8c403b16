"""What a virtual board runs: the agent on a socket at descriptor 0. Runs under MicroPython and under CPython.

Arguments: unique id (hex), cores, frame, credit, pace ratio, seconds a byte to the board and to the host, latency in seconds.
"""

import os
import sys

import machine
import pace

from shoal_board import main
from shoal_board.ports.pipe import Port

if sys.implementation.name == "cpython":
    import stand_in  # noqa: F401

unique_id, cores, frame, credit, ratio, to_board, to_host, latency = sys.argv[1:9]
machine.started_as(unique_id)
port = Port(0, 0)
clock = main.ticks_us
if float(ratio):
    pace.touch_heap()
    paced = pace.Clock(float(ratio))
    clock = paced.now
    port = pace.Port(port, paced, float(to_board), float(to_host), float(latency))
boot = int.from_bytes(os.urandom(4), "little")
board = main.Board(port, boot, main.facts(unique_id, int(cores)), int(frame), int(credit), clock)
if float(ratio):
    paced.imports(board.agent.modules)
board.serve()
