"""How boards get their addresses: many at once, on a bus that is noisy or busy, from controllers that come and go."""

import random

import pytest
from bus_rooms import build
from lossy_bus import World

from shoal_board import mailbox

LIMIT_S = 3.0  # after the last boot


def boots(seed, count=16, noise=0.0, frequency=400_000):
    """All boards and the controller boot within a random time. Returns seconds from the last boot until all have addresses."""
    dice = random.Random(seed)
    world = World(seed, noise, frequency)
    controller, boards = build(world, count, attention=dice.random() < 0.5)
    controller.ids = {}
    spread = dice.choice((0.0, 0.02, 0.5))
    try:
        plan = [(dice.uniform(0, spread), actor) for actor in [*boards, controller]]
        for when, actor in sorted(plan, key=lambda entry: entry[0]):
            world.run(seconds=max(0.0, when - world.seconds))
            actor.power()
        since = world.seconds
        assert world.run(lambda: len(controller.ids) == count, seconds=10), f"only {len(controller.ids)} of {count}"
        took = world.seconds - since
        world.run(seconds=0.5)
        assert {board.target.address: board.unique_id for board in boards} == controller.ids
        return took
    finally:
        world.close()


@pytest.mark.parametrize("seed", range(8))
def test_sixteen_boards_at_once(seed):
    assert boots(seed) <= LIMIT_S


@pytest.mark.parametrize(("noise", "frequency"), [(1e-4, 400_000), (1e-3, 400_000), (0.0, 100_000)])
def test_sixteen_boards_on_a_bad_or_slow_bus(noise, frequency):
    assert boots(7, 16, noise, frequency) <= LIMIT_S


@pytest.mark.slow
def test_sixteen_boards_with_many_seeds():
    assert max(boots(seed, noise=1e-4 if seed % 4 == 0 else 0.0) for seed in range(1000, 1100)) <= LIMIT_S


def test_boards_join_a_bus_that_is_busy():
    world = World(5, overruled=False)
    controller, boards = build(world, 12)
    try:

        def feed(controller, address):
            while len(controller.expected[address]) < 2:
                controller.ask(address, bytes(50), 2048, 0)

        controller.feed = feed
        for actor in [controller, *boards[:4]]:
            actor.power()
        assert world.run(lambda: len(controller.ids) == 4, seconds=5)
        world.run(seconds=1)
        for board in boards[4:]:
            board.power()
        assert world.run(lambda: len(controller.ids) == 12, seconds=LIMIT_S)
    finally:
        world.close()


@pytest.fixture
def world():
    made = World(11)
    yield made
    made.close()


def test_more_boards_than_a_bus_serves(world):
    controller, boards = build(world, mailbox.MOST + 2)
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == mailbox.MOST, seconds=5)
    world.run(seconds=5)
    assert len(controller.ids) == mailbox.MOST
    assert (mailbox.FULL, mailbox.MOST) in [entry[2:] for entry in controller.log if entry[1] == "trouble"]
    for board in boards[:3]:
        board.cut()
    gone = {board.unique_id for board in boards[:3]}
    others = sum(1 for board in boards if board.unique_id not in gone)
    assert world.run(lambda: len(set(controller.ids.values()) - gone) == others, seconds=15)


def test_boards_keep_their_addresses_when_they_come_back(world):
    controller, boards = build(world, 5)
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == 5, seconds=5)
    homes = {unique_id: address for address, unique_id in controller.ids.items()}
    for board in boards:
        board.cut()
    assert world.run(lambda: not controller.ids, seconds=1)
    for board in reversed(boards):
        board.power()
    assert world.run(lambda: len(controller.ids) == 5, seconds=2)
    assert {unique_id: address for address, unique_id in controller.ids.items()} == homes


def test_another_controller_takes_boards_over_when_the_first_is_gone(world):
    first, boards = build(world, 4)
    second, _ = build(world, 0)
    second.unique_id = b"another"
    for actor in [*boards, first]:
        actor.power()
    assert world.run(lambda: len(first.ids) == 4, seconds=5)
    first.cut()
    second.power()
    assert world.run(lambda: len(second.ids) == 4, seconds=6)
    world.run(seconds=10)
    assert len(second.ids) == 4 and second.bus.counters.left == 0


def test_a_controller_that_is_gone_is_given_up(world):
    controller, boards = build(world, 3)
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == 3, seconds=5)
    controller.cut()
    assert world.run(lambda: all(board.target.address == mailbox.NEWCOMERS for board in boards), seconds=31)


def test_two_boards_on_one_address_are_named_and_mended(world):
    controller, boards = build(world, 5)
    for actor in [*boards, controller]:
        actor.power()
    assert world.run(lambda: len(controller.ids) == 5, seconds=5)
    victim, thief = boards[:2]
    address = victim.target.address
    thief.target.stolen = address
    assert world.run(lambda: (mailbox.TWO_ON_ADDRESS, address) in [entry[2:] for entry in controller.log], seconds=5)
    assert world.run(lambda: address not in controller.ids, seconds=0.1)
    thief.target.stolen = None
    assert world.run(lambda: len(controller.ids) == 5, seconds=10)
    assert address not in controller.ids
