"""Standard output and standard error, where one stands in for the other."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OUT, _ERROR = 1, 2


@contextmanager
def moved() -> Iterator[None]:
    """What this program and those that it starts print goes to standard error, until the context ends."""
    sys.stdout.flush()
    kept = os.dup(_OUT)
    os.dup2(_ERROR, _OUT)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, _OUT)
        os.close(kept)
