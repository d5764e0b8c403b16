"""Prints the seconds of one Mandelbrot step in floats on this interpreter: the best of several short runs."""

import time

if hasattr(time, "ticks_us"):
    ticks, since = time.ticks_us, time.ticks_diff
else:  # CPython

    def ticks():
        return time.perf_counter_ns() // 1000

    def since(later, earlier):
        return later - earlier


def steps(count):
    x = y = 0.0
    cx = -0.5
    cy = 0.1
    for _ in range(count):
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            break
        y = 2.0 * x * y + cy
        x = xx - yy + cx


def measure(count=250, runs=60, bursts=6, pause=0.04):
    """Bursts with pauses: a computer that is shared is slow for tens of milliseconds at a time."""
    best = 1e9
    for _ in range(bursts):
        for _ in range(runs):
            start = ticks()
            steps(count)
            best = min(best, since(ticks(), start))
        time.sleep(pause)
    return best / count / 1e6


print("%.12f" % measure())
