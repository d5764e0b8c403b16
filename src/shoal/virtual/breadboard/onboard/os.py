"""The `os` module of a board on a breadboard: the real one, but what is random comes from the simulation's seed."""

import struct

import ops
from uos import *  # noqa: F403 - the rest of the module

from breadboard import core

_terminals = [None]


def dupterm(stream, index=0):
    """A second terminal; nothing is written to it."""
    before = _terminals[0]
    _terminals[0] = stream
    return before


def dupterm_notify(_):
    """The second terminal has something to read: Ctrl-C interrupts what the board does."""
    byte = bytearray(1)
    if _terminals[0] and _terminals[0].readinto(byte) and byte[0] == 3:
        core.interrupted = True


def urandom(count):
    core.ask(ops.RANDOM, 0, 0, struct.pack("<I", count))
    return bytes(core.data)
