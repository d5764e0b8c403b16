"""Stand-in for MicroPython's module `micropython`, so that one script runs on this computer and on boards.

    from shoal import micropython
    from shoal.micropython import ptr8, uint

Here `@micropython.native` and `@micropython.bytecode` change nothing. `@micropython.viper` passes each
argument through the cast that its annotation names, as a board does. What the stand-in does NOT do: it does
not wrap the results of arithmetic (a board's viper int is one machine word: 32 bits on boards, 64 on
virtual boards), only the casts `uint(x)` and the annotated arguments and results wrap, to 32 bits; and a
ptr may not leave its buffer (IndexError here, any memory on a board). `@micropython.asm_thumb` functions
cannot run here at all. On boards that run CPython this module is what `import micropython` finds.
"""

from array import array
from collections.abc import Callable
from typing import Any, Literal, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Value = TypeVar("Value")

WORD = 1 << 32


def const(value: Value) -> Value:
    """The value; on a board the compiler puts it in place of the name."""
    return value


def native(function: Function) -> Function:
    """Machine code on a board; here the function itself."""
    return function


def bytecode(function: Function) -> Function:
    """Bytecode on a board whatever the module's default; here the function itself."""
    return function


def viper(function: Function) -> Function:
    """Machine code with machine integers on a board; here a function that casts what its annotations name."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    casts = [_cast(function.__annotations__.get(name)) for name in names]
    result = _cast(function.__annotations__.get("return"))

    def viper_call(*arguments: Any) -> Any:
        cast_arguments = [cast(value) for cast, value in zip(casts, arguments, strict=False)]
        return result(function(*cast_arguments, *arguments[len(cast_arguments) :]))

    viper_call.__wrapped__ = function  # type: ignore[attr-defined]
    viper_call.__name__ = function.__name__
    viper_call.__qualname__ = function.__qualname__
    viper_call.__doc__ = function.__doc__
    return viper_call  # type: ignore[return-value]


def asm_thumb(function: Function) -> Function:
    """Thumb assembler on a board; here a function that says that it cannot run."""

    def no_assembler(*arguments: Any) -> Any:
        raise NotImplementedError(f"{function.__name__}() is assembler: it runs on a board only")

    no_assembler.__wrapped__ = function  # type: ignore[attr-defined]
    no_assembler.__name__ = function.__name__
    return no_assembler  # type: ignore[return-value]


def asm_xtensa(function: Function) -> Function:
    """Xtensa assembler on a board; here a function that says that it cannot run."""
    return asm_thumb(function)


def asm_rv32(function: Function) -> Function:
    """RISC-V assembler on a board; here a function that says that it cannot run."""
    return asm_thumb(function)


class _Pointer:
    """A view of a buffer by items of a fixed width: read and written as viper does."""

    itemsize = 1
    typecode: Literal["B", "H", "i"] = "B"

    def __init__(self, buffer: Any) -> None:
        base: memoryview[int] = buffer.memory if isinstance(buffer, _Pointer) else memoryview(buffer)
        flat = base if base.format == "B" else base.cast("B")
        whole = len(flat) - len(flat) % self.itemsize
        self.memory: memoryview[int] = flat[:whole].cast(self.typecode)

    def __getitem__(self, index: int) -> int:
        self._inside(index)
        return int(self.memory[index])

    def __setitem__(self, index: int, value: int) -> None:
        self._inside(index)
        self.memory[index] = value & ((1 << (8 * self.itemsize)) - 1)

    def _inside(self, index: int) -> None:
        # A negative index would be Python's "from the end" here and foreign memory on a board.
        if not 0 <= index < len(self.memory):
            raise IndexError(f"ptr index {index} is outside the buffer of {len(self.memory)} items")


class ptr8(_Pointer):
    """Bytes of a buffer."""


class ptr16(_Pointer):
    """Unsigned 16-bit items of a buffer, in this machine's byte order."""

    itemsize = 2
    typecode = "H"


class ptr32(_Pointer):
    """Signed 32-bit items of a buffer, as a board's viper reads them."""

    itemsize = array("i").itemsize
    typecode = "i"

    def __setitem__(self, index: int, value: int) -> None:
        self._inside(index)
        self.memory[index] = _signed(value)


class uint(int):
    """A machine word without sign: `uint(-1)` is 0xFFFFFFFF."""

    def __new__(cls, value: int = 0) -> int:  # type: ignore[misc]
        return int(value) % WORD


def _signed(value: int) -> int:
    return (int(value) + WORD // 2) % WORD - WORD // 2


def _same(value: Any) -> Any:
    return value


def _as_int(value: Any) -> Any:
    return _signed(value)


CASTS: dict[Any, Callable[[Any], Any]] = {
    int: _as_int,
    uint: uint,
    ptr8: ptr8,
    ptr16: ptr16,
    ptr32: ptr32,
    bool: bool,
    "int": _as_int,
    "uint": uint,
    "ptr8": ptr8,
    "ptr16": ptr16,
    "ptr32": ptr32,
    "bool": bool,
}


def _cast(annotation: Any) -> Callable[[Any], Any]:
    """The cast that an annotation names; anything else (object, None) passes as it is."""
    return CASTS.get(annotation, _same) if isinstance(annotation, (str, type)) else _same
