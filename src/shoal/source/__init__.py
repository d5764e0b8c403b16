"""From a Python function to checked MicroPython modules: find, depend, lay out, check, compile.

Uses no `inspect`, which is slow to import; decides everything on this computer, before anything is sent.
"""

from shoal.source.compile import compile_module, compile_python
from shoal.source.model import Module, Shipment
from shoal.source.pack import pack
from shoal.source.traceback import map_traceback

__all__ = ["Module", "Shipment", "compile_module", "compile_python", "map_traceback", "pack"]
