"""`versions`: one function, written several times; every board gets the one that is fastest there.

    @micropython.viper
    def _row_viper(out: ptr8, items: ptr32): ...

    @micropython.asm_thumb
    def _row_thumb(r0, r1): ...

    @versions(_row_viper, _row_thumb)
    def row(out, items): ...              # plain Python: what runs on this computer, and the reference

Other functions call `row`. Assembler comes before viper, viper before native, native before plain Python; what a board's
processor or MicroPython cannot run is left out of the code that it gets. All versions must give equal answers: nobody checks.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from shoal.errors import UsageError

STAND_IN = "shoal.micropython"  # where the functions come from that its decorators put in place of viper ones

Function = TypeVar("Function", bound=Callable[..., Any])


def versions(*others: Callable[..., Any]) -> Callable[[Function], Function]:
    """Say that these functions do what the decorated one does. Raises UsageError for anything but functions.

    The decorated one is plain Python, or `native`, so that every board can run it.
    """
    for other in others:
        if not callable(other):
            raise UsageError(f"versions() takes functions, not {type(other).__name__}")

    def mark(plain: Function) -> Function:
        if not callable(plain) or plain.__module__ == STAND_IN:
            raise UsageError("versions() decorates the plain version; viper and assembler ones are its arguments")
        plain.__shoal_versions__ = others  # type: ignore[attr-defined]
        return plain

    return mark


def versions_of(function: object) -> tuple[Callable[..., Any], ...]:
    """The other versions of a function, or ()."""
    found = getattr(function, "__shoal_versions__", ())
    return found if isinstance(found, tuple) else ()
