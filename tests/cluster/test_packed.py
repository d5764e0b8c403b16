"""`@task(pack=...)`: answers travel squeezed and arrive as they were; on a shared wire that is chosen by what came before."""

from array import array
from itertools import repeat

import pytest

from shoal import Cluster, UsageError, kernels, micropython, task
from shoal.micropython import ptr8, ptr32
from shoal.packed import Habits, packed
from shoal.protocol import Result
from shoal.source import pack


@task(pack=True)
def row(y, limit):
    return kernels.mandelbrot_row(y, -134217728, 629146, 320, limit)


@task(pack=True)
def anything(number):
    if number == 9:
        raise ValueError("nine")
    kinds = [None, array("i", [number] * 20), bytearray([number] * 300), b"", array("h", [-number] * 40), [number] * 5, number]
    return kinds[number % len(kinds)]


@task(pack=True, cores=2, width=32)
@micropython.viper
def stripes(out: ptr8, items: ptr32, start: int, stop: int) -> None:
    for i in range(start, stop):
        for x in range(32):
            out[32 * i + x] = items[i]


def plain(number):
    return bytes(number)


@pytest.fixture(scope="module")
def cluster():
    with Cluster("virtual:2xpico") as made:
        yield made


def came(cluster):
    """Bytes that came, and calls that were computed."""
    boards = cluster.account().boards
    return sum(board.bytes_in for board in boards), sum(board.calls + board.repeated for board in boards)


@pytest.mark.parametrize("limit", [100, 600])
def test_rows_arrive_as_they_were_in_a_fraction_of_the_bytes(cluster, limit):
    rows = [place << 20 for place in range(-60, 60)]
    expected = [row(y, limit) for y in rows]
    assert list(cluster.map(row, rows, repeat(limit))) == expected
    size, calls = came(cluster)
    assert list(cluster.map(row, rows, repeat(limit))) == expected
    size, calls = came(cluster)[0] - size, came(cluster)[1] - calls
    assert size / calls < sum(len(bytes(counts)) for counts in expected) / len(rows) / 3


def test_whatever_a_function_returns_arrives(cluster):
    numbers = [*range(9), *range(10, 30)]
    for number, answer in zip(numbers, cluster.map(anything, numbers), strict=True):
        expected = anything(number)
        assert answer == expected and type(answer) is type(expected)
        assert cluster.submit(anything, number).result() == expected
    with pytest.raises(ValueError, match="nine"):
        cluster.submit(anything, 9).result()


def test_both_cores_and_packed(cluster):
    assert list(cluster.map(stripes, range(200))) == [bytes([number]) * 32 for number in range(200)]


@pytest.mark.parametrize("value", [1, "yes", 0.5])
def test_pack_is_true_false_or_none(value):
    with pytest.raises(UsageError, match="pack must be True, False or None"):
        task(pack=value)


def result(sizes, compute):
    return Result(1, compute, 0.0, 0, None, [bytes(size) for size in sizes], [], sum(sizes))


def test_on_a_shared_wire_answers_that_keep_it_busy_are_squeezed_from_the_second_job_on():
    shipment = pack(plain)
    habits = Habits(22.5, 8)  # I2C at 400 kHz, eight boards
    assert habits.choose(shipment) is shipment
    habits.learn(shipment, result([1000] * 4, 0.1))  # 4000 bytes take the wire 90 ms, those of eight boards 720 ms
    chosen = habits.choose(shipment)
    assert chosen.packed and chosen.key == packed(shipment).key != shipment.key
    habits.learn(chosen, result([10] * 4, 0.1))  # squeezed answers say nothing of plain ones
    assert habits.choose(shipment).packed
    habits.learn(shipment, result([1000] * 4, 2.0))  # the boards compute for longer
    assert habits.choose(shipment) is shipment


@pytest.mark.parametrize(
    ("byte_us", "answers"),
    [(0.0, result([9000], 0.1)), (22.5, result([63] * 9, 0.0)), (22.5, result([1000], 0.1)._replace(results=["x" * 1000]))],
    ids=["a wire of its own", "small answers", "text"],
)
def test_what_gains_nothing_is_left_alone(byte_us, answers):
    habits = Habits(byte_us, 8)
    habits.learn(pack(plain), answers)
    assert not habits.choose(pack(plain)).packed


def test_what_its_author_said_holds():
    shipment = pack(row)
    assert Habits(0.0, 1).choose(shipment).packed
    never = task(pack=False)(lambda number: bytes(number))
    habits = Habits(22.5, 8)
    habits.learn(pack(never), result([9000], 0.1))
    assert not habits.choose(pack(never)).packed
