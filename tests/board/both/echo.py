"""Says whether there is something to read, before and after the host sends; then sends back all that comes, to the end.

Arguments: sizes of the blocks to read, in turn.
"""

import sys

from shoal_board.ports.pipe import Port

port = Port(0, 1)
buffer = memoryview(bytearray(1 << 17))
sizes = [int(size) for size in sys.argv[1:]]
port.write(b"yes" if port.ready(20) else b"no ")
port.write(b"yes" if port.ready(30000) else b"no ")
turn = 0
while True:
    block = buffer[: sizes[turn % len(sizes)]]
    turn += 1
    if not port.read(block):
        break
    port.write(block)
