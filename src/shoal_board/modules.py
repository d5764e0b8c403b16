"""Modules sent by the host become importable without touching the flash.

Under MicroPython they are files of a read-only file system in RAM; under CPython a finder imports them from source.
"""

import io
import sys

from .wire import MICROPYTHON, const

if MICROPYTHON:
    try:
        import vfs
    except ImportError:  # before 1.23
        import os as vfs
else:
    from .finder import Finder

_MOUNT = "/shoal"
_FILE = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ENOENT = const(2)
_COMPILED = const(0x4D)  # how every .mpy begins: "M"


class Modules:
    """The RAM file system: files that were added and not yet imported."""

    def __init__(self):
        self._files = {}
        if MICROPYTHON:
            vfs.mount(self, _MOUNT)
            sys.path.insert(0, _MOUNT)
        else:
            Finder(self._files)

    def add(self, name, content):
        """Make a module importable: `content` is an .mpy or source text; under CPython source text."""
        sys.modules.pop(name, None)
        compiled = not MICROPYTHON or content[0] == _COMPILED
        self._files["/" + name + (".mpy" if compiled else ".py")] = content

    def function(self, module, name):
        """A function of an added module. Raises whatever its import raises."""
        value = getattr(__import__(module), name)
        for path in list(self._files):
            if path[1:].split(".")[0] in sys.modules:
                del self._files[path]  # its code is on the heap now
        return value

    # What MicroPython asks of a file system.

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path in self._files:
            return _FILE
        raise OSError(_ENOENT)

    def open(self, path, mode):
        return io.BytesIO(self._files[path])
