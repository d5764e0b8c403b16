"""The only place that asks for the time."""

import time


def now() -> float:
    """Seconds on a clock that only goes forward."""
    return time.monotonic()
