"""Dot products and matrix blocks, of 16-bit integers ("h") and of floats ("f").

Integer results are exact: sums are kept in two words. Sums of floats are made in the board's own floats: 32 bits on boards,
64 on this computer and on virtual boards, so the last digits differ between them; on one board all versions agree.
"""

# ruff: noqa: F821
# mypy: ignore-errors
# (assembler: its names are registers, instructions and labels)

from array import array
from typing import TypeAlias

from shoal import micropython
from shoal.micropython import ptr16, ptr32
from shoal.versions import versions

Ints: TypeAlias = "array[int]"
Floats: TypeAlias = "array[float]"


# sums: low, high, first item of a, first of b, distance in b, items. The low sum, of the 15 lowest bits, has room for 65,536.


@micropython.viper
def _dot_viper(low: int, a: ptr16, b: ptr16, sums: ptr32) -> None:
    x: int = 0
    y: int = 0
    at: int = sums[2]
    other: int = sums[3]
    far: int = sums[4]
    left: int = sums[5]
    high: int = 0
    while left:
        x = a[at]
        x -= (x & 32768) << 1
        y = b[other]
        y -= (y & 32768) << 1
        x *= y
        low += x & 32767
        high += x >> 15
        at += 1
        other += far
        left -= 1
    sums[0] = low
    sums[1] = high


@micropython.asm_thumb
def _dot_thumb(r0, r1, r2, r3):
    # r0 low, r1 a, r2 b, r3 and r4 items, r5 bytes to b's next, r6 left, r7 high: 20 cycles a product
    push({r3})
    ldr(r4, [r3, 8])
    lsl(r4, r4, 1)
    add(r1, r1, r4)
    ldr(r4, [r3, 12])
    lsl(r4, r4, 1)
    add(r2, r2, r4)
    ldr(r5, [r3, 16])
    lsl(r5, r5, 1)
    ldr(r6, [r3, 20])
    mov(r7, 0)
    b(MORE)
    label(ITEM)
    ldrh(r4, [r1, 0])
    data(2, 0xB224)  # sxth r4, r4
    ldrh(r3, [r2, 0])
    data(2, 0xB21B)  # sxth r3, r3
    mul(r4, r3)
    lsl(r3, r4, 17)
    lsr(r3, r3, 17)
    add(r0, r0, r3)
    asr(r4, r4, 15)
    add(r7, r7, r4)
    add(r1, 2)
    add(r2, r2, r5)
    sub(r6, 1)
    label(MORE)
    cmp(r6, 0)
    bne(ITEM)
    pop({r3})
    str(r0, [r3, 0])
    str(r7, [r3, 4])


@versions(_dot_viper, _dot_thumb)
def _dot(low: int, a: Ints, b: Ints, sums: Ints) -> None:
    at, other, far, left = sums[2], sums[3], sums[4], sums[5]
    high = 0
    while left:
        product = a[at] * b[other]
        low += product & 32767
        high += product >> 15
        at += 1
        other += far
        left -= 1
    sums[0] = low
    sums[1] = high


def _check_shorts(a: Ints, b: Ints) -> None:
    """Machine code would read other arrays wrongly, without an error. (Boards do not know `typecode`.)"""
    if repr(a[:0]) != "array('h')" or repr(b[:0]) != "array('h')":
        raise TypeError("whole numbers come in arrays of type 'h'")


def dot(a: Ints, b: Ints) -> int:
    """The sum of products of two arrays of type "h" of one length, exact.

    Raises ValueError if the lengths differ, TypeError for anything but such arrays.
    """
    _check_shorts(a, b)
    if len(a) != len(b):
        raise ValueError("the arrays have different lengths")
    total = 0
    sums = array("i", (0, 0, 0, 0, 1, 0))
    for at in range(0, len(a), 32768):
        sums[2] = sums[3] = at
        sums[5] = min(32768, len(a) - at)
        _dot(0, a, b, sums)
        total += (sums[1] << 15) + sums[0]
    return total


def matmul(a: Ints, b: Ints, inner: int) -> list[int]:
    """A block of rows times a block of columns: both arrays of type "h", row by row; `inner` items (to 32768) in a row of a.

    Gives a list of exact ints, row by row. Raises ValueError if the blocks do not fit together, TypeError for other arrays.
    """
    _check_shorts(a, b)
    if not 0 < inner <= 32768 or len(a) % inner or len(b) % inner:
        raise ValueError("rows of a and columns of b have `inner` items")
    width = len(b) // inner
    sums = array("i", (0, 0, 0, 0, width, inner))
    out = []
    for at in range(0, len(a), inner):
        sums[2] = at
        for column in range(width):
            sums[3] = column
            _dot(0, a, b, sums)
            out.append((sums[1] << 15) + sums[0])
    return out


@micropython.native
def _dot_float_native(a: Floats, at: int, b: Floats, other: int, far: int, count: int) -> float:
    total = 0.0
    for _ in range(count):
        total += a[at] * b[other]
        at += 1
        other += far
    return total


@versions(_dot_float_native)
def _dot_float(a: Floats, at: int, b: Floats, other: int, far: int, count: int) -> float:
    total = 0.0
    for _ in range(count):
        total += a[at] * b[other]
        at += 1
        other += far
    return total


def dot_float(a: Floats, b: Floats) -> float:
    """The sum of products of two arrays of type "f" (or "d") of one length. Raises ValueError if the lengths differ."""
    if len(a) != len(b):
        raise ValueError("the arrays have different lengths")
    return _dot_float(a, 0, b, 0, 1, len(a))


def matmul_float(a: Floats, b: Floats, inner: int) -> Floats:
    """A block of rows times a block of columns: both arrays of type "f", row by row; `inner` items in a row of a.

    Gives an array of type "f", row by row. Raises ValueError if the blocks do not fit together.
    """
    if inner < 1 or len(a) % inner or len(b) % inner:
        raise ValueError("rows of a and columns of b have `inner` items")
    width = len(b) // inner
    out = array("f", [0.0] * (len(a) // inner * width))
    place = 0
    for at in range(0, len(a), inner):
        for column in range(width):
            out[place] = _dot_float(a, at, b, column, width, inner)
            place += 1
    return out
