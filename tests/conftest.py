"""What all tests share. Helpers beside this file can be imported by any test."""

import pytest

import interpreters


def pytest_addoption(parser):
    parser.addoption("--board", metavar="PORT", help="run the hardware tests on the board at this port, such as /dev/ttyACM0")


@pytest.fixture(params=interpreters.NAMES)
def interpreter(request):
    """The name of an interpreter, each in turn; skipped where it is not installed."""
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    return request.param
