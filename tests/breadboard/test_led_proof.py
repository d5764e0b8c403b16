"""The LED proof: what the lights of four ESP32s show while the boards talk to each other, and what is told if one is missing."""

from dataclasses import replace
from itertools import pairwise

import pytest

from shoal.demos import esp32, files
from shoal.kernels.mandelbrot import mandelbrot_row
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.simulation import Simulation

ROUNDS = 3  # as in esp32_leds
PROGRAM = b"import esp32_leds\nesp32_leds.begin()\n"


COMM = b"""
import json, time
from machine import Pin
from shoal_board.comm import Comm
from shoal_board.ports import gpio
with open("/shoal_bus.json") as file:
    pins = json.load(file)["pins"]
first = Pin(pins["role"], Pin.IN, Pin.PULL_UP)() == 0
comm = Comm(gpio.lines(pins), pins["ring_in"], pins["ring_out"], pins["barrier"], first)
"""


def simulation(wired, seed, broken=(), program=PROGRAM):
    flash = {"esp32_leds.mpy": files.compiled({"esp32_leds": files.ONBOARD / "esp32_leds.py"}, files.VIRTUAL)["esp32_leds"]}
    content = {**flash, "program.py": program}
    return Simulation(wired, seed=seed, files=content, program="program", faults=faults.read(broken, wired))


def lines(run, start):
    return [(at, board, line) for at, board, line in run.console if line.startswith(start)]


def shown(seed):
    """The simulation after the whole proof, and for each light when it went on and off, in microseconds."""
    wired = wiring.load("esp32")
    with simulation(wired, seed) as run:
        assert run.run(lambda: len(lines(run, "leds: done")) == 4, 20.0), run.console
        run.advance(run.now + 0.001)
    lit = {}
    for device in run.devices.values():
        changes = device.changes
        assert [level for _, level in changes] == [1, 0] * (len(changes) // 2)
        lit[device.board] = [(on, off) for (on, _), (off, _) in zip(changes[::2], changes[1::2], strict=True)]
    return run, lit


def part(run, lit, name, following):
    """What was lit in one part of the proof."""
    began = max(at for at, _, _ in lines(run, f"leds: {name}")) * 1e6 - 1000
    ended = min(at for at, _, _ in lines(run, f"leds: {following}")) * 1e6
    return {board: [span for span in spans if began <= span[0] and span[1] <= ended] for board, spans in lit.items()}


def in_order(lit):
    return sorted((on, off, board) for board, spans in lit.items() for on, off in spans)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_lights_show_that_the_boards_talk_to_each_other(seed):
    run, lit = shown(seed)
    ranks = {board: int(line.split()[2]) for _, board, line in lines(run, "leds: rank")}
    assert ranks == {"e1": 0, "e2": 1, "e3": 2, "e4": 3}
    assert all(line.endswith("all right") for _, _, line in lines(run, "leds: heard"))
    assert len(lines(run, "leds: heard")) == 4

    chase = in_order(part(run, lit, "chase", "barrier"))
    order = [board for _, _, board in chase]
    first = int(order[0][1]) - 1
    assert order == (["e1", "e2", "e3", "e4"] * (ROUNDS + 1))[first : first + 4 * ROUNDS], "not from neighbour to neighbour"
    assert all(off <= on for (_, off, _), (on, _, _) in pairwise(chase)), "two boards had the token"

    barrier = part(run, lit, "barrier", "ring")
    for turn in range(ROUNDS):
        on_the_way = [spans[2 * turn] for spans in barrier.values()]
        together = [spans[2 * turn + 1] for spans in barrier.values()]
        arrived = max(off for _, off in on_the_way)
        assert min(off for _, off in on_the_way) < arrived - 10_000, "they came at different times"
        assert min(on for on, _ in together) >= arrived, "one passed before all had come"
        assert max(on for on, _ in together) - arrived < 5_000

    ring = in_order(part(run, lit, "ring", "done"))
    assert sorted(board for _, _, board in ring) == sorted(["e1", "e2", "e3", "e4"] * 3)
    assert all(off <= on for (_, off, _), (on, _, _) in pairwise(ring)), "two boards talked at a time"


def test_the_proof_repeats_exactly():
    assert shown(7)[1] == shown(7)[1]


@pytest.mark.parametrize("broken", [("unplug:1@1.7s",), ("unplug:3@2.2s",), ("stuck:ring2=0@0s",), ("stuck:barrier=0@0s",)])
def test_a_ring_that_is_broken_is_told_by_those_who_wait(broken):
    wired = wiring.load("esp32")
    with simulation(wired, 1, broken, PROGRAM.replace(b"begin()", b"begin(1600)")) as run:
        run.advance(6.0)
    told = {board for _, board, _ in lines(run, "leds: the ring of boards is not closed")}
    assert len(told) >= 2, run.console
    assert not lines(run, "leds: done")
    assert not lines(run, "Traceback")


def test_a_rank_that_computes_keeps_nobody_from_talking():
    program = COMM + b"""
comm.barrier()
t = time.ticks_ms()
if comm.rank == 1:
    time.sleep_ms(900)
    print("ranks: late got", comm.recv(), time.ticks_diff(time.ticks_ms(), t) < 1100)
elif comm.rank == 0:
    comm.send("a", 2)
    comm.send("b", 3)
    print("ranks: sent in time", time.ticks_diff(time.ticks_ms(), t) < 200)
else:
    print("ranks: got", comm.recv(0), time.ticks_diff(time.ticks_ms(), t) < 200)
    if comm.rank == 2:
        comm.send("late", 1)
comm.barrier()
print("ranks: end")
"""
    with simulation(wiring.load("esp32"), 3, program=program) as run:
        assert run.run(lambda: len(lines(run, "ranks: end")) == 4, 20.0), run.console
    told = sorted(line[7:] for _, _, line in lines(run, "ranks: ") if not line.endswith("end"))
    assert told == ["got a True", "got b True", "late got late True", "sent in time True"]


def test_messages_of_any_kind_and_length_between_ranks_that_compute():
    """Who is busy when it is sent something gets it later; nothing comes twice, in the wrong order, or for another."""
    program = COMM + b"""
for number in range(4):
    time.sleep_ms((comm.rank * 31 + number * 17) % 60)
    comm.send([comm.rank, number, b"x" * (number * 700 + comm.rank)], (comm.rank + 1) % comm.size)
before = (comm.rank - 1) % comm.size
got = [comm.recv(before) for _ in range(4)]
right = got == [[before, number, b"x" * (number * 700 + before)] for number in range(4)]
print("ranks:", right, comm.gather(comm.rank ** 2, 2), comm.bcast({"a": 1.5} if comm.rank == 1 else None, 1))
try:
    comm.send(1, comm.rank)
except ValueError as error:
    print("ranks:", error)
comm.barrier()
print("ranks: end")
"""
    wired = wiring.load("esp32")
    wired = replace(wired, boards=tuple(replace(board, boots=(0.0, 0.4)) for board in wired.boards))
    with simulation(wired, 5, program=program) as run:
        assert run.run(lambda: len(lines(run, "ranks: end")) == 4, 20.0), run.console
    told = [line for _, _, line in lines(run, "ranks: True")]
    assert sorted(told) == ["ranks: True None {'a': 1.5}"] * 3 + ["ranks: True [0, 1, 4, 9] {'a': 1.5}"]


LATER = [pytest.param(fault, marks=pytest.mark.slow) for fault in ("stuck:dav=0@2.96s..3.2s", "brownout:2@2.99s", "slow:1=5")]


@pytest.mark.parametrize("broken", ["", "unplug:1@2.95s", *LATER])
def test_the_cluster_of_esp32s_makes_its_picture_on_gpio_lines(broken):
    assert job("esp32", broken.split(), seed=1, program=esp32.PROGRAM) == picture(76, 28, 200)


@pytest.mark.parametrize(("broken", "noise"), [("", 0.0), ("unplug:2@0.6s", 0.0), ("unplug:1@0.5s..0.7s", 1e-4)])
def test_picos_on_a_uart_make_the_same_picture(broken, noise):
    assert job("uart", broken.split(), seed=2, noise=noise) == picture(76, 28, 200)


def test_a_run_of_the_cluster_repeats_exactly_for_its_seed():
    def digest(seed):
        wired = wiring.load("esp32")
        broken = faults.read(["unplug:1@2.95s"], wired)
        with Simulation(
            wired, seed=seed, noise=1e-4, faults=broken, files=esp32.flash("e1", files.VIRTUAL), program=esp32.PROGRAM
        ) as run:
            run.advance(3.5)
        return run.digest()

    assert digest(6) == digest(6) != digest(7)


def job(name, broken, **options):
    """The rows of the picture that the ESP32 cluster's job prints, on a built-in wiring."""
    wired = wiring.load(name)
    flash = esp32.flash(wired.controllers[0], files.VIRTUAL)
    with Simulation(wired, files=flash, faults=faults.read(broken, wired), **options) as run:
        assert run.run(lambda: bool(lines(run, "esp32: 76 x 28")), 20.0), run.console
    return [line[8:-1] for _, _, line in lines(run, "esp32: |")]


def picture(width, height, limit):
    """The same by the kernel on this computer."""
    step = (3 << 26) // width
    rows = []
    for row in range(height):
        counts = mandelbrot_row((-5 << 24) + 2 * step * row, -9 << 24, step, width, limit)
        weights = [min(max(count.bit_length() - 1, 0), 7) for count in counts]
        rows.append("".join(" " if count >= limit else ".:-=+*%@"[weight] for count, weight in zip(counts, weights, strict=True)))
    return rows
