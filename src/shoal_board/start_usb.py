"""Starts the agent on a board with a terminal on USB. Loaded into RAM by a host, or from main.py on a board that was adopted."""

import os
import sys
from binascii import hexlify

import machine

from . import main
from .parts import NAMES, loaded, part
from .ports.usb import Port
from .wire import LOSSY, const

try:
    from . import hardware
except ImportError:  # no timer, no watchdog: a MicroPython process
    hardware = None

if "/shoal_ram" in sys.path:  # a host loads us into RAM, and what is not loaded now cannot be loaded later
    for name in NAMES.split():
        part(name)
    loaded[""] = None

_FRAME = const(2048)  # largest payload to a board, bytes
# Frames on their way to a board: USB holds back what the board has not read, a UART loses what its buffer of some 260 bytes
# does not take, which is one short frame.
_CREDIT = 1 if LOSSY else 8


def board(port, watchdog=0, cores=0):
    """An agent on a port. `watchdog`: seconds without a sign of life until a reset, 0: never; `cores`: 0 for all."""
    described = {
        "unique_id": hexlify(machine.unique_id()).decode(),
        "cores": cores or (2 if sys.platform == "rp2" else 1),
        "machine": sys.implementation._machine,
    }
    made = main.Board(port, int.from_bytes(os.urandom(4), "little"), described, _FRAME, _CREDIT)
    if hardware and hasattr(machine, "Timer"):
        hardware.Guard(made, watchdog)
    return made


def serve(watchdog=0, cores=0):
    """Answer the host until a KeyboardInterrupt."""
    board(Port(), watchdog, cores).serve()
