"""CPython's side of `modules`: makes source text importable. Never loaded by MicroPython, whose side is a file system."""

import sys
from importlib.machinery import ModuleSpec


class Finder:
    """Finds modules in a dict of path -> source, as `modules.Modules` keeps it."""

    def __init__(self, files):
        self._files = files
        sys.meta_path.append(self)

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if "/" + name + ".mpy" in self._files else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        exec(compile(self._files["/" + name + ".mpy"], name, "exec"), module.__dict__)
