"""What lies beside these tests can be imported by them; and `print` is what it was when a test has ended."""

import builtins
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
_PRINT = builtins.print


@pytest.fixture(autouse=True)
def own_print():
    """An agent has `print` to itself while it serves; of several in this process the last to end would leave another's."""
    yield
    builtins.print = _PRINT
