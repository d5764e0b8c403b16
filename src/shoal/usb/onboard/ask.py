"""Prints what a board is, as one tuple: typed into the raw REPL. `identify` reads it.

An agent in its flash counts as installed only if the manifest and every file that it names are whole: damaged code could take the
board down. Without a manifest, a folder of ours is an agent that was not written to the end.
"""

import gc
import os
import sys
from binascii import crc32

FOLDER = "/lib/shoal_board"


def there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def text(path, size):
    try:
        with open(path) as file:
            return file.read(size)
    except OSError:
        return None


def installed():
    """The release of the agent in flash, or ""."""
    try:
        with open(FOLDER + "/manifest") as manifest:
            release = manifest.readline().strip()
            for line in manifest:
                path, size, crc = line.split()
                with open(path, "rb") as file:
                    data = file.read()
                if (len(data) != int(size) or crc32(data) != int(crc, 16)) and path != "/main.py":
                    return ""
            return release
    except (OSError, ValueError):
        return ""


try:
    from machine import unique_id

    identity = unique_id().hex()
except (ImportError, AttributeError):
    identity = ""
try:
    disk = os.statvfs("/")
    disk = disk[0] * disk[3]
except OSError:
    disk = 0
release = installed()
gc.collect()
system = sys.implementation
print(
    (
        system.name,
        tuple(system[1][:3]),
        getattr(system, "_machine", ""),
        getattr(system, "_mpy", 0),
        sys.platform,
        identity,
        gc.mem_free(),
        disk,
        release,
        there(FOLDER) and not release,
        there("/shoal_network.json"),
        there("/shoal_bus.json"),
        text("/main.py", 9),
    )
)
