"""Part: how a board of a bus starts, from its settings and its role pin to `as_controller` or `as_processor`.

What a bus is made of is in shoal_bus.json in the board's flash; without it, the bus is PicoCray's.
"""

import json
import os
import sys
from binascii import hexlify

import machine
from machine import Pin

from .parts import load, part

SETTINGS = "shoal_bus.json"
# PicoCray's pins; `frequency_hz` of a UART is its baud rate, GPIO lines have none.
_PICOCRAY = {"wire": "i2c", "frequency_hz": 400000, "pins": {"sda": 10, "scl": 11, "attention": 13, "role": 22, "led": 25}}


def light(pins):
    """What switches the board's light; one without a light has a function that does nothing."""
    try:
        return Pin(pins["led"], Pin.OUT, value=0)
    except (KeyError, ValueError):
        return lambda level: None


def facts(unique_id):
    """What a HELLO tells."""
    return {
        "unique_id": hexlify(unique_id).decode(),
        "cores": 2 if sys.platform == "rp2" else 1,
        "machine": sys.implementation._machine,
    }


def ends(chosen):
    """The module of the wire (None: I2C, which has two), and what its `Wire` and `Target` are made of."""
    pins = chosen["pins"]
    wire = chosen["wire"]
    if wire == "gpio":
        module = load("ports.gpio")
        return module, (module.lines(pins),)
    if wire == "uart":
        return load("ports.uart"), (pins.get("uart", 0), chosen["frequency_hz"], pins["tx"], pins["rx"])
    return None, (pins["sda"], pins["scl"])


def settings():
    """What shoal_bus.json says, or PicoCray's."""
    try:
        with open(SETTINGS) as file:
            return json.load(file)
    except OSError:
        return _PICOCRAY


def begin(chosen):
    """Find out what the role pin says. `chosen`: as in shoal_bus.json; None: what is there. Gives the next step of `serve`."""
    chosen = chosen or settings()
    unique_id = machine.unique_id()[:8]
    role = "processor" if Pin(chosen["pins"]["role"], Pin.IN, Pin.PULL_UP)() else "controller"
    print("shoal: %s %s on %s" % (role, hexlify(unique_id).decode(), chosen["wire"]))  # `shoal adopt` waits for it
    return part("as_" + role).be, (chosen, unique_id, int.from_bytes(os.urandom(4), "little"))
