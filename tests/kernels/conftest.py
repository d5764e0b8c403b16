"""The MicroPython of virtual boards, running machine code and running bytecode."""

import sys
from pathlib import Path

import pytest

import interpreters

sys.path.insert(0, str(Path(__file__).parent))

from on_port import Port


@pytest.fixture(scope="session", params=["x64", None], ids=["machine code", "bytecode"])
def port(request, tmp_path_factory):
    why_not = interpreters.missing("micropython")
    if why_not:
        pytest.skip(why_not)
    opened = Port(tmp_path_factory.mktemp("port"), request.param)
    yield opened
    opened.close()
