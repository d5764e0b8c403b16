"""Breadboards for tests of wires that Python serves: a controller's program against processors that show a memory."""

import json
import textwrap
from dataclasses import replace

from shoal.virtual.breadboard import faults as words
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.simulation import Simulation

_BOTH = """
import json, time
import machine
from machine import Pin
from shoal_board.ports import gpio, uart
with open("wired.json") as file:
    wired = json.load(file)
pins = wired["pins"]
def wire():
    return gpio.Wire(gpio.lines(pins)) if wired["wire"] == "gpio" else uart.Wire(0, wired["hz"], pins["tx"], pins["rx"])
def target():
    return gpio.Target(gpio.lines(pins)) if wired["wire"] == "gpio" else uart.Target(0, wired["hz"], pins["tx"], pins["rx"])
def fails(call, *args):
    try:
        call(*args)
    except OSError as error:
        return error.errno
def pattern(size):
    some = bytes([(place * 7 + size) & 255 for place in range(256)])
    return (some * (size // 256 + 1))[:size]
def tell(*values):
    print(repr(values))
def moved(w, address, size):
    "Microseconds that so many bytes take to a board and back, each way; None if they came back otherwise."
    data, back = pattern(size), bytearray(size)
    began = time.ticks_us()
    w.writeto_mem(address, 0, data)
    middle = time.ticks_us()
    w.readfrom_mem_into(address, 0, back)
    return (time.ticks_diff(middle, began), time.ticks_diff(time.ticks_us(), middle)) if back == data else None
"""
MEMORY = """
t = target()
memory = bytearray(5000)
t.listen(wired["address"], memory)
while True:
    t.wait(100000)
"""
KINDS = ("uart", "gpio", "gpio4")


class Wired:
    """`kind`: one of KINDS; all boards have power from the beginning; processors answer at 0x20, 0x21 and so on."""

    def __init__(self, kind, hz=None):
        found = wiring.load("uart" if kind == "uart" else "esp32")
        self.wiring = replace(found, boards=tuple(replace(board, boots=(0.0, 0.0)) for board in found.boards))
        pins = {name: gpio for name, gpio in found.bus.pins.items() if not (kind == "gpio4" and name in ("d4", "d5", "d6", "d7"))}
        self.told = {"wire": found.bus.wire, "pins": pins, "hz": hz or found.bus.frequency_hz}
        self.controller = found.controllers[0]

    def simulation(self, controller, processor=MEMORY, others=None, faults=(), **options):
        """`others`: board -> its program, where it is not `processor`."""
        files = {}
        for place, board in enumerate(self.wiring.boards):
            text = controller if board.name == self.controller else (others or {}).get(board.name, processor)
            files[f"{board.name}:program.py"] = (_BOTH + textwrap.dedent(text)).encode()
            files[f"{board.name}:wired.json"] = json.dumps({**self.told, "address": 0x1F + place}).encode()
        return Simulation(self.wiring, files=files, program="program", faults=words.read(faults, self.wiring), **options)

    def run(self, controller, processor=MEMORY, seconds=20.0, **options):
        """What the controller printed until it said "end" (it must): the values of each `tell`."""
        with self.simulation(controller + "\nprint('end')", processor, **options) as simulation:
            over = ("end", "Traceback")
            simulation.run(lambda: any(line.startswith(over) for _, _, line in simulation.console), seconds)
        lines = [line for _, board, line in simulation.console if board == self.controller]
        assert lines and lines[-1] == "end", simulation.console
        return [eval(line) for line in lines[:-1]]
