"""Part: what the controller of a bus does: its job, if it has one, until a computer speaks on USB; then it is its gateway."""

import os
import sys

from machine import Pin

from .mailbox import IN_SIZE
from .parts import load
from .starting import ends, facts, light
from .wire import const

_JOBS = "/lib/shoal_board/jobs"  # where `shoal adopt` puts a job; one at / goes before
_CREDIT = const(32)  # frames: USB holds back what we have not read


def be(chosen, unique_id, boot):
    """Make the bus. Gives what is done with it."""
    module, arguments = ends(chosen)
    pins = chosen["pins"]
    if module is None:
        module = load("ports.i2c")
        arguments += (chosen["frequency_hz"],)
    wire = module.Wire(*arguments)
    attention = pins.get("attention")
    attention = None if attention is None else Pin(attention, Pin.IN, Pin.PULL_DOWN)
    bus = load("bus").Bus(wire, None, attention, unique_id)
    terminal = load("terminal").Terminal()
    sys.path.append(_JOBS)
    if any([_there(path) for path in ("job.py", "job.mpy", _JOBS + "/job.mpy")]):
        led = light(pins)
        led(1)
        return load("standalone").run, (bus, terminal, led, (chosen, unique_id, boot))
    return carry, (bus, terminal, None, (chosen, unique_id, boot))


def carry(bus, terminal, led, start):
    """Be the gateway of computers, until a KeyboardInterrupt. `start`: what `be` was called with; `led`: to be switched off."""
    if led:
        led(0)
        unload("standalone member scheduler futures")
    chosen, unique_id, boot = start
    described = facts(unique_id)
    described["bus"] = "%s %d" % (chosen["wire"], chosen.get("frequency_hz", 0))
    gateway = load("gateway").Gateway(terminal, boot, described, IN_SIZE, _CREDIT)
    bus.events = gateway
    gateway.serve(bus)
    return None, ()


def unload(names):
    """Give back the memory of modules."""
    ours = sys.modules["shoal_board"]
    ours.Cluster = None
    for name in names.split():
        if sys.modules.pop("shoal_board." + name, None):
            delattr(ours, name)


def _there(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True
