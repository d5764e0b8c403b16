"""A board without an agent: answers on ports/tcp.py until it is killed. Arguments: port, key, or "host:port" to call and key.

The host sends commands: `e` and a u16 length and so many bytes, which come back; `m`, answered by the bytes of heap in use, u32;
`s`, to sleep for a second and answer "."; `w` and a u16, to send so many kilobytes.
"""

import gc
import struct
import sys
import time

from shoal_board.ports.tcp import Port

where, key = sys.argv[1:3]
dial = where if ":" in where else ""
port = Port(bytes([int(key[at : at + 2], 16) for at in range(0, 64, 2)]), "127.0.0.1", 0 if dial else int(where), dial)


def used():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def serve():
    while True:
        command = bytearray(1)
        if not port.read(command):
            return
        if command == b"m":
            port.write(struct.pack("<I", used()))
        elif command == b"s":
            time.sleep(1)
            port.write(b".")
        else:
            head = bytearray(2)
            if not port.read(head):
                return
            size = struct.unpack("<H", head)[0]
            if command == b"w":
                for _ in range(size):
                    port.write(bytes(1024))
            else:
                data = bytearray(size)
                if not port.read(data):
                    return
                port.write(data)


print("ready")
while True:
    port.wait()
    serve()
