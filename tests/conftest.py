"""What all tests share. Helpers beside this file can be imported by any test."""

import pytest

import interpreters


@pytest.fixture(params=interpreters.NAMES)
def interpreter(request):
    """The name of an interpreter, each in turn; skipped where it is not installed."""
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    return request.param
