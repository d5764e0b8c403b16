"""`pack`: a function as a shipment, remembered for as long as nothing that it uses was bound anew.

Called on every submit, so the remembered answer is checked, not rebuilt: the same code and defaults, and
the same objects behind all globals and captured variables that were shipped (identity, in C). Globals that
can change in place (lists, dicts, sets) are compared by content, whose cost grows with their size: pass
large ones as arguments instead.
"""

import marshal
from operator import is_
from types import CellType, CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary, ref

from shoal.source.check import check
from shoal.source.constants import is_mutable
from shoal.source.cores import runner
from shoal.source.depend import Collector
from shoal.source.function import Forced, check_entry
from shoal.source.layout import finish
from shoal.source.model import Shipment
from shoal.task import TaskOptions, options_of

EXACT = 2  # the marshal version whose output depends on values only, not on how often they are referenced


class Packed:
    """A shipment and what it was made from."""

    __slots__ = (
        "_captured",
        "_code",
        "_content",
        "_defaults",
        "_globals",
        "_mutable",
        "_options",
        "shipment",
    )

    def __init__(self, function: FunctionType, collector: Collector, shipment: Shipment) -> None:
        self.shipment = shipment
        self._code: CodeType = function.__code__
        self._defaults = function.__defaults__
        self._options = options_of(function)
        self._globals = [
            (namespace.get, tuple(seen), tuple(seen.values()))
            for namespace, seen in collector.globals_seen.values()
        ]
        self._captured = [(cell, _held(value)) for cell, value in collector.cells_seen]
        values = [value for _, seen in collector.globals_seen.values() for value in seen.values()]
        self._mutable = [value for value in values if is_mutable(value)]
        self._content = marshal.dumps(self._mutable, EXACT)

    def is_current(self, function: FunctionType) -> bool:
        """True if packing again would give the same shipment."""
        if function.__code__ is not self._code or function.__defaults__ is not self._defaults:
            return False
        for get, names, values in self._globals:
            if not all(map(is_, map(get, names), values)):
                return False
        if self._captured and not all(_is_held(cell, held) for cell, held in self._captured):
            return False
        if self._mutable and marshal.dumps(self._mutable, EXACT) != self._content:
            return False
        return options_of(function) is self._options


_packed: WeakKeyDictionary[FunctionType, Packed] = WeakKeyDictionary()


def pack(function: Any) -> Shipment:
    """The function with all that it needs, checked for boards. Raises FunctionError, naming file and line.

    Global variables travel with the values that they have now; what a board does to them stays on that board.
    """
    try:
        packed = _packed.get(function)
    except TypeError:  # no function: not hashable, or no weak references to it
        packed = None
    if packed is not None and packed.is_current(function):
        return packed.shipment
    entry = check_entry(function)
    collector = Collector()
    shipment = _shipment(entry, collector, options_of(function))
    _packed[function] = Packed(function, collector, shipment)
    return shipment


def variant(function: Any, forced: Forced) -> Shipment:
    """The same function as other code than its author asked for, not remembered. Raises FunctionError if that cannot be."""
    entry = check_entry(function)
    return _shipment(entry, Collector(entry, forced), options_of(function))


def _shipment(entry: FunctionType, collector: Collector, options: TaskOptions) -> Shipment:
    part, name = collector.place_function(entry)
    collector.finish()
    modules = finish(part)
    check(modules)
    if options.cores > 1:
        modules = (*modules, runner(entry, modules[-1], name, options.width))
        name = entry.__name__
    return Shipment(modules, name, f"{modules[-1].name}.{name}", options)


def _held(value: object) -> object:
    """The value, or a weak reference to a function: a function that captures itself must be able to die."""
    return ref(value) if isinstance(value, FunctionType) else value


def _is_held(cell: CellType, held: object) -> bool:
    try:
        value = cell.cell_contents
    except ValueError:
        return False
    return (held() if isinstance(held, ref) else held) is value
