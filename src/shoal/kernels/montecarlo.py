"""Points in a square and in its quarter circle, drawn with a 32-bit xorshift generator: four times their ratio is about pi.

Every point is one step of the generator: 15 bits of it are x, 15 others are y.
"""

# ruff: noqa: F821
# mypy: ignore-errors
# (assembler: its names are registers, instructions and labels)

from array import array

from shoal import micropython
from shoal.micropython import ptr32
from shoal.versions import versions


@micropython.viper
def _hits_viper(s: int, x: int, y: int, state: ptr32) -> int:
    # A word is 32 bits on boards and 64 on virtual ones: `mask` keeps 32 of either.
    hits: int = 0
    left: int = state[1]
    mask: int = 65535
    mask = mask << 16 | mask
    s = state[0] & mask
    while left:
        s ^= s << 13 & mask
        s ^= s >> 17 & 32767
        s ^= s << 5 & mask
        x = s >> 1 & 32767
        y = s >> 17 & 32767
        if not (x * x + y * y) >> 30:
            hits += 1
        left -= 1
    return hits


@micropython.asm_thumb
def _hits_thumb(r0, r1, r2, r3):
    # r3 state, points. r0 hits, r1 generator, r2 points left, r3 x, r4 y: 20 cycles a point
    ldr(r1, [r3, 0])
    ldr(r2, [r3, 4])
    mov(r0, 0)
    cmp(r2, 0)
    beq(DONE)
    label(POINT)
    lsl(r3, r1, 13)
    eor(r1, r3)
    lsr(r3, r1, 17)
    eor(r1, r3)
    lsl(r3, r1, 5)
    eor(r1, r3)
    lsl(r3, r1, 16)
    lsr(r3, r3, 17)
    lsr(r4, r1, 17)
    mul(r3, r3)
    mul(r4, r4)
    add(r3, r3, r4)
    lsr(r3, r3, 30)
    bne(OUTSIDE)
    add(r0, 1)
    label(OUTSIDE)
    sub(r2, 1)
    bne(POINT)
    label(DONE)


@versions(_hits_viper, _hits_thumb)
def _hits(s: int, x: int, y: int, state: array) -> int:
    s, left = state
    s &= 0xFFFFFFFF
    hits = 0
    for _ in range(left):
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        x = s >> 1 & 32767
        y = s >> 17
        if x * x + y * y < 1073741824:
            hits += 1
    return hits


def pi_hits(seed: int, points: int = 10000) -> int:
    """How many of so many random points (0 to 2**30) lie in the quarter circle; each seed, any int, gives other points.

    pi is about 4 * hits / points.
    """
    if not 0 <= points <= 1073741824:
        raise ValueError("points is 0 to 2**30")
    state = (seed * 2654435761 + 0x9E3779B9) & 0xFFFFFFFF or 1
    for _ in range(4):  # neighbouring seeds begin far apart
        state = state * 1664525 + 1013904223 & 0xFFFFFFFF
        state ^= state >> 15
    state = state or 1
    return _hits(0, 0, 0, array("i", (state - (state >> 31 << 32), points)))
