"""What the package hands out: frozen facts about code on its way to a board, and the one way to refuse it."""

import re
from dataclasses import dataclass

from shoal.errors import FunctionError
from shoal.task import TaskOptions

_INNER = re.compile(r"^_\d+_\d+_(?=.)")  # before the name of a function that stood in another one (`closure`)


@dataclass(frozen=True, slots=True)
class Version:
    """One of several functions in a module of which a board gets only one, under one name (`shoal.versions`).

    of:    the name by which the module's other code knows all of them.
    name:  the name of this one.
    kind:  "" (plain), "native", "viper", "asm_thumb" ...: what a board must be able to run.
    first: its first row in the module's text, decorators included; `last`: its last.
    """

    of: str
    name: str
    kind: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Module:
    """One board module: the needed part of one host file.

    name:     "_s" and 12 hexadecimal digits of the content's hash: also the cache key on a board.
    filename: the host file as Python knows it (`co_filename`).
    text:     source in which every statement stands on the line that it has in the host file.
    versions: those functions of the text of which each board gets the one that suits it.
    one_core: the text for boards that cannot use a second core, where that is another one.
    """

    name: str
    filename: str
    text: str
    versions: tuple[Version, ...] = ()
    one_core: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A function with all that it needs, ready to be compiled.

    modules:  dependencies first, the module that holds the function last.
    function: the name to look up in the last module.
    key:      identity of the shipment: equal keys, equal code.
    options:  what `@shoal.task` said.
    packed:   its answers travel squeezed (`shoal.packed`).
    """

    modules: tuple[Module, ...]
    function: str
    key: str
    options: TaskOptions
    packed: bool = False

    @property
    def title(self) -> str:
        """The function's name as its author knows it."""
        name = _INNER.sub("", self.function)
        return "<lambda>" if name.startswith("_lambda") else name


def refuse(filename: str, line: int, reason: str, hint: str) -> FunctionError:
    """The error that says where, why, and what to do instead."""
    return FunctionError(f"{filename}:{line}: {reason}; {hint}")
