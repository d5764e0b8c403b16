"""What one board holds: functions with their modules, and values that were put. Says what to send and to drop; sends nothing.

A board's memory is small and a program may ship any number of functions, so the least recently used are dropped. Only two lumps
are on a board at a time: what they need is never among the oldest.
"""

from collections.abc import Iterable
from typing import NamedTuple

FUNCTIONS = 24  # kept on a board at a time: some 10 KB of code


class Lesson(NamedTuple):
    """What teaching a function takes: its number, the modules to send, and what goes to make room."""

    number: int
    missing: list[str]
    dropped_numbers: list[int]
    dropped_modules: list[str]


class Holdings:
    def __init__(self) -> None:
        self.values: dict[int, bool] = {}  # ids of values that were put
        self._functions: dict[str, tuple[int, tuple[str, ...]]] = {}  # key -> number and modules; most recently used last
        self._taught = 0

    def number(self, key: str) -> int | None:
        """The number of a function on the board, or None if it is not there. Counts as a use."""
        known = self._functions.pop(key, None)
        if known is None:
            return None
        self._functions[key] = known
        return known[0]

    def teach(self, key: str, modules: Iterable[str]) -> Lesson:
        """Make room for a function and note it."""
        needed = tuple(modules)
        dropped = []
        before = self._modules()
        while len(self._functions) >= FUNCTIONS:
            oldest = next(iter(self._functions))
            dropped.append(self._functions.pop(oldest)[0])
        number = self._taught & 0xFFFF
        self._taught += 1
        kept = self._modules()
        self._functions[key] = (number, needed)
        gone = [module for module in before if module not in kept and module not in needed]
        return Lesson(number, [module for module in needed if module not in before], dropped, gone)

    def _modules(self) -> dict[str, bool]:
        return {module: True for _, modules in self._functions.values() for module in modules}
