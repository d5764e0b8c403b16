"""What the tests of buses run on boards."""

import gc
import time


def square(x):
    return x * x


def fails_at(x):
    if x == 17:
        raise ValueError("seventeen")
    return x


def size(data):
    return len(data), sum(data)


def zeros(count):
    return bytes(count)


def too_much(_):
    return len(bytearray(4_000_000))


def slow(x):
    time.sleep(0.05)
    return x


def hangs(_):
    while True:
        time.sleep(0.01)


def says(x):
    print("said", x)
    return x


def state(_):
    gc.collect()
    return gc.mem_free() > 0


def slow_for(seconds):
    time.sleep(seconds)
    return seconds


def noise_bytes(seed):
    """2,000 bytes that cannot be squeezed."""
    out = bytearray(2000)
    value = seed * 2654435761 & 0xFFFFFFFF
    for at in range(0, 2000, 4):
        value = (value * 1664525 + 1013904223) & 0xFFFFFFFF
        out[at] = value >> 24
        out[at + 1] = value >> 16 & 255
        out[at + 2] = value >> 20 & 255
        out[at + 3] = value >> 12 & 255
    return bytes(out)
