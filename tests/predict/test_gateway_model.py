"""The bus on the simulated clock: its figures are the boards' own, its times a breadboard's, and nothing is lost on it."""

import itertools
import random
import re
import time
from pathlib import Path

import pytest

from shoal import Cluster, charges, task
from shoal.bus import desk
from shoal.errors import UsageError
from shoal.model import Account
from shoal.predict import buswires, gateway, mailbox, seat
from shoal.predict.board import AgentModel
from shoal.predict.gateway import GatewayCarrier
from shoal.predict.model import BoardModel, HostModel, Job
from shoal.predict.simulate import simulate
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.agenda import Agenda
from shoal.virtual.breadboard.circuit import Circuit

BOARD = Path(__file__).parents[2] / "src" / "shoal_board"
AGENT = AgentModel(charges.CHARGES_NS["agent_lump"] * 1e-9, 0.0)
HOST = HostModel(lump_s=4e-4, call_s=2e-5)


def expected(jobs: list[Job], boards: int, wire: str, hz: int) -> tuple[Account, GatewayCarrier]:
    made: list[GatewayCarrier] = []

    def carrier(agenda):
        made.append(GatewayCarrier(agenda, boards, wire, hz))
        return made[0]

    models = [BoardModel(f"p{number}", "pico") for number in range(1, boards + 1)]
    return simulate(jobs, models, carrier, HOST, AGENT), made[0]


def job(seconds: float, calls: int, *, out: int = 4, back: int = 4, chunk: int = 0) -> Job:
    return Job("f", [seconds] * calls, out if out < 512 else (out,) * calls, float(back), code=150, chunk=chunk)


# --- the same figures ---


def figure(module: str, name: str) -> int:
    """A constant of a module that runs on boards, and may import what only boards have."""
    found = re.findall(rf"^{name} = const\((\d+)\)", (BOARD / f"{module}.py").read_text(), re.MULTILINE)
    assert len(found) == 1, f"{module}.{name}: {found}"
    return int(found[0])


def test_the_figures_are_those_of_the_boards() -> None:
    """The model cannot import what runs on boards, so this holds them together."""
    for name in ("SOON", "OFTEN", "SELDOM", "BEAT", "UNSEEN"):
        assert getattr(seat, name) == figure("seat", name) / 1e6
    for name in ("HEAD", "ACK", "STATUS", "TRAILER"):
        assert getattr(seat, name) == figure("mailbox", name)
    assert (figure("mailbox", "IN_SIZE"), figure("mailbox", "OUT_SIZE")) == (gateway.PACKET, mailbox.OUT_SIZE)
    assert (figure("bus", "_NAP") / 1e6, figure("bus", "_BEFORE") / 1e6) == (gateway.NAP, gateway.BEFORE)
    assert figure("gateway", "_COUNT_EVERY_MS") / 1e3 == gateway.COUNT_EVERY
    assert desk.STEP_S == gateway.STEP_S
    look, walk = figure("joining", "_NEXT") / 1e6, figure("joining", "_WALK") / 1e6
    assert ((2 * look, 10 * look), (walk, 10 * walk)) == (gateway.LOOK_EVERY, gateway.WALK_EVERY)
    assert figure("hardware", "_TICK_MS") / 1e3 == mailbox.TICK_S
    assert figure("processor", "_WINDOW_MS") / 1e3 < mailbox.WINDOW_S  # its end is seen only when the wire is quiet
    assert figure("ports/remote", "_HEAD") == buswires.HEAD
    assert (figure("ports/remote", "_TAIL"), figure("ports/remote", "_MOST")) == (buswires.CHECK, buswires.BLOCK)
    assert figure("ports/uart", "_PATIENCE_MS") / 1e3 == buswires.PATIENCE_S


@pytest.mark.parametrize("processors", [1, 8, 16])
def test_the_lines_are_those_of_the_wiring(processors: int) -> None:
    made = wiring.made("i2c", [("pico", processors)])
    for name in ("sda", "scl"):
        net = made.net(name)
        assert (net.pullup_ohm, net.length_m, len(net.pins)) == (buswires.PULLUP_OHM, buswires.LENGTH_M, processors + 1)
        there = Circuit(made, Agenda(), 0).nets[name]
        there.up += (processors + 1) / charges.INTERNAL_OHM  # as pins of I2C have them
        assert there.rise_ns() == pytest.approx(charges.rise_s(net.pullup_ohm or 0, net.length_m, processors + 1) * 1e9)


def test_a_transaction_is_clocks() -> None:
    """At 100 kHz: a start, 9 bits for each of address and place, another start and address before reading, a stop."""
    wire = buswires.I2cWire(100_000, 1)
    period = 1e-5 + charges.rise_s(buswires.PULLUP_OHM, buswires.LENGTH_M, 2)
    assert wire.write_s(7) == pytest.approx(100e-6 + (2 + 9 * 10) * period)
    assert wire.read_s(10) == pytest.approx(100e-6 + (3 + 9 * 14) * period)
    assert wire.byte_s == 9 / 100_000
    assert buswires.I2cWire(1_000_000, 1).read_s(1000) > 1004 * 9 * 1e-6 + 1004 * 1e-6  # targets stretch a fast clock


def test_an_unknown_wire() -> None:
    with pytest.raises(UsageError, match="a bus of spi cannot be predicted; known: i2c, uart"):
        expected([job(0.01, 1)], 1, "spi", 1_000_000)


# --- what must hold of any prediction ---


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_job_every_call_is_answered_once(seed: int) -> None:
    chance = random.Random(seed)
    jobs = []
    for _ in range(chance.choice((1, 1, 3))):
        calls = chance.choice((1, 7, 40))
        jobs.append(
            Job(
                f"f{chance.randint(0, 1)}",
                [chance.choice((1e-5, 1e-3, 0.02, 0.3)) * chance.random() for _ in range(calls)],
                tuple(chance.choice((5, 600, 1900)) for _ in range(calls)) if chance.random() < 0.6 else 4,
                [float(chance.choice((1, 500, 9000))) for _ in range(calls)],
                code=chance.choice((0, 200, 3000)),
                after=chance.choice((0.0, 0.5, 3.0)),
                largest=2032,
                chunk=chance.choice((0, 0, 5)),
            )
        )
    boards = chance.choice((1, 2, 8, 16))
    wire, hz = chance.choice((("i2c", 100_000), ("i2c", 1_000_000), ("uart", 115_200), ("uart", 1_000_000)))
    account, carrier = expected(jobs, boards, wire, hz)
    assert account.calls == sum(len(one.seconds) for one in jobs)
    for board in account.boards:
        parts = (board.compute_s, board.link_s, board.waiting_s, board.idle_s)
        assert min(parts) >= 0 and sum(parts) == pytest.approx(account.wall_s, rel=0.01)
    assert carrier.busy_s <= account.wall_s + sum(one.after for one in jobs)
    assert expected(jobs, boards, wire, hz)[0] == account  # the same again


def test_what_computes_is_shared_and_what_travels_is_not() -> None:
    """Long calls with short answers gain from every board; short calls with long answers wait for the wire, however many."""
    walls = [expected([job(0.2, 128, back=4)], boards, "i2c", 400_000)[0].wall_s for boards in (1, 2, 4, 8, 16)]
    for slower, faster in itertools.pairwise(walls):
        assert 1.75 < slower / faster < 2.05
    travels = [expected([job(0.002, 64, back=2000, chunk=1)], boards, "i2c", 400_000) for boards in (1, 4, 16)]
    assert travels[2][0].wall_s > 0.98 * travels[1][0].wall_s
    for account, carrier in travels:
        assert account.wall_s > carrier.bytes_in * carrier.byte_s > 64 * 2000 * carrier.byte_s
        assert carrier.busy_s / account.wall_s > 0.75
    slow = expected([job(0.002, 64, back=2000, chunk=1)], 4, "i2c", 100_000)[0]
    assert 3 < slow.wall_s / travels[1][0].wall_s < 4.1  # the controller's own time is the same at any clock


def test_a_board_on_a_uart_hears_nothing_while_it_computes() -> None:
    """Each try to reach it costs the wire 3 ms of silence: the wire is busy although hardly anything travels."""
    i2c = expected([job(0.3, 20, chunk=1)], 1, "i2c", 1_000_000)[1]
    uart_one = expected([job(0.3, 20, chunk=1)], 1, "uart", 1_000_000)[1]
    assert uart_one.bytes_in == pytest.approx(i2c.bytes_in, rel=0.1)
    assert uart_one.busy_s > 3 * i2c.busy_s


# --- against the breadboard ---

COSTS = """
[cost.answers_300]
fixed_us = 10_000
unit_us = 0
[cost.takes_600]
fixed_us = 10_000
unit_us = 0
"""


def answers_300(size):
    """That many bytes which look random, as an answer that cannot be squeezed."""
    number = 12345
    data = bytearray(size)
    for at in range(size):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
        data[at] = number >> 16 & 255
    return bytes(data)


def takes_600(data):
    return len(data)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "boards"), [("picocray", 4), ("uart", 3)])
@pytest.mark.parametrize("traffic", ["back", "out"])
def test_a_breadboard_takes_as_long_as_expected(tmp_path: Path, name: str, boards: int, traffic: str) -> None:
    """Costs are declared, so the wire and the controller are all that there is to get wrong; times are virtual ones."""
    own = wiring.load(name)
    file = tmp_path / f"{name}.toml"
    file.write_text(own.file.read_text() + COSTS)
    function, values = (answers_300, [300] * 120) if traffic == "back" else (takes_600, [bytes(600)] * 60)
    with Cluster(f"breadboard:{file}?boards={boards}&seed=3") as cluster:
        end = time.monotonic() + 60
        while len(cluster.boards) < boards or any(one.state != "idle" for one in cluster.snapshot().boards):
            assert time.monotonic() < end
            time.sleep(0.02)
        plain = task(pack=False)(function)
        cluster.run(plain, values[0])
        before = cluster.account().wall_s
        list(cluster.map(plain, values, chunksize=2))
        took = cluster.account().wall_s - before
    if traffic == "back":
        asked = job(0.010, 120, out=4, back=303, chunk=2)
    else:
        asked = Job("f", [0.010] * 60, (606,) * 60, 3.0, code=150, chunk=2)
    first = Job("f", [0.010] * boards, 4, 3.0, code=150, chunk=1)
    hz = own.bus.frequency_hz
    known = expected([first], boards, own.bus.wire, hz)[0].wall_s
    predicted = expected([first, asked], boards, own.bus.wire, hz)[0].wall_s - known
    print(f"{name}, {boards} boards, {traffic}: {took:.3f} s on the breadboard, {predicted:.3f} s expected")
    assert predicted == pytest.approx(took, rel=0.10)
