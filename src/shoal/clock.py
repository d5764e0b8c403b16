"""The only place that asks for the time."""

import time


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()


def thread_s() -> float:
    """Processor seconds that the calling thread has used."""
    return time.thread_time()
