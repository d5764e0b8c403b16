"""The program of one emulated board: `python -m shoal.emulated.process run KIND IMAGE UNIQUE_ID real|off`.

It prints a line for each event: `booted PATH` (the board has come up, for the first time or after a reset, and its port is
there), `plugged PATH` (it ran on meanwhile), `gone reset` and `gone unplugged` (its port goes away), and `speed NUMBER` (how
many of its own seconds the board did in one of this computer's, while it was busy).

It ends when its standard input ends, so that it cannot outlive whoever started it, however that went; `unplug` and `plug` on it
do with the cable what they say. What the emulator has to say in the end is on standard error, and the exit status is 1.

With $SHOAL_EMULATED_TRACE naming a folder, UNIQUE_ID.packets there gets a line for each USB transfer: the board's time in
nanoseconds, "in" or "out" as the board sees it, and how many bytes; UNIQUE_ID.console gets all that the board said, as it is.

`python -m shoal.emulated.process fetch KIND` prints the path of firmware that the emulator has or gets.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from shoal import clock
from shoal.emulated.confinement import confine
from shoal.emulated.machine import Machine, fetch
from shoal.emulated.port import Port
from shoal.emulated.starting import TRACE

_SPEED_EVERY_S = 0.5
_USB_WITHIN_NS = 2e9  # of the board's time: MicroPython takes 17 ms
_USB_WITHIN_S = 60.0  # here: for code that stops the board's clock


def tell(event: str, value: object) -> None:
    """Say what happened to whoever started us; if nobody listens any more, the end of standard input says so too."""
    try:
        sys.stdout.write(f"{event} {value}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        pass


async def run(machine: Machine) -> None:
    """Run a board until standard input ends. Raises whatever the emulator fails with."""
    loop = asyncio.get_running_loop()

    def to_board(data: bytes) -> None:
        if not machine.cdc.send(data):
            port.pause()

    def booted() -> None:
        silent.cancel()
        tell("booted", port.path)

    def gone() -> None:
        if port.path:
            tell("gone", "reset")  # first, so that whoever sees the port go can know why
            port.unplug()

    def obey() -> None:
        orders = os.read(0, 4096)
        for order in orders.split():
            if order == b"unplug":
                tell("gone", "unplugged")
                port.unplug()
            elif order == b"plug":
                port.plug()
                tell("plugged", port.path)
        if not orders:
            loop.remove_reader(0)
            ending.set()
            machine.simulator.stop()

    ending = asyncio.Event()
    port = Port(loop, to_board)
    machine.connect(port, booted, gone)
    try:
        loop.add_reader(0, obey)
    except PermissionError:
        raise SystemExit("standard input has to be a pipe or a terminal: its end ends the board") from None
    silent = loop.create_task(_expect_usb(machine))
    helpers = [silent, loop.create_task(_tell_speed(machine))]
    try:
        await machine.run()
    finally:
        port.unplug()
        if silent.done() and not silent.cancelled():
            silent.result()
        for task in helpers:
            task.cancel()
    if not ending.is_set():
        raise RuntimeError("the processor stopped: a breakpoint, or an instruction that it does not know")


async def _expect_usb(machine: Machine) -> None:
    """Cancelled when the board appears on USB; else it raises when MicroPython would have been there long ago."""
    end = clock.now() + _USB_WITHIN_S
    while machine.simulator.clock.nanos < _USB_WITHIN_NS and clock.now() < end:
        await asyncio.sleep(_SPEED_EVERY_S)
    machine.simulator.stop()
    raise TimeoutError("the firmware did not come up on USB; is it MicroPython?")


async def _tell_speed(machine: Machine) -> None:
    told = 0.0
    while True:
        await asyncio.sleep(_SPEED_EVERY_S)
        simulator = machine.simulator
        if simulator.busy_wall_s > told:
            told = simulator.busy_wall_s
            tell("speed", f"{simulator.busy_s / told:.6f}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shoal.emulated.process", description="One emulated board.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    board = verbs.add_parser("run")
    board.add_argument("kind", choices=("pico", "pico_w"))
    board.add_argument("image", type=Path)
    board.add_argument("unique_id", type=bytes.fromhex)
    board.add_argument("pace", choices=("real", "off"))
    verbs.add_parser("fetch").add_argument("kind", choices=("pico", "pico_w"))
    arguments = parser.parse_args()
    if arguments.verb == "fetch":
        tell("image", fetch(arguments.kind))
        return 0
    confine()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for whoever started us, who then closes our standard input
    machine = Machine(arguments.kind, arguments.image, arguments.unique_id, arguments.pace == "real")
    with contextlib.ExitStack() as files:
        if folder := os.environ.get(TRACE):
            name = Path(folder) / arguments.unique_id.hex()
            packets = files.enter_context(name.with_suffix(".packets").open("w", buffering=1))
            console = files.enter_context(name.with_suffix(".console").open("wb", buffering=0))

            def record(at: int, way: str, data: bytes) -> None:
                print(at, way, len(data), file=packets)
                if way == "out":
                    console.write(data)

            machine.cdc.on_packet = record
        asyncio.run(run(machine))
    return 0


if __name__ == "__main__":
    sys.exit(main())
