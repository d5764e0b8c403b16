"""What all tests share. Helpers beside this file can be imported by any test."""

import os

import pytest

import interpreters


@pytest.fixture(scope="session", autouse=True)
def no_settings(tmp_path_factory):
    """Measurements and keys of whoever runs the tests change nothing."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))
    yield
    if before is None:
        del os.environ["XDG_CONFIG_HOME"]
    else:
        os.environ["XDG_CONFIG_HOME"] = before


def pytest_addoption(parser):
    parser.addoption("--board", metavar="PORT", help="run the hardware tests on the board at this port, such as /dev/ttyACM0")


@pytest.fixture(params=interpreters.NAMES)
def interpreter(request):
    """The name of an interpreter, each in turn; skipped where it is not installed."""
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    return request.param
