"""Loads the agent from the computer into RAM: what a board runs first, typed into its raw REPL.

Its package is a file system whose files come when they are asked for: a line "<path>" to the computer, the file's bytes back. So
only one of them takes RAM at a time, in the order in which they import each other. Those that the start does not need, the agent
loads later, and lets go again: they stay on the board, compressed ("<path>.z"). Ctrl-C is off meanwhile, because files hold any
byte; after a second of silence the load fails, and Ctrl-C is on again. Nothing is written to the flash.
`FILES`: path -> (bytes, CRC-32, bytes compressed, CRC-32 of these), or 0 for a folder.
"""

import gc
import io
import select
import sys
from binascii import crc32

import micropython

try:
    import vfs
except ImportError:  # MicroPython 1.22
    import os as vfs
try:
    import deflate
except ImportError:
    deflate = None

FILES = {}


class Ram:
    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path in FILES:
            return (0x8000 if FILES[path] else 0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        raise OSError(2)

    def open(self, path, mode):
        data = FILES[path]
        if type(data) is tuple:
            del FILES[path]
            return io.BytesIO(fetch(path, data[0], data[1]))
        return deflate.DeflateIO(io.BytesIO(data), deflate.RAW, 10) if deflate else io.BytesIO(data)


def fetch(name, size, check):
    gc.collect()
    whole = bytearray(size)
    view = memoryview(whole)
    print(name)
    while len(view):
        if not poll.poll(1000):
            raise OSError(110)
        view = view[sys.stdin.buffer.readinto(view[:256]) :]
    if crc32(whole) != check:
        raise OSError(5)
    return whole


poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
micropython.kbd_intr(-1)
vfs.mount(Ram(), "/shoal_ram")
sys.path.insert(0, "/shoal_ram")
try:
    import shoal_board.start_usb  # noqa: F401

    for path in list(FILES):
        data = FILES[path]
        if data:
            FILES[path] = fetch(path + ".z", data[2], data[3]) if deflate else fetch(path, data[0], data[1])
finally:
    sys.path.pop(0)
    micropython.kbd_intr(3)
    for name in ("fetch", "poll", "path", "data", "Ram"):
        globals().pop(name, 0)
    gc.collect()
