"""Small breadboards for tests: two or three Picos on I2C, each with a program that is given as text."""

import textwrap

from shoal.virtual.breadboard import faults as words
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.simulation import Simulation

TEXT = """
[bus]
wire = "i2c"
frequency_hz = 400_000
[bus.pins]
sda = 10
scl = 11
[boards.a]
board = "pico"
[boards.b]
board = "pico"
[boards.c]
board = "pico"
[nets.sda]
pins = ["*:10"]
pullups_ohm = [2200]
length_m = 0.2
[nets.scl]
pins = ["*:11"]
pullups_ohm = [2200]
length_m = 0.2
[nets.free]
pins = ["*:20"]
[nets.pulled]
pins = ["*:21"]
pullups_ohm = [4700]
length_m = 0.2
[devices.led]
kind = "led"
pins = { anode = "*:25" }
[cost]
step = { fixed_us = 100, unit_us = 2 }
length = { fixed_us = 0, unit_us = 5, units = "len" }
given = { fixed_us = 0, unit_us = 7, units = "argument" }
"""

CONTROLLER = """
import machine, time
def controller(freq=400000, **more):
    return machine.I2C(1, scl=machine.Pin(11), sda=machine.Pin(10), freq=freq, **more)
def target(address, mem):
    return machine.I2CTarget(1, address, mem=mem, mem_addrsize=16, scl=machine.Pin(11), sda=machine.Pin(10))
def until(us):
    time.sleep_us(us - time.ticks_us())
def fails(call, *args, **options):
    try:
        call(*args, **options)
    except OSError as error:
        return error.errno
def put(i, address, data, place=0):
    return fails(i.writeto_mem, address, place, data, addrsize=16)
"""


class Boards:
    """Runs programs, text by board, and gives what they printed."""

    def __init__(self, folder, text=TEXT):
        folder.mkdir(exist_ok=True)
        file = folder / "small.toml"
        file.write_text(text)
        self.wiring = wiring.load(str(file))

    def simulation(self, programs, faults=(), **options):
        files = {"use.py": CONTROLLER.encode(), "nothing.py": b""}
        for board, program in programs.items():
            code = "from use import *\nimport sys\n" + textwrap.dedent(program)
            files[f"{board}:program.py"] = code.encode()
        given = options.pop("files", {})
        return Simulation(
            self.wiring,
            programs=dict.fromkeys(programs, "program"),
            program="nothing",
            files={**files, **given},
            faults=words.read(faults, self.wiring),
            **options,
        )

    def run(self, programs, seconds=3.0, board="a", **options):
        """The lines that a board printed, and the simulation, which is closed."""
        with self.simulation(programs, **options) as simulation:
            simulation.advance(seconds)
        return [line for _, name, line in simulation.console if name == board], simulation


def said(simulation, board):
    return [line for _, name, line in simulation.console if name == board]
