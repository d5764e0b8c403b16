"""Which serial ports may have a board behind them: judged by USB id, before anything is opened.

Ports that the system does not list as USB (a terminal that an emulator gives, a UART of a Raspberry Pi) are used when a spec
names their path, or when $SHOAL_PORTS does: paths separated by colons. $SHOAL_PATIENCE: how many times slower than real
boards these are, such as 30 for an emulator.
"""

import os
from collections.abc import Mapping
from dataclasses import replace

from shoal.errors import UsageError
from shoal.usb.serial import BRIDGES, PortFacts, listed

ENVIRONMENT_NAME = "SHOAL_PORTS"
PATIENCE_NAME = "SHOAL_PATIENCE"
# USB vendors of boards with USB of their own, on which MicroPython is usual.
_VENDORS = {
    0x2E8A: "Raspberry Pi RP2040/RP2350",
    0x303A: "Espressif ESP32-S2/S3/C3/C6",
    0xF055: "MicroPython pyboard",
    0x239A: "Adafruit",
    0x2341: "Arduino",
    0x1B4F: "SparkFun",
    0x1F00: "OpenMV",
}
_NOT_BOARDS = {(0x2E8A, 0x000C): "a Picoprobe (debug probe), not a board"}


def candidates(environ: Mapping[str, str] = os.environ) -> list[PortFacts]:
    """The ports that may have a board behind them, in the order of their paths."""
    found = {port.path: port for port in listed() if _may_be_board(port)}
    for path in filter(None, environ.get(ENVIRONMENT_NAME, "").split(":")):
        found.setdefault(path, PortFacts(path))
    return [found[path] for path in sorted(found, key=_by_number)]


def _may_be_board(port: PortFacts) -> bool:
    if (port.vendor, port.product) in _NOT_BOARDS:
        return False
    return port.vendor in _VENDORS or port.vendor in BRIDGES


def at(path: str) -> PortFacts:
    """What is known of the port at a path, which need not be there."""
    real = os.path.realpath(path)
    known = {os.path.realpath(port.path): port for port in listed()}
    facts = known.get(real)
    return replace(facts, path=path) if facts else PortFacts(path)


def patience(environ: Mapping[str, str] = os.environ) -> float:
    """By how much every wait for a board is stretched. Raises UsageError if $SHOAL_PATIENCE is no number from 1 to 1000."""
    text = environ.get(PATIENCE_NAME, "") or "1"
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 1000:
        raise UsageError(f"{PATIENCE_NAME}={text}: a number from 1 to 1000 is needed")
    return value


def is_path(word: str) -> bool:
    """Whether a word of a spec is a port and not the name of a board."""
    return "/" in word or word.upper().startswith("COM")


def _by_number(path: str) -> tuple[str, int]:
    """ttyACM10 comes behind ttyACM9."""
    stem = path.rstrip("0123456789")
    return stem, int(path[len(stem) :] or 0)
