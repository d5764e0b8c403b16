"""A processor for the standalone cluster: the agent on the socket at descriptor 0."""

import os
import sys

from shoal_board import main
from shoal_board.ports import pipe


class Port(pipe.Port):
    def read(self, view):
        return super().read(memoryview(view))  # it may come in pieces


sys.modules["shoal_board"].Cluster = None  # as `start_bus` does
main.Board(Port(0, 0), int.from_bytes(os.urandom(4), "little"), {"unique_id": "", "cores": 1}, 2048, 8).serve()
