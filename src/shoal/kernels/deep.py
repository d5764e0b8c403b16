"""One row of the Mandelbrot set in 64-bit fixed point Q8.56, for zooms beyond Q6.26.

A number is five 32-bit words of 14 bits: value = w[0] + w[1] * 2**14 + ... + w[4] * 2**56, where w[0] to w[3] are 0 to 16383 and
w[4] carries the sign. Products of words stay below 2**31, so a square is exact, rounded down once to Q8.56.

One buffer holds everything: 0 re, 5 im, 10 re + im; 15, 20, 25 their squares; 30 and 35 c; 40 step; 45 width, 46 limit. There
1024 is added to w[4] where it may be negative: words of 64 bits take what a pointer reads for positive.
"""

# ruff: noqa: F821
# mypy: ignore-errors
# (assembler: its names are registers, instructions and labels)

from array import array
from decimal import Decimal
from fractions import Fraction

from shoal import micropython
from shoal.micropython import ptr16, ptr32
from shoal.versions import versions


def q56(value: float | Fraction | Decimal) -> int:
    """An int, float, Fraction or Decimal as Q8.56: how `deep_row` takes coordinates. Raises OverflowError outside -128 to 128."""
    fixed = round(value * (1 << 56))
    if not -(1 << 63) <= fixed < 1 << 63:
        raise OverflowError(f"{value} does not fit Q8.56, which reaches from -128 to 128")
    return fixed


@micropython.viper
def _row_viper(a: int, t: int, w: ptr32, out: ptr16) -> None:
    b: int = 0
    c: int = 0
    d: int = 0
    e: int = 0
    k: int = 0
    left: int = 0
    pixel: int = 0
    while pixel < w[45]:
        left = w[46]
        t = 0
        k = 0
        while k < 5:
            w[k] = w[k + 30]
            w[k + 5] = w[k + 35]
            t += w[k] + w[k + 5]
            w[k + 10] = t & 16383
            if k == 4:
                w[14] = t - 1024
            t >>= 14
            k += 1
        while left:
            k = 0
            while k < 15:
                a = w[k]
                b = w[k + 1]
                c = w[k + 2]
                d = w[k + 3]
                e = w[k + 4] - 1024
                t = ((a * a >> 14) + 2 * a * b) >> 14
                t = (t + 2 * a * c + b * b) >> 14
                t = ((t + 2 * (a * d + b * c)) >> 14) + 2 * (a * e + b * d) + c * c
                w[k + 15] = t & 16383
                t = (t >> 14) + 2 * (b * e + c * d)
                w[k + 16] = t & 16383
                t = (t >> 14) + 2 * c * e + d * d
                w[k + 17] = t & 16383
                t = (t >> 14) + 2 * d * e
                w[k + 18] = t & 16383
                w[k + 19] = (t >> 14) + e * e
                k += 5
            t = (w[15] + w[20]) >> 14
            t = (t + w[16] + w[21]) >> 14
            t = (t + w[17] + w[22]) >> 14
            t = (t + w[18] + w[23]) >> 14
            if t + w[19] + w[24] >= 4:
                break
            a = 0  # carries of re, im, and their sum
            b = 0
            t = 0
            k = 0
            while k < 5:
                c = w[k + 15]
                d = w[k + 20]
                a += c - d + w[k + 30]
                b += w[k + 25] - c - d + w[k + 35]
                if k == 4:
                    break  # with c's 1024 in both
                w[k] = a & 16383
                w[k + 5] = b & 16383
                t += w[k] + w[k + 5]
                w[k + 10] = t & 16383
                a >>= 14
                b >>= 14
                t >>= 14
                k += 1
            w[4] = a
            w[9] = b
            w[14] = t + a + b - 1024
            left -= 1
        out[pixel] = w[46] - left
        pixel += 1
        t = 0
        k = 30
        while k < 34:
            t += w[k] + w[k + 10]
            w[k] = t & 16383
            t >>= 14
            k += 1
        w[34] += t + w[44] - 1024


@micropython.asm_thumb
def _row_thumb(r0, r1, r2, r3):
    # r8 buffer, r9 out, r10 pixels left, r11 steps left; r7 a place in the buffer
    mov(r4, r8)
    mov(r5, r9)
    mov(r6, r10)
    mov(r7, r11)
    push({r4, r5, r6, r7})
    mov(r8, r2)
    mov(r9, r3)
    add(r2, 120)
    ldr(r4, [r2, 60])
    mov(r10, r4)
    b(MORE)
    label(PIXEL)
    mov(r7, r8)
    mov(r2, r7)
    add(r2, 120)
    ldr(r3, [r2, 64])
    mov(r11, r3)
    mov(r6, 0)
    mov(r3, 4)
    label(BEGIN)
    ldr(r0, [r2, 0])
    str(r0, [r7, 0])
    ldr(r1, [r2, 20])
    str(r1, [r7, 20])
    add(r6, r6, r0)
    add(r6, r6, r1)
    lsl(r5, r6, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 40])
    asr(r6, r6, 14)
    add(r2, 4)
    add(r7, 4)
    sub(r3, 1)
    bne(BEGIN)
    ldr(r0, [r2, 0])
    str(r0, [r7, 0])
    ldr(r1, [r2, 20])
    str(r1, [r7, 20])
    add(r6, r6, r0)
    add(r6, r6, r1)
    mov(r5, 4)
    lsl(r5, r5, 8)
    sub(r6, r6, r5)
    str(r6, [r7, 40])
    label(STEP)
    mov(r7, r8)
    label(SQUARE)  # of re, im and re + im: r0 to r4 their words, r6 the sum, word by word
    ldr(r0, [r7, 0])
    ldr(r1, [r7, 4])
    ldr(r2, [r7, 8])
    ldr(r3, [r7, 12])
    ldr(r4, [r7, 16])
    mov(r5, 4)
    lsl(r5, r5, 8)
    sub(r4, r4, r5)
    mov(r6, r0)
    mul(r6, r0)
    asr(r6, r6, 14)
    mov(r5, r0)
    mul(r5, r1)
    add(r6, r6, r5)
    add(r6, r6, r5)
    asr(r6, r6, 14)
    mov(r5, r0)
    mul(r5, r2)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r1)
    mul(r5, r1)
    add(r6, r6, r5)
    asr(r6, r6, 14)
    mov(r5, r0)
    mul(r5, r3)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r1)
    mul(r5, r2)
    add(r6, r6, r5)
    add(r6, r6, r5)
    asr(r6, r6, 14)
    mov(r5, r0)
    mul(r5, r4)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r1)
    mul(r5, r3)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r2)
    mul(r5, r2)
    add(r6, r6, r5)
    lsl(r5, r6, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 60])
    asr(r6, r6, 14)
    mov(r5, r1)
    mul(r5, r4)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r2)
    mul(r5, r3)
    add(r6, r6, r5)
    add(r6, r6, r5)
    lsl(r5, r6, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 64])
    asr(r6, r6, 14)
    mov(r5, r2)
    mul(r5, r4)
    add(r6, r6, r5)
    add(r6, r6, r5)
    mov(r5, r3)
    mul(r5, r3)
    add(r6, r6, r5)
    lsl(r5, r6, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 68])
    asr(r6, r6, 14)
    mov(r5, r3)
    mul(r5, r4)
    add(r6, r6, r5)
    add(r6, r6, r5)
    lsl(r5, r6, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 72])
    asr(r6, r6, 14)
    mov(r5, r4)
    mul(r5, r4)
    add(r6, r6, r5)
    str(r6, [r7, 76])
    add(r7, 20)
    mov(r5, r8)
    add(r5, 60)
    cmp(r7, r5)
    bne(SQUARE)
    ldr(r0, [r7, 0])
    ldr(r1, [r7, 20])
    add(r0, r0, r1)
    asr(r0, r0, 14)
    ldr(r1, [r7, 4])
    add(r0, r0, r1)
    ldr(r1, [r7, 24])
    add(r0, r0, r1)
    asr(r0, r0, 14)
    ldr(r1, [r7, 8])
    add(r0, r0, r1)
    ldr(r1, [r7, 28])
    add(r0, r0, r1)
    asr(r0, r0, 14)
    ldr(r1, [r7, 12])
    add(r0, r0, r1)
    ldr(r1, [r7, 32])
    add(r0, r0, r1)
    asr(r0, r0, 14)
    ldr(r1, [r7, 16])
    add(r0, r0, r1)
    ldr(r1, [r7, 36])
    add(r0, r0, r1)
    cmp(r0, 4)
    bge(ESCAPED)
    mov(r7, r8)
    mov(r0, 0)
    mov(r1, 0)
    mov(r2, 0)
    mov(r3, 4)
    label(WORD)  # r0 re, r1 im, r2 their sum
    ldr(r4, [r7, 60])
    ldr(r5, [r7, 80])
    sub(r6, r4, r5)
    add(r0, r0, r6)
    ldr(r6, [r7, 120])
    add(r0, r0, r6)
    ldr(r6, [r7, 100])
    sub(r6, r6, r4)
    sub(r6, r6, r5)
    add(r1, r1, r6)
    mov(r6, r7)
    add(r6, 100)
    ldr(r6, [r6, 40])
    add(r1, r1, r6)
    lsl(r4, r0, 18)
    lsr(r4, r4, 18)
    str(r4, [r7, 0])
    asr(r0, r0, 14)
    lsl(r5, r1, 18)
    lsr(r5, r5, 18)
    str(r5, [r7, 20])
    asr(r1, r1, 14)
    add(r2, r2, r4)
    add(r2, r2, r5)
    lsl(r4, r2, 18)
    lsr(r4, r4, 18)
    str(r4, [r7, 40])
    asr(r2, r2, 14)
    add(r7, 4)
    sub(r3, 1)
    bne(WORD)
    ldr(r4, [r7, 60])
    ldr(r5, [r7, 80])
    sub(r6, r4, r5)
    add(r0, r0, r6)
    ldr(r6, [r7, 120])
    add(r0, r0, r6)
    ldr(r6, [r7, 100])
    sub(r6, r6, r4)
    sub(r6, r6, r5)
    add(r1, r1, r6)
    mov(r6, r7)
    add(r6, 100)
    ldr(r6, [r6, 40])
    add(r1, r1, r6)
    str(r0, [r7, 0])
    str(r1, [r7, 20])
    add(r2, r2, r0)
    add(r2, r2, r1)
    mov(r5, 4)
    lsl(r5, r5, 8)
    sub(r2, r2, r5)
    str(r2, [r7, 40])
    mov(r5, r11)
    sub(r5, 1)
    mov(r11, r5)
    beq(ESCAPED)
    b(STEP)
    label(ESCAPED)
    mov(r7, r8)
    add(r7, 120)
    ldr(r0, [r7, 64])
    mov(r1, r11)
    sub(r0, r0, r1)
    mov(r1, r9)
    strh(r0, [r1, 0])
    add(r1, 2)
    mov(r9, r1)
    mov(r2, 0)
    mov(r3, 4)
    label(MOVE)  # c by one step
    ldr(r4, [r7, 0])
    add(r2, r2, r4)
    ldr(r4, [r7, 40])
    add(r2, r2, r4)
    lsl(r4, r2, 18)
    lsr(r4, r4, 18)
    str(r4, [r7, 0])
    asr(r2, r2, 14)
    add(r7, 4)
    sub(r3, 1)
    bne(MOVE)
    ldr(r4, [r7, 0])
    add(r2, r2, r4)
    ldr(r4, [r7, 40])
    add(r2, r2, r4)
    mov(r5, 4)
    lsl(r5, r5, 8)
    sub(r2, r2, r5)
    str(r2, [r7, 0])
    mov(r4, r10)
    sub(r4, 1)
    mov(r10, r4)
    label(MORE)
    mov(r4, r10)
    cmp(r4, 0)
    ble(DONE)
    b(PIXEL)
    label(DONE)
    pop({r4, r5, r6, r7})
    mov(r8, r4)
    mov(r9, r5)
    mov(r10, r6)
    mov(r11, r7)


@versions(_row_viper, _row_thumb)
def _row(a: int, t: int, w: "array[int]", out: "array[int]") -> None:
    real, imaginary, step = [
        sum([w[at + place] << 14 * place for place in range(5)]) - (1024 << 56) for at in (30, 35, 40)
    ]
    for pixel in range(w[45]):
        re, im = real, imaginary
        steps = 0
        while steps < w[46]:
            re_squared = re * re >> 56
            im_squared = im * im >> 56
            total = re_squared + im_squared
            if total >> 58:
                break
            im = ((re + im) * (re + im) >> 56) - total + imaginary
            re = re_squared - im_squared + real
            steps += 1
        out[pixel] = steps
        real += step


def deep_row(imaginary: int, left: int, step: int, width: int = 320, limit: int = 1000) -> "array[int]":
    """The steps after which each of `width` points escapes, as an array of type "H"; `limit` (1 to 65535) for those that do not.

    Point x is left + x * step + imaginary * i; the three are Q8.56 (`q56`). Raises ValueError for points beyond 4 in either
    direction, TypeError for floats.
    """
    if isinstance(imaginary, float) or isinstance(left, float) or isinstance(step, float):
        raise TypeError("coordinates are whole numbers in Q8.56: use q56()")
    if not 0 < limit < 65536 or width < 0:
        raise ValueError("limit is 1 to 65535, width 0 or more")
    if max(abs(left), abs(left + step * (width - 1)), abs(imaginary)) > 4 << 56:
        raise ValueError("points lie between -4 and 4, given in Q8.56: use q56()")
    words = array("i", [0] * 47)
    at = 30
    for value in (left, imaginary, step):
        for _ in range(4):
            words[at] = value & 16383
            value >>= 14
            at += 1
        words[at] = value + 1024
        at += 1
    words[45] = width
    words[46] = limit
    out = array("H", [0] * width)
    _row(0, 0, words, out)
    return out
