"""One row of the Mandelbrot set in fixed point Q6.26: 32-bit numbers with 26 bits behind the point.

A square is (a >> 13)**2 + ((a >> 13) * (a & 0x1FFF) >> 12): all in 32 bits, at most two units of 2**-26 below the exact one,
and -1 for some tiny a, which is why 2 is added to the sum of two. z*z takes three squares, since 2*re*im is (re + im)**2 minus
that sum. A point has escaped when |z|**2 >= 4, which is one shift of the sum read without a sign: it stays below 2**32 while
|c| is at most 5.6. A row is refused that goes beyond 4 in either direction.

Counts up to 255 are bytes, others words of 16 bits. Machine code always writes two bytes, low byte first, and goes on by one or
two: the high byte, 0 in a row of bytes, is where the next point is written, and the last one is cut off.

Pixels closer than about 2**-20 look alike in Q6.26; `deep` zooms further.
"""

# ruff: noqa: F821
# mypy: ignore-errors
# (assembler: its names are registers, instructions and labels)

from array import array

from shoal import micropython
from shoal.micropython import ptr8, ptr32
from shoal.versions import versions

ONE = 1 << 26


def q26(value: float) -> int:
    """A number such as -0.75 as Q6.26: how `mandelbrot_row` takes coordinates. Raises OverflowError outside -32 to 32."""
    fixed = round(value * ONE)
    if not -(1 << 31) <= fixed < 1 << 31:
        raise OverflowError(f"{value} does not fit Q6.26, which reaches from -32 to 32")
    return fixed


@micropython.viper
def _row_viper(re: int, im: int, out: ptr8, view: ptr32):
    left: int = 0
    square: int = 0
    low: int = 0
    both: int = 0
    total: int = 0
    at: int = 0
    end: int = view[3] * view[5]
    limit: int = view[4]
    sign: int = 1
    sign <<= 31  # words of 64 bits take what a pointer reads for positive
    real: int = (view[0] ^ sign) - sign
    imaginary: int = (view[1] ^ sign) - sign
    step: int = (view[2] ^ sign) - sign
    while at < end:
        re = real
        im = imaginary
        left = limit
        while left:
            low = re >> 13
            square = low * low + (low * (re & 8191) >> 12)
            low = im >> 13
            low = low * low + (low * (im & 8191) >> 12)
            total = square + low + 2
            if total >> 28:
                break
            both = re + im
            re = square - low + real
            im = both >> 13
            im = im * im + (im * (both & 8191) >> 12) - total + imaginary
            left -= 1
        left = limit - left
        out[at] = left
        out[at + 1] = left >> 8
        real += step
        at += view[5]


@micropython.asm_thumb
def _row_thumb(r0, r1, r2, r3):
    # r2 out, r3 view: left, imaginary, step, width, limit, bytes of a count. A step is 33 cycles.
    # r0 re, r1 im, r2..r5 squares, r6 steps left, r7 real of c; r8 out, r9 view, r10 imaginary of c, r11 pixels left
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r8, r2)
    mov(r9, r3)
    ldr(r7, [r3, 0])
    ldr(r0, [r3, 4])
    mov(r10, r0)
    ldr(r0, [r3, 12])
    mov(r11, r0)
    b(MORE)
    label(PIXEL)
    mov(r3, r9)
    ldr(r6, [r3, 16])
    mov(r0, r7)
    mov(r1, r10)
    label(STEP)
    asr(r2, r0, 13)
    lsl(r3, r0, 19)
    lsr(r3, r3, 19)
    mul(r3, r2)
    asr(r3, r3, 12)
    mul(r2, r2)
    add(r2, r2, r3)
    asr(r3, r1, 13)
    lsl(r4, r1, 19)
    lsr(r4, r4, 19)
    mul(r4, r3)
    asr(r4, r4, 12)
    mul(r3, r3)
    add(r3, r3, r4)
    add(r4, r0, r1)
    add(r5, r2, r3)
    add(r5, 2)
    lsr(r0, r5, 28)
    bne(ESCAPED)
    sub(r0, r2, r3)
    add(r0, r0, r7)
    asr(r1, r4, 13)
    lsl(r4, r4, 19)
    lsr(r4, r4, 19)
    mul(r4, r1)
    asr(r4, r4, 12)
    mul(r1, r1)
    add(r1, r1, r4)
    sub(r1, r1, r5)
    data(2, 0x4451)  # add r1, r10
    sub(r6, 1)
    bne(STEP)
    label(ESCAPED)
    mov(r3, r9)
    ldr(r0, [r3, 16])
    sub(r0, r0, r6)
    mov(r1, r8)
    strb(r0, [r1, 0])
    lsr(r0, r0, 8)
    strb(r0, [r1, 1])
    ldr(r0, [r3, 20])
    add(r1, r1, r0)
    mov(r8, r1)
    ldr(r0, [r3, 8])
    add(r7, r7, r0)
    mov(r0, r11)
    sub(r0, 1)
    mov(r11, r0)
    label(MORE)
    mov(r0, r11)
    cmp(r0, 0)
    bgt(PIXEL)
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)


@versions(_row_viper, _row_thumb)
def _row(re: int, im: int, out: bytearray, view: array) -> None:
    real, imaginary, step, width, limit, size = view
    for at in range(0, width * size, size):
        re, im = real, imaginary
        steps = 0
        while steps < limit:
            high = re >> 13
            re_squared = high * high + (high * (re & 8191) >> 12)
            high = im >> 13
            im_squared = high * high + (high * (im & 8191) >> 12)
            total = re_squared + im_squared + 2
            if total >> 28:
                break
            high = (re + im) >> 13
            im = high * high + (high * ((re + im) & 8191) >> 12) - total + imaginary
            re = re_squared - im_squared + real
            steps += 1
        out[at] = steps & 255
        out[at + 1] = steps >> 8
        real += step


def mandelbrot_row(
    imaginary: int, left: int = -134217728, step: int = 629146, width: int = 320, limit: int = 100
) -> "bytes | array[int]":
    """The steps after which each of `width` points escapes; `limit` (1 to 65535) for those that do not.

    As bytes where `limit` is 255 at most, else as an array of type "H". Point x is left + x * step + imaginary * i; the three are
    Q6.26 (`q26`), the defaults show -2 to 1 in 320 pixels. Raises ValueError for points beyond 4 in either direction, TypeError
    for floats.
    """
    if isinstance(imaginary, float) or isinstance(left, float) or isinstance(step, float):
        raise TypeError("coordinates are whole numbers in Q6.26: use q26()")
    right = left + step * (width - 1)
    if not 0 < limit < 65536 or width < 0:
        raise ValueError("limit is 1 to 65535, width 0 or more")
    if max(abs(left), abs(right), abs(imaginary)) > 268435456:
        raise ValueError("points lie between -4 and 4, given in Q6.26: use q26()")
    size = 1 if limit < 256 else 2
    out = bytearray(width * size + 1)
    _row(0, 0, out, array("i", (left, imaginary, step, width, limit, size)))
    counts = bytes(memoryview(out)[: width * size])
    return counts if size == 1 else array("H", counts)
