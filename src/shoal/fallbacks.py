"""Says, once for each function, which boards run it in a slower way than its author asked for: bytecode, or one core.

Both answer alike, so nothing fails; but who pays for machine code wants to know. A Python warning (RuntimeWarning, at the
function's line) comes with the first such board, and the account names all of them.
"""

import contextlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from shoal.source import Module, Shipment
from shoal.source.compiler import why_bytecode
from shoal.source.machine import lost, usable_cores
from shoal.work import architecture

Note = Callable[[str, str], None]


class Fallbacks:
    """What was said so far. `note(key, text)` puts a line into the account, in place of the one with the same key."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._known: set[tuple[str, str]] = set()
        self._boards: dict[tuple[str, str], list[str]] = {}  # (function, why) -> names of boards

    def taught(self, board: str, shipment: Shipment, facts: Mapping[str, Any]) -> None:
        """A board learns a function. Costs one look-up if both are known."""
        if (board, shipment.key) in self._known:
            return
        self._known.add((board, shipment.key))
        mpy = facts["mpy"]
        version = mpy & 0xFF, mpy >> 8 & 3
        arch = architecture(mpy) or None
        why = why_bytecode(arch, version) if mpy else "it runs CPython"
        for module in shipment.modules:
            for function, line in lost(module, None if why else arch):
                reason = why or f"it has no version for {arch}"
                self._say(board, function, f"runs as bytecode on {{}}: {reason}", module, line)
        if shipment.options.cores > 1 and (why or usable_cores(facts["platform"], facts["cores"]) < 2):
            what = "runs on one core on {}: its MicroPython has no second one to use"
            kernel = shipment.modules[-2]
            self._say(board, shipment.function, what, kernel, _line(kernel, shipment.function))

    def _say(self, board: str, function: str, what: str, module: Module, line: int) -> None:
        boards = self._boards.setdefault((function, what), [])
        boards.append(board)
        if len(boards) == 1:
            text = f"{function} {what.format(f'{board} and boards like it')}"
            with contextlib.suppress(RuntimeWarning):  # where warnings are errors: the cluster's thread must live
                warnings.warn_explicit(text, RuntimeWarning, module.filename, line, registry={})
        shown = ", ".join(boards[:8]) + (f" and {len(boards) - 8} more" if len(boards) > 8 else "")
        self._note(f"{function} {what}", f"note: {function} {what.format(shown)}")


def _line(module: Module, function: str) -> int:
    """The line on which a function of a module begins."""
    before, found, _ = module.text.partition(f"def {function}(")
    return before.count("\n") + 1 if found else 1
