"""Options of a task: what `@shoal.task(...)` may say about a function, checked when it is said.

The decorator leaves the function what it was: a plain function that runs locally when called.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, overload

from shoal.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """How calls of one function are treated.

    timeout: seconds one call may take on a board before the board is restarted; None: no limit.
    retries: how often a call that raised is tried again, 0 or more.
    native:  compile the function to machine code where the board can run it.
    needs:   names of what a board must have to be given these calls, e.g. ("wifi",).
    tune:    before the first call, try it as bytecode, native and viper code on one board, and keep the fastest (`shoal.tune`).
    cores:   2: `map` runs on both cores of boards that have two; docs/native.md says what such a function may do.
    pack:    True: bytes and arrays that it returns travel squeezed (`shoal.squeeze`), to arrive as they were; False: never; None:
             where boards share a wire and what came before says that it pays.
    width:   with cores=2, results that the function writes for each item: 0 for one number, else so many as bytes or an array.
    """

    timeout: float | None = None
    retries: int = 0
    native: bool = False
    needs: tuple[str, ...] = ()
    tune: bool = False
    cores: int = 1
    width: int = 0
    pack: bool | None = None


DEFAULTS = TaskOptions()
MOST_WIDTH = 65535
KNOWN = tuple(field.name for field in fields(TaskOptions))


@overload
def task(function: Function, /) -> Function: ...
@overload
def task(**options: Any) -> Callable[[Function], Function]: ...
def task(function: Function | None = None, /, **options: Any) -> Function | Callable[[Function], Function]:
    """Set options of a function: `@task`, `@task(timeout=5, retries=1, native=True, needs=("wifi",))`.

    Raises UsageError for an unknown option, a value of the wrong type, and options that exclude each other.
    """
    checked = _checked(options)

    def mark(marked: Function) -> Function:
        if not callable(marked):
            raise UsageError(f"task() decorates a function, not {type(marked).__name__}")
        marked.__shoal__ = checked  # type: ignore[attr-defined]
        return marked

    return mark if function is None else mark(function)


def options_of(function: object) -> TaskOptions:
    """The options that `task` set on this function, or the defaults."""
    options = getattr(function, "__shoal__", None) or getattr(getattr(function, "__wrapped__", None), "__shoal__", None)
    return options if isinstance(options, TaskOptions) else DEFAULTS


def _checked(options: dict[str, Any]) -> TaskOptions:
    for name, value in options.items():
        if name not in KNOWN:
            raise UsageError(f"task() has no option {name!r}; it knows {', '.join(KNOWN)}")
        complaint = _complaint(name, value)
        if complaint:
            raise UsageError(f"task({name}={value!r}): {name} must be {complaint}")
    _check_together(options)
    if "needs" in options:
        options = {**options, "needs": tuple(options["needs"])}
    return TaskOptions(**options)


def _check_together(options: dict[str, Any]) -> None:
    if options.get("tune") and (options.get("native") or options.get("cores", 1) > 1):
        other = "native=True" if options.get("native") else "cores=2"
        raise UsageError(f"task(tune=True, {other}): tune=True chooses the code by itself; say one of the two")
    if options.get("native") and options.get("cores", 1) > 1:
        raise UsageError("task(native=True, cores=2): cores=2 wants a viper function, which is machine code already")
    if options.get("width") and options.get("cores", 1) < 2:
        raise UsageError("task(width=...): width goes with cores=2")


def _complaint(name: str, value: Any) -> str:
    """What the value of this option must be, or "" when it is that."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "timeout":
        return "" if value is None or (number and value > 0) else "a number of seconds above 0, or None"
    if name == "retries":
        return "" if number and isinstance(value, int) and value >= 0 else "a whole number, 0 or more"
    if name == "pack":
        return "" if value is None or isinstance(value, bool) else "True, False or None"
    if name in ("native", "tune"):
        return "" if isinstance(value, bool) else "True or False"
    if name == "cores":
        return "" if number and value in (1, 2) and isinstance(value, int) else "1 or 2"
    if name == "width":
        return "" if number and isinstance(value, int) and 0 <= value <= MOST_WIDTH else f"a whole number, 0 to {MOST_WIDTH}"
    names = isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value)
    return "" if names else 'a tuple of names such as ("wifi",)'
