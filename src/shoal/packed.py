"""Answers that travel squeezed: a shipment whose function's answers boards make smaller (`shoal.squeeze`), and when that pays.

A board is given one module more, whose function calls the user's and squeezes what it returns; `Work` spreads it here again. So
the agent knows nothing of it, and boards get the squeezing as machine code of their own architecture.

On a wire that boards share, answers of `@task(pack=None)` (the default) are squeezed when it is known to pay: the bytes of the
last answers of that function kept the wire busy for longer than half of the boards' computing. Its first job never is.
"""

import hashlib
from array import array
from dataclasses import replace
from typing import Any

from shoal.protocol import Result
from shoal.source import Module, Shipment, pack
from shoal.squeeze import squeeze

WORTH = 0.5  # of the time that each board computes, on average, the wire must be busy with answers
SMALLEST = 64  # bytes of an answer; below, its frame is most of it
_WRAPPER = """from {squeezing} import squeeze as _squeeze
from {module} import {name} as _function
def {name}(*args, **kwargs):
 return _squeeze(_function(*args, **kwargs))
"""


def packed(shipment: Shipment) -> Shipment:
    """The same function, whose answers are squeezed."""
    squeezing = pack(squeeze).modules
    facts = {"squeezing": squeezing[-1].name, "module": shipment.modules[-1].name, "name": shipment.function}
    text = _WRAPPER.format(**facts)
    wrapper = Module(f"_s{hashlib.sha256(text.encode()).hexdigest()[:12]}", "<packed answers>", text)
    known = {module.name for module in shipment.modules}
    modules = (*shipment.modules, *(module for module in squeezing if module.name not in known), wrapper)
    return replace(shipment, modules=modules, key=f"{wrapper.name}.{shipment.function}", packed=True)


class Habits:
    """Which functions' answers are worth squeezing on a wire that boards share, learned from their answers.

    `byte_us`: microseconds that the wire needs for a byte; 0: every board has a wire of its own, and nothing is squeezed.
    """

    def __init__(self, byte_us: float, boards: int) -> None:
        self._byte_us = byte_us
        self._boards = boards
        self._worth: dict[str, bool] = {}  # shipment key -> whether

    def choose(self, shipment: Shipment) -> Shipment:
        """The shipment to use, by what its author said, or by what is known."""
        wanted = shipment.options.pack
        if wanted is None:
            wanted = self._worth.get(shipment.key, False)
        return packed(shipment) if wanted else shipment

    def learn(self, shipment: Shipment, result: Result) -> None:
        """A lump was answered."""
        if not self._byte_us or shipment.packed or shipment.options.pack is not None:
            return
        size = sum(_size(item) for item in result.results)
        busy_s = size * self._byte_us / 1e6 * self._boards
        self._worth[shipment.key] = size >= SMALLEST * len(result.results) and busy_s > WORTH * result.compute


def _size(result: Any) -> int:
    """Bytes of an answer that could be squeezed."""
    if isinstance(result, array):
        return len(result) * result.itemsize if result.typecode in "bBhH" else 0
    return len(result) if isinstance(result, bytes | bytearray) else 0
