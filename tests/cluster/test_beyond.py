"""What `Cluster` has beyond an executor: boards, run, put, unordered map, numpy, and refusals that name the place."""

import array
import subprocess
import sys

import functions
import numpy
import pytest

from shoal import Cluster, SpecError, UsageError, ValueTravelError, task


def test_boards_say_what_they_are():
    with Cluster("virtual:2xpico+esp32?heap=128K") as cluster:
        boards = cluster.boards
    assert [board.name for board in boards] == ["pico-1", "pico-2", "esp32-1"]
    assert len({board.unique_id for board in boards}) == 3
    assert [board.cores for board in boards] == [2, 2, 1]
    for board in boards:
        assert (board.platform, board.link) == ("linux", "pipe")
        assert board.arch in ("x64", "") and board.firmware.startswith("micropython 1.")
        assert 40_000 < board.heap_free < 128 * 1024


def test_run_reaches_every_board_once(cluster):
    assert cluster.run(functions.whoami) == {board.name: board.unique_id for board in cluster.boards}


def test_the_same_failure_on_every_board_is_one_report(cluster):
    with pytest.raises(ZeroDivisionError) as caught:
        cluster.run(functions.divide, 1, 0)
    (note,) = caught.value.__notes__
    assert note.startswith("3 of 3 boards failed: ZeroDivisionError: divide by zero (on pico-1, pico-2, pico-3)")


def test_results_as_they_come(cluster):
    slow_first = [0.4] + [0.0] * 8
    results = cluster.map(functions.sleeps, slow_first, chunksize=1, ordered=False)
    assert next(results) == 0.0
    assert sorted([0.0, *results]) == sorted(slow_first)


def test_what_is_put_is_passed_by_reference(cluster):
    values = [list(range(1000)), "x", {"a": [1, 2]}, bytes(5000), None]
    for value in values:
        reference = cluster.put(value)
        assert [cluster.submit(functions.same, reference).result(10) for _ in range(5)] == [value] * 5
        assert cluster.submit(functions.same, [reference, reference]).result(10) == [value, value]


def test_a_reference_belongs_to_its_cluster(cluster):
    with Cluster("virtual:1xpico") as other, pytest.raises(UsageError, match="another cluster"):
        other.submit(functions.same, cluster.put(1))


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "int64", "float32", "float64"])
def test_numpy_goes_in_and_comes_back(cluster, kind):
    for length in (3, 2000):
        given = numpy.arange(length).astype(kind)
        for back in (
            cluster.submit(functions.same, given).result(10),
            cluster.submit(functions.same, {"a": [given]}).result(10)["a"][0],
            next(cluster.map(functions.same, [given])),
            cluster.submit(functions.same, cluster.put(given)).result(10),
        ):
            assert isinstance(back, numpy.ndarray) and back.dtype == given.dtype and (back == given).all()


def test_numpy_scalars_rows_and_results(cluster):
    assert cluster.submit(functions.add, numpy.int64(3), numpy.float64(0.5)).result(10) == 3.5
    rows = cluster.submit(functions.same, numpy.arange(6).reshape(2, 3)).result(10)
    assert [row.tolist() for row in rows] == [[0, 1, 2], [3, 4, 5]]
    assert isinstance(cluster.submit(functions.doubled_array, numpy.arange(3.0)).result(10), numpy.ndarray)
    assert isinstance(cluster.submit(functions.doubled_array, array.array("d", [1.0])).result(10), array.array)


def test_numpy_is_not_needed():
    code = "import sys; sys.modules['numpy'] = None; from shoal import Cluster\n"
    code += "with Cluster('virtual:1xpico') as cluster: print(cluster.submit(functions.square, 3).result())"
    code = f"import sys; sys.path.insert(0, {str(functions.__file__.rpartition('/')[0])!r}); import functions\n{code}"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30).stdout == "9\n"


class Thing:
    pass


@pytest.mark.parametrize(
    ("args", "kwargs", "place"),
    [
        ((1, {"x": Thing()}), {}, "argument 2, key 'x': object of type Thing"),
        (([1, (2, Thing())],), {}, "argument 1, item 1, item 1: object of type Thing"),
        ((1,), {"b": Thing()}, "argument b: object of type Thing"),
        ((numpy.array(["text"]),), {}, "argument 1: numpy array of dtype <U4"),
        ((x for x in ()), {}, None),
    ],
    ids=["dict", "nested", "keyword", "numpy", "nothing"],
)
def test_a_value_that_cannot_travel_is_refused_with_its_path(cluster, args, kwargs, place):
    if place is None:
        with pytest.raises(ValueTravelError, match="argument 1: object of type generator"):
            cluster.submit(functions.same, args)
        return
    with pytest.raises(ValueTravelError) as caught:
        cluster.submit(functions.add, *args, **kwargs)
    assert place in str(caught.value)
    with pytest.raises(ValueTravelError, match="call 2: argument 1"):
        cluster.map(functions.same, [1, 2, Thing()])


def test_typing_errors_list_what_is_known():
    with pytest.raises(SpecError, match="pico"):
        Cluster("virtual:8xpicco")
    with pytest.raises(SpecError, match="pace"):
        Cluster("virtual:8xpico?pase=real")
    with pytest.raises(UsageError, match="timeout"):
        task(timeuot=3)


def test_a_need_that_no_board_meets_is_refused(cluster):
    with pytest.raises(UsageError, match="camera"):
        cluster.submit(task(needs=("camera",))(lambda x: x), 1)
