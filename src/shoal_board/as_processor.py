"""Part: what a processor of a bus does: the agent behind a mailbox, and a light that is on while it computes."""

import os

import machine
from machine import Pin

from . import main
from .parts import load
from .starting import ends, facts, light
from .wire import const

_FRAME = const(2048)  # largest payload to a processor, bytes
_CREDIT = const(8)  # frames: a mailbox holds back what the board has not read


def _attention(gpio):
    """What raises the attention line and lets go of it. Boards share the line, so nobody ever drives it low. None: not wired."""
    if gpio is None:
        return None
    pin = Pin(gpio, Pin.IN, Pin.PULL_DOWN)

    def drive(wanted):
        if wanted:
            pin.init(Pin.OUT, None, value=1)
        else:
            pin.init(Pin.IN, Pin.PULL_DOWN)

    return drive


def _lit(run, led):
    """`run` with the light on."""

    def lit():
        led(1)
        try:
            run()
        finally:
            led(0)

    return lit


def be(chosen, unique_id, boot):
    """Be a processor, for ever."""
    module, arguments = ends(chosen)
    target = (module or load("ports.i2c_target")).Target(*arguments)
    port = load("processor").Processor(target, unique_id, boot, _attention(chosen["pins"].get("attention")))
    board = main.Board(port, boot, facts(unique_id), _FRAME, _CREDIT)
    if hasattr(machine, "Timer") and hasattr(os, "dupterm"):
        load("hardware").Guard(board)
    board.agent.run = _lit(board.agent.run, light(chosen["pins"]))
    while True:  # one stream after another
        port.wait()
        board.serve()
