"""Grey tiles: threshold, Sobel edges, any 3x3 convolution.

A tile is bytes (or what `bytes` makes them of), one a pixel, row by row. The 3x3 kernels take a tile with a border of one pixel
around what they answer for: of a tile of w by h pixels they give (w - 2) * (h - 2). Cut a picture into tiles that overlap by two
rows.
"""

# ruff: noqa: F821
# mypy: ignore-errors
# (assembler: its names are registers, instructions and labels)

from array import array
from collections.abc import Sequence

from shoal import micropython
from shoal.micropython import ptr8, ptr32
from shoal.versions import versions


def _bytes(tile):
    """A tile as the buffer of bytes that machine code reads."""
    return tile if isinstance(tile, (bytes, bytearray)) else bytes(tile)


@micropython.viper
def _threshold_viper(at: int, out: ptr8, tile: ptr8, view: ptr32) -> None:
    count: int = view[0]
    level: int = view[1]
    while at < count:
        if tile[at] >= level:
            out[at] = 255
        at += 1


@micropython.asm_thumb
def _threshold_thumb(r0, r1, r2, r3):
    # r1 out, r2 tile, r3 pixels left, r4 level: 12 cycles a pixel
    ldr(r4, [r3, 4])
    ldr(r3, [r3, 0])
    mov(r6, 255)
    b(MORE)
    label(PIXEL)
    ldrb(r5, [r2, 0])
    cmp(r5, r4)
    blt(DARK)
    strb(r6, [r1, 0])
    label(DARK)
    add(r1, 1)
    add(r2, 1)
    sub(r3, 1)
    label(MORE)
    cmp(r3, 0)
    bgt(PIXEL)


@versions(_threshold_viper, _threshold_thumb)
def _threshold(at: int, out: bytearray, tile: bytes, view: "array[int]") -> None:
    for at in range(view[0]):
        if tile[at] >= view[1]:
            out[at] = 255


def threshold(tile: bytes, level: int = 128) -> bytes:
    """255 for every pixel of at least this level, else 0."""
    tile = _bytes(tile)
    out = bytearray(len(tile))
    _threshold(0, out, tile, array("i", (len(tile), max(0, min(256, level)))))
    return bytes(out)


@micropython.viper
def _sobel_viper(at: int, out: ptr8, tile: ptr8, view: ptr32) -> None:
    # at: the upper left pixel of the nine; two pixels are left out at the end of each row.
    width: int = view[0]
    x: int = 0
    y: int = 0
    a: int = 0
    b: int = 0
    to: int = 0
    column: int = width - 2
    count: int = column * view[1]
    while to < count:
        a = tile[at]
        b = tile[at + 2 * width + 2]
        x = b - a
        y = x
        a = tile[at + 2]
        b = tile[at + 2 * width]
        x += a - b
        y += b - a
        x += 2 * (tile[at + width + 2] - tile[at + width])
        y += 2 * (tile[at + 2 * width + 1] - tile[at + 1])
        if x < 0:
            x = 0 - x
        if y < 0:
            y = 0 - y
        x += y
        if x > 255:
            x = 255
        out[to] = x
        to += 1
        at += 1
        column -= 1
        if not column:
            column = width - 2
            at += 2


@micropython.asm_thumb
def _sobel_thumb(r0, r1, r2, r3):
    # r1, r2, r3 three rows, r0 out; r8 columns left, r9 columns, r10 rows left: 53 cycles a pixel
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    push({r4, r5, r6})
    mov(r0, r1)
    ldr(r4, [r3, 0])
    ldr(r5, [r3, 4])
    mov(r10, r5)
    mov(r1, r2)
    add(r2, r2, r4)
    add(r3, r2, r4)
    sub(r4, 2)
    mov(r9, r4)
    mov(r8, r4)
    label(PIXEL)
    ldrb(r4, [r3, 2])
    ldrb(r5, [r1, 0])
    sub(r4, r4, r5)
    ldrb(r5, [r1, 2])
    ldrb(r6, [r3, 0])
    sub(r5, r5, r6)
    add(r6, r4, r5)
    sub(r4, r4, r5)
    ldrb(r5, [r2, 2])
    ldrb(r7, [r2, 0])
    sub(r5, r5, r7)
    add(r6, r6, r5)
    add(r6, r6, r5)
    ldrb(r5, [r3, 1])
    ldrb(r7, [r1, 1])
    sub(r5, r5, r7)
    add(r4, r4, r5)
    add(r4, r4, r5)
    asr(r5, r6, 31)
    eor(r6, r5)
    sub(r6, r6, r5)
    asr(r5, r4, 31)
    eor(r4, r5)
    sub(r4, r4, r5)
    add(r6, r6, r4)
    lsr(r4, r6, 8)
    beq(FITS)
    mov(r6, 255)
    label(FITS)
    strb(r6, [r0, 0])
    add(r0, 1)
    add(r1, 1)
    add(r2, 1)
    add(r3, 1)
    mov(r4, r8)
    sub(r4, 1)
    mov(r8, r4)
    bne(PIXEL)
    mov(r8, r9)
    add(r1, 2)
    add(r2, 2)
    add(r3, 2)
    mov(r4, r10)
    sub(r4, 1)
    mov(r10, r4)
    bne(PIXEL)
    pop({r4, r5, r6})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)


@versions(_sobel_viper, _sobel_thumb)
def _sobel(at: int, out: bytearray, tile: bytes, view: "array[int]") -> None:
    width, height = view
    to = 0
    for _ in range(height):
        for _ in range(width - 2):
            falling = tile[at + 2 * width + 2] - tile[at]
            rising = tile[at + 2] - tile[at + 2 * width]
            x = falling + rising + 2 * (tile[at + width + 2] - tile[at + width])
            y = falling - rising + 2 * (tile[at + 2 * width + 1] - tile[at + 1])
            out[to] = min(255, abs(x) + abs(y))
            to += 1
            at += 1
        at += 2


def sobel(tile: bytes, width: int) -> bytes:
    """The strength of edges: |gx| + |gy| of the Sobel operator, at most 255. Raises ValueError if the tile is no rectangle."""
    tile = _bytes(tile)
    if width < 3 or len(tile) % width or len(tile) < 3 * width:
        raise ValueError("the tile is 3 by 3 pixels or more, in rows of `width`")
    height = len(tile) // width - 2
    out = bytearray((width - 2) * height)
    _sobel(0, out, tile, array("i", (width, height)))
    return bytes(out)


@micropython.viper
def _convolve_viper(at: int, out: ptr8, tile: ptr8, view: ptr32) -> None:
    total: int = 0
    to: int = 0
    width: int = view[10]
    shift: int = view[9]
    column: int = width - 2
    count: int = column * view[11]
    sign: int = 1
    sign <<= 31  # words of 64 bits take what a pointer reads for positive
    a: int = (view[0] ^ sign) - sign
    b: int = (view[1] ^ sign) - sign
    c: int = (view[2] ^ sign) - sign
    d: int = (view[3] ^ sign) - sign
    e: int = (view[4] ^ sign) - sign
    f: int = (view[5] ^ sign) - sign
    g: int = (view[6] ^ sign) - sign
    h: int = (view[7] ^ sign) - sign
    i: int = (view[8] ^ sign) - sign
    while to < count:
        total = a * tile[at] + b * tile[at + 1] + c * tile[at + 2]
        at += width
        total += d * tile[at] + e * tile[at + 1] + f * tile[at + 2]
        at += width
        total += g * tile[at] + h * tile[at + 1] + i * tile[at + 2]
        at -= 2 * width
        total >>= shift
        if total < 0:
            total = 0
        if total > 255:
            total = 255
        out[to] = total
        to += 1
        at += 1
        column -= 1
        if not column:
            column = width - 2
            at += 2


@micropython.asm_thumb
def _convolve_thumb(r0, r1, r2, r3):
    # r1, r2, r3 three rows, r0 out, r7 view, r4 total; r8 columns left, r9 columns, r10 rows left: 79 cycles a pixel
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    push({r4, r5, r6})
    mov(r7, r3)
    mov(r0, r1)
    ldr(r4, [r7, 40])
    ldr(r5, [r7, 44])
    mov(r10, r5)
    mov(r1, r2)
    add(r2, r2, r4)
    add(r3, r2, r4)
    sub(r4, 2)
    mov(r9, r4)
    mov(r8, r4)
    label(PIXEL)
    ldr(r4, [r7, 0])
    ldrb(r6, [r1, 0])
    mul(r4, r6)
    ldr(r5, [r7, 4])
    ldrb(r6, [r1, 1])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 8])
    ldrb(r6, [r1, 2])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 12])
    ldrb(r6, [r2, 0])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 16])
    ldrb(r6, [r2, 1])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 20])
    ldrb(r6, [r2, 2])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 24])
    ldrb(r6, [r3, 0])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 28])
    ldrb(r6, [r3, 1])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 32])
    ldrb(r6, [r3, 2])
    mul(r5, r6)
    add(r4, r4, r5)
    ldr(r5, [r7, 36])
    data(2, 0x412C)  # asr r4, r5
    asr(r5, r4, 31)
    bic(r4, r5)  # 0 where it is below 0
    lsr(r5, r4, 8)
    beq(FITS)
    mov(r4, 255)
    label(FITS)
    strb(r4, [r0, 0])
    add(r0, 1)
    add(r1, 1)
    add(r2, 1)
    add(r3, 1)
    mov(r4, r8)
    sub(r4, 1)
    mov(r8, r4)
    bne(PIXEL)
    mov(r8, r9)
    add(r1, 2)
    add(r2, 2)
    add(r3, 2)
    mov(r4, r10)
    sub(r4, 1)
    mov(r10, r4)
    bne(PIXEL)
    pop({r4, r5, r6})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)


@versions(_convolve_viper, _convolve_thumb)
def _convolve(at: int, out: bytearray, tile: bytes, view: "array[int]") -> None:
    shift, width, height = view[9], view[10], view[11]
    to = 0
    for _ in range(height):
        for _ in range(width - 2):
            total = 0
            for row in range(3):
                for place in range(3):
                    total += view[3 * row + place] * tile[at + row * width + place]
            out[to] = max(0, min(255, total >> shift))
            to += 1
            at += 1
        at += 2


def convolve(tile: bytes, width: int, weights: Sequence[int], shift: int = 0) -> bytes:
    """Each pixel and its eight neighbours times nine whole weights (row by row, each within +-100000), shifted right, 0 to 255.

    `convolve(tile, width, (1, 2, 1, 2, 4, 2, 1, 2, 1), 4)` blurs. Raises ValueError if the tile is no rectangle.
    """
    tile = _bytes(tile)
    if width < 3 or len(tile) % width or len(tile) < 3 * width:
        raise ValueError("the tile is 3 by 3 pixels or more, in rows of `width`")
    if len(weights) != 9 or max(weights) > 100000 or min(weights) < -100000 or not 0 <= shift < 31:
        raise ValueError("nine whole weights within +-100000, and a shift of 0 to 30")
    height = len(tile) // width - 2
    out = bytearray((width - 2) * height)
    _convolve(0, out, tile, array("i", list(weights) + [shift, width, height]))
    return bytes(out)
