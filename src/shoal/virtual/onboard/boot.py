"""What a virtual board runs: the agent on a socket at descriptor 0, or listening. Runs under MicroPython and under CPython.

Arguments: unique id (hex), cores, frame, credit, pace ratio, seconds a byte to the board and to the host, latency in seconds,
TCP port to listen at (then the key comes from descriptor 0) or 0.
"""

import os
import sys

import machine
import pace

from shoal_board import main

if sys.implementation.name == "cpython":
    import stand_in  # noqa: F401

unique_id, cores, frame, credit, ratio, to_board, to_host, latency, listen = sys.argv[1:10]
machine.started_as(unique_id)
if int(listen):
    from shoal_board.ports.tcp import Port

    stdin = open(0, "rb", 0)  # noqa: SIM115 - closing it would give its number to the socket
    port = listening = Port(stdin.read(32), "127.0.0.1", int(listen))
else:
    from shoal_board.ports.pipe import Port

    port, listening = Port(0, 0), None
clock = main.ticks_us
if float(ratio):
    pace.touch_heap()
    paced = pace.Clock(float(ratio))
    clock = paced.now
    port = pace.Port(port, paced, float(to_board), float(to_host), float(latency))
boot = int.from_bytes(os.urandom(4), "little")
board = main.Board(port, boot, {"unique_id": unique_id, "cores": int(cores)}, int(frame), int(credit), clock)
if float(ratio):
    board.agent.around = paced.imports
if listening:
    while True:
        listening.wait()
        board.serve()
board.serve()
