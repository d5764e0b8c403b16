"""A controller without a computer on the breadboard: the files of `shoal adopt --bus`, PicoCray's wiring, virtual time."""

import random
import textwrap

import pytest

import interpreters
from shoal import image, protocol
from shoal.usb import jobs
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.simulation import Simulation

PICOCRAY = wiring.load("picocray")
CALLS = 120
COUNTING = f"""
    import time
    from shoal_board import Cluster

    def slow(n):
        time.sleep_ms(80)
        return n * n

    def main():
        had, lost = [], []
        def watch(what, board, calls):
            if what == "given":
                for args in calls:
                    if args[0] in had:
                        print("asked again", args)
            elif what == "answered":
                had.extend([args[0] for args in calls])
            elif what in ("lost", "left"):
                print(what, board.name, calls and len(calls))
        with Cluster(watch=watch) as cluster:
            for n, answer in enumerate(cluster.map(slow, range({CALLS}))):
                if answer != n * n:
                    print("wrong", n, answer)
                if n % 20 == 0:
                    print("at", n)
            print("whole", n + 1, len(had), len(cluster.boards), sum([board.calls for board in cluster.boards]))
"""


@pytest.fixture(scope="module", autouse=True)
def micropython():
    why_not = interpreters.missing("micropython")
    if why_not:
        pytest.skip(why_not)


@pytest.fixture(scope="module")
def flash():
    """What lies on the flash of every board: the files of `adopt`, started as main.py does."""
    settings = jobs.settings("i2c", PICOCRAY.bus.frequency_hz, PICOCRAY.bus.pins)
    files = {f"lib/{path}": code for path, code in image.agent(("i2c_target",)).items()}
    return {**files, "shoal_bus.json": settings, "starts.py": b"from shoal_board import start_bus\nstart_bus.serve()\n"}


def breadboard(flash, job, seed=1, **options):
    files = {**flash, "controller:job.py": textwrap.dedent(job).encode()}
    return Simulation(PICOCRAY, seed=seed, files=files, program="starts", programs={"controller": "starts"}, **options)


def said(simulation):
    """What the controller printed."""
    return [line for _, board, line in simulation.console if board == "controller"]


def until(simulation, text, seconds=60):
    found = simulation.run(lambda: any(text in line for line in said(simulation)), limit_s=simulation.now + seconds)
    assert found, "\n".join(f"{when:.3f} {board} {line}" for when, board, line in simulation.console)


def test_a_job_on_eight_boards_and_then_a_computer(flash):
    with breadboard(flash, COUNTING) as simulation:
        until(simulation, "whole")
        lines = said(simulation)
        assert lines[0].startswith("shoal: controller ") and lines[-1] == f"whole {CALLS} {CALLS} 8 {CALLS}"
        assert not [line for line in lines if line.startswith(("wrong", "asked"))]
        assert sum(line.startswith("shoal: processor ") for _, _, line in simulation.console) == 8
        assert {name for _, kind, name, _ in simulation.trace if kind == "led"} >= {f"led-p{number}" for number in range(1, 9)}

        assert greeted(simulation).facts["bus"] == "i2c 400000"


def greeted(simulation):
    """What the controller answers a computer."""
    usb = simulation.usb("controller")
    usb.read()
    peer = protocol.Peer(4096, 8)
    peer.announce(*protocol.hello(7, 4096, 8, 0))
    usb.write(b"".join(bytes(part) for part in peer.output(0)))
    simulation.advance(simulation.now + 1.0)
    decoder = protocol.Decoder(4096, 8192)
    data = usb.read()
    decoder.room()[: len(data)] = data
    decoder.pushed(len(data))
    op, _, _, _, payload = decoder.pop()
    return protocol.read(op, payload)


def test_a_computer_that_speaks_ends_the_job(flash):
    with breadboard(flash, COUNTING) as simulation:
        until(simulation, "at 20")
        assert greeted(simulation).facts["bus"] == "i2c 400000"
        simulation.advance(simulation.now + 2.0)
        assert not [line for line in said(simulation) if line.startswith(("whole", "Traceback"))]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_boards_unplugged_and_replugged_at_random_moments(flash, seed):
    print("seed", seed)
    chance = random.Random(seed)
    texts = []
    for number in chance.sample(range(1, 9), 3):
        at = chance.uniform(0.9, 2.2)
        texts.append(f"unplug:p{number}@{at:.3f}s" + (f"..{at + chance.uniform(0.2, 1.0):.3f}s" if number % 2 else ""))
    print(texts)
    with breadboard(flash, COUNTING, seed, faults=faults.read(texts, PICOCRAY)) as simulation:
        until(simulation, "whole")
        lines = said(simulation)
        assert lines[-1].startswith(f"whole {CALLS} {CALLS} "), lines
        assert [line for line in lines if line.startswith("left ")], "nobody left while it ran"
        assert not [line for line in lines if line.startswith(("wrong", "asked"))], lines


def test_a_task_that_raises_and_prints(flash):
    job = """
    from shoal_board import Cluster

    def odd(n):
        print("n is", n)
        return [1, 2][n]

    def main():
        with Cluster() as cluster:
            print(cluster.submit(odd, 1).result())
            print(cluster.submit(odd, 5).result())
    """
    with breadboard(flash, job) as simulation:
        until(simulation, "a computer on USB can still use the bus")
        lines = said(simulation)
        assert "0x20: n is 1" in lines and "2" in lines
        assert lines.index("shoal: on board 0x20:") < lines.index("IndexError: list index out of range")
        assert lines.count("IndexError: list index out of range") == 2


def test_typed_text_reaches_the_job(flash):
    job = """
    from shoal_board import Cluster

    def main():
        with Cluster() as cluster:
            text = ""
            while not text.endswith("!"):
                cluster.poll(20)
                text += cluster.typed()
            print("typed", text)
    """
    with breadboard(flash, job) as simulation:
        simulation.advance(2.0)
        simulation.usb("controller").write(b"zoom in!")
        until(simulation, "typed zoom in!")
