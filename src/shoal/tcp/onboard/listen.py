"""The agent on a computer that is a board: listens, under CPython. The key comes from descriptor 0.

Arguments: address and port to listen at, unique id (hex), cores. Says "ready" on descriptor 1 when it listens.
"""

import os
import sys

import machine
import stand_in  # noqa: F401

from shoal_board import main
from shoal_board.ports.tcp import Port

address, listen, unique_id, cores = sys.argv[1:5]
machine.started_as(unique_id)
port = Port(os.read(0, 32), address, int(listen))
boot = int.from_bytes(os.urandom(4), "little")
described = {"unique_id": unique_id, "cores": int(cores)}
board = main.Board(port, boot, described, 16384, 32)  # a computer has room for larger frames
os.write(1, b"ready\n")
while True:
    port.wait()
    board.serve()
