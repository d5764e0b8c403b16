"""Streams between a controller and its boards: whole, in order, once, whatever the wire and the boards do.

The code of both ends is the real one; the wire is a double (`lossy_bus`), so that many seeds can be tried: see the test ids.
"""

import random

import pytest
from bus_rooms import build
from lossy_bus import World

from shoal_board import mailbox


def feeding(dice, milliseconds, large):
    """Keeps two messages on every board."""

    def feed(controller, address):
        while len(controller.expected[address]) < 2:
            count = dice.choice((1, 20, 60, 600, 1500)) if large else dice.randrange(1, 80)
            size = dice.choice((1, 30, 240, 2040, 5000)) if large else dice.randrange(1, 300)
            controller.ask(address, dice.randbytes(count), size, dice.randrange(milliseconds + 1))

    return feed


class Chaos:
    """A bus to which things happen, by seed."""

    def __init__(self, seed, count=4):
        self.dice = dice = random.Random(seed)
        self.noise = dice.choice((0, 0, 1e-6, 1e-5, 1e-4))
        self.world = World(seed, self.noise, dice.choice((100_000, 400_000, 1_000_000)))
        self.controller, self.boards = build(self.world, count, attention=dice.random() < 0.5)
        self.controller.feed = feeding(dice, dice.choice((0, 5, 40)), dice.random() < 0.7)
        self.controller.step_us = dice.choice((0, 300))
        self.mending = []

    def until(self, seconds):
        self.world.run(seconds=max(0.0, seconds - self.world.seconds))

    def happen(self, kind):
        dice, world, controller = self.dice, self.world, self.controller
        board, other = dice.sample(self.boards, 2)
        if kind == "reboot":
            board.cut()
            world.run(seconds=dice.choice((0, 0.02, 0.3)))
            board.power()
        elif kind == "restart":
            controller.cut()
            world.run(seconds=dice.choice((0.001, 0.3)))
            controller.power()
        elif kind == "unplug":
            board.target.plugged = False
            return lambda: setattr(board.target, "plugged", True)
        elif kind == "cut the bus":
            controller.wire.plugged = False
            return lambda: setattr(controller.wire, "plugged", True)
        elif kind == "noise":
            world.set_noise(dice.choice((1e-4, 1e-3, 1e-2)))
            return lambda: world.set_noise(self.noise)
        elif kind == "twins" and other.target.address:
            board.target.stolen = other.target.address
            return lambda: setattr(board.target, "stolen", None)
        return None

    def go(self, faults, seconds):
        dice, world = self.dice, self.world
        for actor in [*self.boards, self.controller]:
            actor.power()
        kinds = ("reboot", "restart", "unplug", "cut the bus", "noise", "twins")
        todo = sorted((dice.uniform(0.2, seconds), dice.choice(kinds)) for _ in range(faults))
        mending = []
        for when, kind in todo:
            for over, mend in sorted((entry for entry in mending if entry[0] <= when), key=lambda entry: entry[0]):
                self.until(over)
                mend()
            mending = [entry for entry in mending if entry[0] > when]
            self.until(when)
            mend = self.happen(kind)
            if mend:
                mending.append((when + dice.choice((0.01, 0.1, 0.5, 2)), mend))
        for over, mend in sorted(mending, key=lambda entry: entry[0]):
            self.until(over)
            mend()
        controller = self.controller
        together = world.run(lambda: len(controller.ids) == len(self.boards), seconds=13)
        assert together, f"not all boards have come back: {controller.log[-20:]}"
        before = dict(controller.answered)
        names = [board.unique_id for board in self.boards]
        going = world.run(lambda: all(controller.answered.get(name, 0) > before.get(name, 0) + 3 for name in names), seconds=20)
        assert going, f"a board does not answer any more: {controller.log[-20:]}"


def chaos(seed):
    case = Chaos(seed)
    try:
        case.go(faults=6, seconds=5.0)
    finally:
        case.world.close()


@pytest.mark.parametrize("seed", range(6))
def test_streams_survive_what_happens(seed):
    chaos(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_streams_survive_what_happens_with_many_seeds(seed):
    chaos(seed)


@pytest.fixture
def world():
    made = World(3)
    yield made
    made.close()


def joined(world, count, **options):
    controller, boards = build(world, count, **options)
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == count, seconds=5)
    return controller, boards


def steady(controller, size, milliseconds):
    """From now on every board has two messages, always."""

    def feed(controller, address):
        while len(controller.expected[address]) < 2:
            controller.ask(address, bytes(50), size, milliseconds)

    controller.feed = feed
    for address in list(controller.ids):
        feed(controller, address)


@pytest.mark.parametrize(("frequency", "size"), [(100_000, 2048), (400_000, 4096)])
def test_nearly_all_of_a_bus_that_binds_is_payload(frequency, size):
    world = World(1, frequency=frequency)
    try:
        controller, _ = joined(world, 8)
        steady(controller, size, 10)
        world.run(seconds=1)
        counters = controller.bus.counters
        before, since = counters.bytes_in + counters.bytes_out, world.seconds
        world.run(seconds=5)
        rate = (counters.bytes_in + counters.bytes_out - before) / (world.seconds - since)
        assert rate >= 0.92 * frequency / 9
        answers = controller.answered.values()
        assert max(answers) - min(answers) <= 2, "one board was served more often than another"
    finally:
        world.close()


@pytest.mark.parametrize(("attention", "milliseconds"), [(False, 40), (True, 90)])
def test_boards_that_compute_never_wait(world, attention, milliseconds):
    controller, _ = joined(world, 8, attention=attention)
    steady(controller, 60, milliseconds)
    world.run(seconds=0.5)
    before = sum(controller.answered.values())
    polls = controller.bus.counters.polls
    world.run(seconds=4)
    answers = sum(controller.answered.values()) - before
    assert answers >= 0.97 * 8 * 4000 / milliseconds
    assert controller.bus.counters.polls - polls <= 6 * answers
    assert controller.bus.counters.retries == 0


def test_a_renewed_stream_drops_what_was_in_it(world):
    controller, boards = joined(world, 2)
    steady(controller, 300, 30)
    world.run(seconds=0.2)
    address = boards[0].target.address
    before = dict(controller.answered)
    for _ in range(3):
        controller.expected[address], controller.sent[address], controller.got[address] = [], b"", b""
        controller.bus.renew(address)
        controller.feed(controller, address)
        world.run(seconds=0.3)
    assert len(controller.ids) == 2 and controller.bus.counters.left == 0
    assert all(count > before[name] + 3 for name, count in controller.answered.items())


def test_a_controller_that_restarts_takes_its_boards_back_where_they_are(world):
    controller, boards = joined(world, 6)
    homes = {board.unique_id: board.target.address for board in boards}
    controller.cut()
    world.run(seconds=0.5)
    controller.power()
    assert world.run(lambda: len(controller.ids) == 6, seconds=0.3)
    assert {unique_id: address for address, unique_id in controller.ids.items()} == homes


def test_a_board_that_was_reset_is_told_from_one_that_is_silent(world):
    controller, boards = joined(world, 2)
    boards[0].cut()
    boards[0].power()
    assert world.run(lambda: mailbox.REBOOTED in [entry[3] for entry in controller.log if entry[1] == "left"], seconds=1)
    assert world.run(lambda: len(controller.ids) == 2, seconds=1)
    boards[1].cut()
    assert world.run(lambda: controller.log[-1][1] == "left", seconds=0.5)
    assert controller.log[-1][3] == mailbox.SILENT


def test_a_board_that_computes_for_long_stays(world):
    controller, boards = joined(world, 3)
    address = boards[0].target.address
    controller.ask(address, b"long", 10, 30_000)
    world.run(seconds=29)
    assert len(controller.ids) == 3 and controller.answered[boards[0].unique_id] == 0
    assert world.run(lambda: controller.answered[boards[0].unique_id] == 1, seconds=2)
    assert controller.bus.counters.left == 0


def test_a_controller_without_time_keeps_its_boards(world):
    controller, boards = joined(world, 4)
    controller.blocked = True
    world.run(seconds=45)
    controller.blocked = False
    steady(controller, 100, 5)
    world.run(seconds=0.5)
    assert len(controller.ids) == 4 and controller.bus.counters.left == 0
    assert all(controller.answered[board.unique_id] > 20 for board in boards)


@pytest.mark.parametrize("level", [False, True])
def test_an_attention_line_that_is_broken_does_no_harm(world, level):
    controller, _ = joined(world, 4, attention=True)
    controller.bus._attention = lambda: level
    steady(controller, 100, 40)
    world.run(seconds=0.5)
    before = sum(controller.answered.values())
    world.run(seconds=2)
    assert sum(controller.answered.values()) - before >= 0.95 * 4 * 2000 / 40


def test_code_reaches_a_board_soon_on_a_busy_bus(world):
    controller, boards = joined(world, 8)
    steady(controller, 2048, 0)
    world.run(seconds=1)
    address = boards[0].target.address
    controller.feed = None
    arrived = controller.answered[boards[0].unique_id] + len(controller.expected[address]) + 1
    controller.ask(address, bytes(8000), 1, 0)
    for other in [other for other in controller.ids if other != address]:
        for _ in range(12):  # enough for a second and more
            controller.ask(other, bytes(20), 2048, 0)
    since = world.seconds
    assert world.run(lambda: controller.answered[boards[0].unique_id] >= arrived, seconds=5)
    each = (2048 + 512 + 100) * 9 / world.frequency  # a packet of code, and an answer of another board
    assert world.seconds - since <= 8000 / 512 * each + 0.7


def test_unique_ids_of_six_bytes_stay_as_they_are(world):
    controller, boards = build(world, 2)
    boards[0].unique_id = b"\x24\x6f\x28\x01\x02\x00"
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == 2, seconds=5)
    assert boards[0].unique_id in controller.ids.values()
