"""A board with the whole agent on ports/tcp.py, until it is killed. Arguments: port or "host:port" to call, key, unique id."""

import os
import sys

from shoal_board import main
from shoal_board.ports.tcp import Port

where, key, unique_id = sys.argv[1:4]
dial = where if ":" in where else ""
port = Port(bytes([int(key[at : at + 2], 16) for at in range(0, 64, 2)]), "127.0.0.1", 0 if dial else int(where), dial)
facts = {"unique_id": unique_id, "cores": 1}
board = main.Board(port, int.from_bytes(os.urandom(4), "little"), facts, 2048, 8)
print("ready")
while True:
    port.wait()
    board.serve()
