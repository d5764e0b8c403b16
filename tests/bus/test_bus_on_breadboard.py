"""The bus on the breadboard: real MicroPython on every board, real pins, and what is said when the wiring is wrong.

Virtual time, so no machine is too slow for these. `PROGRAM` is controller or processor by the role pin, as `start_bus` does.
"""

import pytest

import interpreters
from shoal.virtual.breadboard import faults, wiring
from shoal.virtual.breadboard.simulation import Simulation

WITHIN_S = 5.0  # of virtual time, trouble must have been named

CONTROLLER = b"""
import machine, time
from shoal_board.bus import Bus
from shoal_board.ports.i2c import Wire
from shoal_board.trouble_on_bus import REASONS, sentence

SIZE = 600

class Events:
    def __init__(self):
        self.want = {}
        self.got = {}
        self.answers = {}
        self.bad = 0

    def joined(self, address, unique_id):
        print("joined", address)
        self.want[address] = 2
        self.got[address] = 0
        self.answers[address] = 0
        self.room(address)

    def left(self, address, reason):
        print("left", address, REASONS[reason])

    def room(self, address):
        if self.want[address] and self.bus.send(address, bytes([address]) * 40):
            self.want[address] -= 1

    def received(self, address, view):
        self.bad += bytes(view) != bytes([255 - address]) * len(view)
        self.got[address] += len(view)
        while self.got[address] >= SIZE:
            self.got[address] -= SIZE
            self.answers[address] += 1
            self.want[address] += 1
        self.room(address)

    def trouble(self, code, detail):
        print("trouble:", sentence(code, detail))

events = Events()
attention = machine.Pin(13, machine.Pin.IN, machine.Pin.PULL_DOWN)
events.bus = bus = Bus(Wire(10, 11, FREQUENCY), events, attention, machine.unique_id())
told = time.ticks_ms()
while True:
    wait = bus.turn()
    if wait:
        time.sleep_us(wait)
    if time.ticks_diff(time.ticks_ms(), told) > 500:
        told = time.ticks_ms()
        least = min(events.answers.values()) if len(bus.members) == BOARDS else 0
        print("answers", least, "bad", events.bad, "left", bus.counters.left)
"""

PROCESSOR = b"""
import machine, os, time
from shoal_board.ports.i2c_target import Target
from shoal_board.processor import Processor

line = machine.Pin(13, machine.Pin.IN, machine.Pin.PULL_DOWN)

def attention(wanted):
    if wanted:
        line.init(machine.Pin.OUT, None, value=1)
    else:
        line.init(machine.Pin.IN, machine.Pin.PULL_DOWN)

port = Processor(Target(10, 11), machine.unique_id(), int.from_bytes(os.urandom(4), "little"), attention)
head = bytearray(40)
while True:
    port.wait()
    while port.read(head):
        time.sleep_ms(20)
        port.write(bytes([255 - head[0]]) * 600)
"""

PROGRAM = b"""
import machine
if machine.Pin(22, machine.Pin.IN, machine.Pin.PULL_UP)():
    import processing
else:
    import controlling
"""


@pytest.fixture(autouse=True)
def _needs_micropython():
    why_not = interpreters.missing("micropython")
    if why_not:
        pytest.skip(why_not)


def board(wired, given=(), seed=1, noise=0.0, frequency=400_000, programs=None, boards=8):
    controller = CONTROLLER.replace(b"FREQUENCY", b"%d" % frequency).replace(b"BOARDS", b"%d" % boards)
    files = {"both.py": PROGRAM, "controlling.py": controller, "processing.py": PROCESSOR, "nothing.py": b""}
    programs = programs or {}
    found = faults.read(given, wired)
    return Simulation(wired, seed=seed, noise=noise, faults=found, program="both", programs=programs, files=files)


def said(simulation, text, name=None):
    return any(text in line and name in (None, who) for _, who, line in simulation.console)


def answered(simulation, count, since=0):
    """Whether every board has answered so often, and never wrongly, by what the controller said after so many lines."""
    lines = [line.split() for _, _, line in simulation.console[since:] if line.startswith("answers")]
    assert all(line[3] == "0" for line in lines), "a wrong answer"
    return any(int(line[1]) >= count for line in lines)


@pytest.fixture(scope="module")
def picocray():
    return wiring.load("picocray")


def test_eight_boards_answer(picocray):
    with board(picocray) as simulation:
        assert simulation.run(lambda: answered(simulation, 12), limit_s=8), simulation.console
        assert said(simulation, "bad 0 left 0") and not said(simulation, "trouble"), simulation.console


def test_eight_boards_answer_on_a_noisy_bus(picocray):
    with board(picocray, noise=1e-4) as simulation:
        assert simulation.run(lambda: answered(simulation, 12), limit_s=15), simulation.console


def test_boards_come_back(picocray):
    given = ("unplug:p3@2s..2.5s", "brownout:p5@3s", "stuck:sda=0@3.5s..3.6s", "unplug:controller@4s..4.1s")
    with board(picocray, given) as simulation:
        simulation.advance(4.5)
        before = len([line for _, _, line in simulation.console if line[:6] == "joined"])
        assert before >= 10, simulation.console
        count = len(simulation.console)
        assert simulation.run(lambda: answered(simulation, 5, count), limit_s=10), simulation.console


WRONG = [
    (("stuck:sda=0@1s",), "SDA is held low"),
    (("stuck:sda=1@1s",), "SDA is held high"),
    (("stuck:scl=0@2.5s",), "SCL is held low"),
    (("stuck:scl=1@2.5s",), "SCL is held high"),
    (("nopullup@0s",), "has no pull-up"),
    (("nopullup@2.5s",), "pull-ups are missing, or too weak"),
    (("twins:p2,p5@2.5s",), "two boards answer at address"),
]


@pytest.mark.parametrize(("given", "sentence"), WRONG, ids=[given[0] for given, _ in WRONG])
def test_what_is_wrong_is_named(picocray, given, sentence):
    since = float(given[0].partition("@")[2].rstrip("s"))
    with board(picocray, given) as simulation:
        simulation.advance(since)
        assert not said(simulation, "trouble"), simulation.console
        assert simulation.run(lambda: said(simulation, sentence, "controller"), WITHIN_S), simulation.console


def test_weak_pullups_are_named(picocray):
    with board(wiring.changed(picocray, pullup_ohm=47_000.0)) as simulation:
        assert simulation.run(lambda: said(simulation, "pull-ups are missing, or too weak"), WITHIN_S), simulation.console


def test_a_frequency_beyond_the_boards_is_named_and_not_used(picocray):
    with board(picocray, frequency=3_400_000) as simulation:
        assert simulation.run(lambda: said(simulation, "3400000 Hz were asked"), WITHIN_S)
        assert simulation.run(lambda: answered(simulation, 5), limit_s=8), simulation.console


def test_no_controller_is_named_by_the_boards(picocray):
    with board(picocray, programs={"controller": "processing"}) as simulation:
        last = picocray.boards[-1].name
        assert simulation.run(lambda: said(simulation, "no controller has spoken", last), 1.65 + WITHIN_S), simulation.console


def test_no_boards_are_named(picocray):
    programs = dict.fromkeys(picocray.processors, "nothing")
    with board(picocray, programs=programs) as simulation:
        assert simulation.run(lambda: said(simulation, "no processor answers"), WITHIN_S), simulation.console


@pytest.mark.parametrize("second", ["p2", "p4", "p8"])
def test_two_controllers_are_named_and_one_serves(picocray, second):
    with board(picocray, programs={second: "controlling"}, boards=7) as simulation:
        assert simulation.run(lambda: said(simulation, "there is another controller"), 1.65 + WITHIN_S), simulation.console
        simulation.advance(simulation.now + 3)
        count = len(simulation.console)
        assert simulation.run(lambda: answered(simulation, 1, count), limit_s=5), simulation.console
