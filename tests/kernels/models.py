"""What each kernel computes, written down a second time from its definition, as directly as Python allows."""

from fractions import Fraction
from math import floor


def square_q26(value):
    """The square in Q6.26 without the square of the 13 lowest bits."""
    return (value * value - (value & 8191) ** 2) >> 26


def mandelbrot_row(imaginary, left, step, width, limit):
    row = []
    for x in range(width):
        c = left + x * step, imaginary
        re, im = c
        count = 0
        while count < limit:
            a, b = square_q26(re), square_q26(im)
            if a + b + 2 >= 4 << 26:
                break
            re, im = a - b + c[0], square_q26(re + im) - (a + b + 2) + c[1]
            count += 1
        row.append(count)
    return row


def deep_row(imaginary, left, step, width, limit):
    one = Fraction(1 << 56)

    def square(value):
        return Fraction(floor(value * value * one)) / one

    row = []
    for x in range(width):
        c = (left + x * step) / one, imaginary / one
        re, im = c
        count = 0
        while count < limit:
            a, b = square(re), square(im)
            if a + b >= 4:
                break
            re, im = a - b + c[0], square(re + im) - a - b + c[1]
            count += 1
        row.append(count)
    return row


def pi_hits(seed, points):
    state = (seed * 2654435761 + 0x9E3779B9) % 2**32 or 1
    for _ in range(4):
        state = (state * 1664525 + 1013904223) % 2**32
        state ^= state // 2**15
    state = state or 1
    hits = 0
    for _ in range(points):
        for shift in (13, -17, 5):
            state ^= state * 2**shift % 2**32 if shift > 0 else state // 2**-shift
        x, y = state // 2 % 2**15, state // 2**17
        hits += Fraction(x, 2**15) ** 2 + Fraction(y, 2**15) ** 2 < 1
    return hits


def is_prime(number):
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def convolve(tile, width, weights, shift):
    height = len(tile) // width
    rows = [tile[y * width : (y + 1) * width] for y in range(height)]
    out = []
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            near = [rows[y + dy][x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
            total = sum(weight * pixel for weight, pixel in zip(weights, near, strict=True))
            out.append(min(255, max(0, floor(Fraction(total, 2**shift)))))
    return bytes(out)


def sobel(tile, width):
    height = len(tile) // width
    rows = [tile[y * width : (y + 1) * width] for y in range(height)]
    out = []
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            across = sum(w * (rows[y + d][x + 1] - rows[y + d][x - 1]) for d, w in ((-1, 1), (0, 2), (1, 1)))
            down = sum(w * (rows[y + 1][x + d] - rows[y - 1][x + d]) for d, w in ((-1, 1), (0, 2), (1, 1)))
            out.append(min(255, abs(across) + abs(down)))
    return bytes(out)


def matmul(a, b, inner):
    width = len(b) // inner
    return [
        sum(a[row * inner + k] * b[k * width + column] for k in range(inner))
        for row in range(len(a) // inner)
        for column in range(width)
    ]
