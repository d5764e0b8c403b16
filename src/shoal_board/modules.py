"""Modules sent by the host become importable without touching the flash.

Under MicroPython they are files of a read-only file system in RAM; under CPython they are executed from source.
"""

import io
import sys

try:
    import vfs
except ImportError:  # CPython
    vfs = None

_MOUNT = "/shoal"
_FILE = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_ENOENT = 2


class Modules:
    """The RAM file system, and what was imported from it."""

    def __init__(self):
        self._files = {}
        if vfs:
            vfs.mount(self, _MOUNT)
            sys.path.insert(0, _MOUNT)

    def add(self, name, content):
        """Make a module importable: `content` is an .mpy (MicroPython) or source text (CPython)."""
        sys.modules.pop(name, None)
        self._files["/" + name + ".mpy"] = content

    def function(self, module, name):
        """A function of an added module; imports what was added. Raises whatever the import raises."""
        if not vfs:
            self._execute()
        value = getattr(__import__(module), name)
        self._files = {}  # the code is on the heap now
        return value

    def _execute(self):
        """CPython's way of importing: in the order of arrival, so that a module finds those it needs."""
        for path, content in self._files.items():
            name = path[1:-4]
            module = type(sys)(name)
            exec(compile(content, name, "exec"), module.__dict__)
            sys.modules[name] = module

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
