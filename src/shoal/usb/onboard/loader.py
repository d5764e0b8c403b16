"""Loads the agent from the computer into RAM: what a board runs first, typed into its raw REPL.

Its package is a file system whose files come when they are asked for: a line "<path>" to the computer, the file's bytes back. So
only one of them takes RAM at a time, in the order in which they import each other. Ctrl-C is off meanwhile: files hold any
byte. After a second of silence the load fails, and Ctrl-C is on again. Nothing is written to the flash.
`FILES`: path -> (bytes, CRC-32), or 0 for a folder.
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
        return io.BytesIO(fetch(path, *FILES[path]))


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
finally:
    sys.path.pop(0)
    vfs.umount("/shoal_ram")
    micropython.kbd_intr(3)
    for name in ("FILES", "fetch", "poll", "Ram"):
        globals().pop(name, 0)
    gc.collect()
