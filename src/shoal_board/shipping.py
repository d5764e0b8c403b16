"""Part of a standalone cluster: how functions get from a controller's flash to its boards. Whole modules travel, as they lie
there, compiled or as source.

A function is known by its number. A module is read when a board needs it, and let go of when all boards have what they need: what
there is to remember is in the cluster.
"""

import os
import struct
import sys

from . import wire
from .codec import Writer
from .wire import const

_PIECE = const(960)  # bytes of a module that travel in a frame


def number(cluster, function):
    """The number of a function; a new one is looked for in the modules that are loaded. Raises TypeError if it is in none."""
    functions = cluster.functions
    for place, known in enumerate(functions):
        if known[0] is function:
            return place
    for module in sorted(sys.modules, key=_job_last):
        if _path(module):
            for name, value in sys.modules[module].__dict__.items():
                if value is function:
                    needs = cluster.needs
                    needs = needs.get(module, ()) if isinstance(needs, dict) else needs
                    functions.append((function, tuple(needs) + (module,), name))
                    return len(functions) - 1
    raise TypeError("boards run functions from the top level of job.py or of a module beside it; this is none")


def teach(cluster, member, function):
    """Send a board what it lacks for a function, given by its number."""
    _, modules, name = cluster.functions[function]
    for module in modules:
        stored, code = _read(cluster.code, module)
        if module not in member.known:
            member.known += (module,)
            member.send(wire.STORE, [struct.pack("<IBI", stored, 121, len(code))])  # y
            view = memoryview(code)
            for at in range(0, len(view), _PIECE):
                member.send(wire.PIECE, [view[at : at + _PIECE]])
            _say(member, wire.MODULE, (stored, module))
    member.known += (function,)
    _say(member, wire.BIND, (function, modules[-1], name))


def _say(member, op, value):
    writer = Writer()
    writer.value(value)
    member.send(op, writer.finish())


def _read(codes, module):
    """The id and the bytes of a module. `codes`: those that were read."""
    if module not in codes:
        path = _path(module)
        if not path:
            raise ImportError("no file of the module " + module)
        with open(path, "rb") as file:
            code = file.read()
        if code[:1] == b"M" and not path.endswith(".mpy"):
            code = b"\n" + code  # a board takes what begins with M for compiled
        codes[module] = len(codes) + 1, code
    return codes[module]


def _job_last(module):
    """A function that job.py imported stands in two modules, and need not have the boards import job.py."""
    return (module == "job", module)


def _path(module):
    """Where the file of a loaded module lies, or None: it is none of the user's."""
    for folder in sys.path:
        for end in (".mpy", ".py") if "." not in module else ():
            path = (folder and folder + "/") + module + end
            try:
                os.stat(path)
                return path
            except OSError:
                pass
    return None
