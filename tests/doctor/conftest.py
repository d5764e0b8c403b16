"""Boards for these tests: the MicroPython processes behind serial ports of tests/usb."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "usb"))

import unix_boards


@pytest.fixture
def boards(tmp_path):
    made = unix_boards.UnixBoards(tmp_path)
    yield made
    made.close()
