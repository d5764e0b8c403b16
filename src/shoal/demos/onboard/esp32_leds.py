"""The LED proof of boards that are joined by GPIO lines: they talk to each other, and their lights show it. The same on all.

Chase: a board's light is on while it has the token. Barrier: each is lit while it is on its way, dark while it waits for the
others, and all light up when all are there. Token ring: a board is lit while it talks to another one, and no two talk at once.
"""

import json
import time

from machine import Pin

from shoal_board.comm import Comm
from shoal_board.ports import gpio

_CHASE_MS = 40
_TOGETHER_MS = 30
ROUNDS = 3


def begin(patience=6000):
    """Show it, and go on in any case."""
    try:
        show(None, patience)
    except OSError:
        print("leds: the ring of boards is not closed: one has no power, or was reset, or a line from one to the next is loose")


def show(pins=None, patience=6000):
    """Returns when all three have been shown. `pins`: those of /shoal_bus.json; `patience`: milliseconds to wait for the others.
    Raises OSError 110 if not all boards of the ring take part."""
    if pins is None:
        with open("/shoal_bus.json") as file:
            pins = json.load(file)["pins"]
    led = Pin(pins["led"], Pin.OUT, value=0)
    first = Pin(pins["role"], Pin.IN, Pin.PULL_UP)() == 0
    comm = Comm(gpio.lines(pins), pins["ring_in"], pins["ring_out"], pins["barrier"], first, patience)
    try:
        print("leds: rank", comm.rank, "of", comm.size)
        for part in (chase, barrier, ring):
            comm.barrier()
            print("leds:", part.__name__)
            part(comm, led)
        comm.barrier()
        print("leds: done")
    finally:
        led(0)
        comm.close()


def chase(comm, led):
    for _ in range(ROUNDS):
        comm.take()
        led(1)
        time.sleep_ms(_CHASE_MS)
        led(0)
        comm.give()


def barrier(comm, led):
    for turn in range(ROUNDS):
        led(1)
        time.sleep_ms(10 + (37 * comm.rank + 53 * turn) % 100)
        led(0)
        comm.barrier()
        led(1)
        time.sleep_ms(_TOGETHER_MS)
        led(0)
        comm.barrier()


def ring(comm, led):
    """Every rank sends each other one a word, and adds up what it hears."""
    for far in range(1, comm.size):
        dest = (comm.rank + far) % comm.size
        comm.take()
        led(1)
        comm.send((comm.rank, "to %d" % dest), dest)
        led(0)
        comm.give()
    heard = [comm.recv() for _ in range(comm.size - 1)]
    right = all([word == "to %d" % comm.rank for _, word in heard])
    print("leds: heard", sorted([rank for rank, _ in heard]), "all right" if right else heard)
