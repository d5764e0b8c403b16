"""What the scheduler promises, on a simulated clock with the real scheduler."""

import json
import random

import pytest
from simulation import ANSWERED, FAILED, Simulation, Task

from shoal import Cluster
from shoal.scheduler import Scheduler
from shoal.scheduler import messages as m
from shoal.scheduler.replay import events, replay


def simulate(seed: int, speeds: list[float], *tasks: Task) -> Simulation:
    made = Simulation(seed, speeds)
    for job, task in enumerate(tasks):
        made.add(job, task)
    made.run()
    return made


def test_every_call_is_answered():
    made = simulate(1, [1.0] * 4, Task([0.01] * 500), Task([0.02] * 100))
    assert all(states.count(ANSWERED) == len(states) for states in made.state.values())


def test_eight_equal_boards_are_nearly_eight_times_as_fast():
    costs = [0.1 + 0.05 * (n % 7) for n in range(400)]
    one, eight = simulate(1, [1.0], Task(costs)), simulate(1, [1.0] * 8, Task(costs))
    assert one.now / eight.now > 7.6


def test_uneven_boards_end_together():
    speeds = [1.0, 1.0, 2.0, 5.0]
    costs = [0.05] * 900
    made = simulate(1, speeds, Task(costs))
    ideal = sum(costs) / sum(speeds)
    assert made.now < 1.08 * ideal + made.restart


def test_lumps_grow_until_their_overhead_is_small():
    made = Simulation(1, [1.0] * 2, heap=10_000_000)
    made.add(0, Task([1e-5] * 100_000))
    made.run()
    sends = [command for _, commands in made.log for command in commands if isinstance(command, m.Send)]
    assert len(sends) * made.overhead < 0.12 * sum(made.tasks[0].costs)
    assert sends[0].count == 1, "nothing is known of the first call"


def test_the_next_lump_is_there_before_the_last_is_done():
    made = Simulation(1, [1.0])
    made.add(0, Task([0.3] * 10))
    waiting = []
    done = made.done
    made.done = lambda *args: (waiting.append(len(made.boards[0].lumps)), done(*args))
    made.run()
    assert waiting[1:-1] == [2] * (len(waiting) - 2)


def test_the_tail_is_repeated_on_idle_boards():
    """A slow board holds the last calls: the fast one computes them again, and the first answer counts."""
    made = simulate(1, [1.0, 20.0], Task([0.5] * 12))
    assert made.now < 2.0, "it waited for the slow board"
    assert max(made.ran.values()) == 2


def test_a_lump_that_turns_out_dear_is_shared_when_boards_run_dry():
    """The first calls are cheap, so the last lumps are long: 20 times as long as expected."""
    costs = [0.001] * 300 + [0.2] * 40
    made = simulate(1, [1.0] * 8, Task(costs))
    assert made.now < 1.35 * sum(costs) / 8 + made.restart


def test_explicit_chunks_are_kept():
    made = simulate(1, [1.0] * 3, Task([0.01] * 100, chunk=7))
    first = [c for _, commands in made.log for c in commands if isinstance(c, m.Send)]
    assert [send.count for send in first][:15] == [7] * 14 + [100 % 7], "only repetitions may be smaller"


def test_a_lump_fits_message_and_memory():
    sizes = tuple(random.Random(3).choice([10, 500, 1900, 5000]) for _ in range(300))
    made = simulate(1, [1.0] * 2, Task([1e-6] * 300, sizes=sizes))
    for _, commands in made.log:
        for send in commands:
            if isinstance(send, m.Send) and send.count > 1:
                assert sum(min(size, 2000) for size in sizes[send.start : send.start + send.count]) <= 2000


def test_a_call_that_raises_fails_and_the_rest_does_not():
    made = simulate(1, [1.0] * 3, Task([0.001] * 200, raises={7, 90, 91, 199}))
    assert [call for call, state in enumerate(made.state[0]) if state == FAILED] == [7, 90, 91, 199]
    assert set(made.why.values()) == {"raised"}


def test_retries_are_counted():
    made = simulate(1, [1.0], Task([0.001] * 5, raises={2}, retries=3))
    assert made.ran[0, 2] == 4 and made.state[0][2] == FAILED


def test_a_call_that_resets_boards_fails_alone():
    made = simulate(1, [1.0] * 4, Task([0.001] * 300, resets={150}))
    assert [call for call, state in enumerate(made.state[0]) if state == FAILED] == [150]
    assert made.why == {(0, 150): "died"}


def test_a_call_that_hangs_expires_alone():
    made = simulate(1, [1.0] * 4, Task([0.001] * 300, hangs={0, 150}, timeout=1.0))
    assert made.why == {(0, 0): "expired", (0, 150): "expired"}


def test_a_board_that_only_resets_is_set_aside():
    """Every call resets: the boards are given up after a bounded number of resets, and nothing waits for ever."""
    made = simulate(1, [1.0] * 2, Task([0.001] * 50, resets=set(range(50))))
    assert made.broken
    assert set(made.state[0]) == {FAILED}
    assert sum(isinstance(event, m.BoardDown) for event, _ in made.log) <= 10


def test_a_pinned_job_runs_where_it_should_or_fails():
    made = Simulation(1, [1.0] * 3)
    made.add(0, Task([0.5], only=2))
    made.add(1, Task([0.5], only=1))
    made.at(0.2, made.unplug, 1)
    made.run()
    assert made.state == {0: [ANSWERED], 1: [FAILED]} and made.why == {(1, 0): "lost"}


def test_all_boards_gone_fails_what_is_open():
    made = Simulation(1, [1.0] * 2)
    made.add(0, Task([0.1] * 100))
    made.at(1.0, made.unplug, 0)
    made.at(1.5, made.unplug, 1)
    made.run()
    assert made.broken and 10 < made.state[0].count(ANSWERED) < 60
    made.add(1, Task([0.1]))
    assert made.state[1] == [FAILED]


@pytest.mark.parametrize("cost", [0.001, 0.02, 0.1])
def test_what_only_waits_for_a_shared_wire_is_not_computed_again(cost):
    made = Simulation(1, [1.0] * 8, wire=0.00625)  # an answer is on the wire for 50 ms: it binds, whatever the cost
    made.add(0, Task([cost] * 320))
    made.run()
    assert sum(made.ran.values()) == 320
    assert made.now < 320 * 0.05 * 1.02


def test_a_starved_lump_is_split():
    scheduler = Scheduler()
    scheduler.handle(m.BoardUp(0.0, 0, 100_000))
    send = next(c for c in scheduler.handle(m.JobAdded(0.0, 1, "f", 10, 4, 2000, chunk=10)) if isinstance(c, m.Send))
    commands = scheduler.handle(m.LumpDone(1.0, send.lump, 4, (3,), True, 0.1, 0.001, 10, 0))
    assert m.Deliver(1, 0, 3, 0) in commands
    assert [(c.start, c.count) for c in commands if isinstance(c, m.Send)] == [(3, 1), (4, 1)]
    assert not any(isinstance(c, m.Fail) for c in commands)


def anything(seed: int) -> Simulation:
    """A random cluster with random tasks and accidents."""
    dice = random.Random(seed)
    made = Simulation(seed, [dice.choice([0.5, 1.0, 1.0, 3.0]) for _ in range(dice.randint(1, 8))])
    for job in range(dice.randint(1, 4)):
        count = dice.choice([1, 3, 40, 400])
        calls = range(count)

        def some(most, calls=calls, count=count):
            return set(dice.sample(calls, min(count, dice.randint(0, most))))

        hangs = some(2) if dice.random() < 0.3 else set()
        made.at(
            dice.random(),
            made.add,
            job,
            Task(
                [dice.choice([1e-5, 1e-3, 0.02]) for _ in calls],
                resets=some(2) if dice.random() < 0.3 else set(),
                hangs=hangs,
                raises=some(12) if dice.random() < 0.4 else set(),
                timeout=0.5 if hangs or dice.random() < 0.2 else None,
                retries=dice.choice([0, 0, 2]),
                sizes=dice.choice([4, 8, tuple(dice.randint(1, 900) for _ in calls)]),
                chunk=dice.choice([0, 0, 5]),
            ),
        )
        made.tasks.setdefault(job, Task([]))
    for index in range(len(made.boards)):
        if dice.random() < 0.3:
            made.at(dice.random() * 3, made.unplug, index)
        elif dice.random() < 0.3:
            made.at(dice.random() * 3, made.reset, index, 0)
    made.run()
    return made


@pytest.mark.parametrize("block", range(10))
def test_anything_ends_with_every_call_answered_or_failed_once(block):
    for seed in range(block * 60, block * 60 + 60):
        try:
            made = anything(seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        for job, task in made.tasks.items():
            for call, state in enumerate(made.state[job]):
                if state == FAILED and made.why[job, call] == "raised":
                    assert call in task.raises, f"seed {seed}"
                elif state == FAILED and made.why[job, call] == "expired":
                    assert call in task.hangs or task.timeout, f"seed {seed}"


def test_the_same_events_give_the_same_commands():
    for seed in range(20):
        made = anything(seed)
        lines = [json.dumps([type(event).__name__, *event]) for event, _ in made.log]
        assert list(replay(lines)) == made.log, f"seed {seed}"


def test_a_recorded_run_replays(tmp_path):
    log = tmp_path / "events.jsonl"
    with Cluster("virtual:2xpico", record=log) as cluster:
        assert list(cluster.map(lambda x: x + 1, range(1000))) == list(range(1, 1001))
    replayed = list(replay(log.read_text().splitlines()))
    delivered = sum(c.count for _, commands in replayed for c in commands if isinstance(c, m.Deliver))
    assert delivered == 1000
    assert [event for event, _ in replayed] == list(events(log.read_text().splitlines()))


def test_a_log_that_is_none_says_which_line():
    with pytest.raises(ValueError, match="line 2"):
        list(events(['["Tick", 1.0]', '["Tock", 1.0]']))
