"""`@task(tune=True)` and `@task(cores=2)` on a cluster of virtual boards."""

import threading

import pytest

from shoal import Cluster, FunctionError, UsageError, ValueTravelError, kernels, micropython, task, tune
from shoal.micropython import ptr8, ptr32


@task(tune=True)
def collatz(n):
    steps = 0
    while n != 1:
        n = n * 3 + 1 if n & 1 else n >> 1
        steps += 1
    return steps


@task(tune=True)
def grows(n):
    for i in range(50):
        n = n * 3 + i
    return n


@task(tune=True)
def raises(n):
    raise KeyError(n)


@task(tune=True)
def divides(n):
    return n / 4


@task(tune=True)
def adds(data: bytes, n: int) -> int:
    total = 0
    for i in range(n):
        total += data[i]
    return total


@task(tune=True)
def says_itself(n):
    return twice(n)


@micropython.native
def twice(n):
    return 2 * n


@task(cores=2)
@micropython.viper
def cubes(out: ptr32, items: ptr32, start: int, stop: int) -> None:
    for i in range(start, stop):
        out[i] = items[i] * items[i] * items[i]


@task(cores=2, width=5)
@micropython.viper
def bars(out: ptr8, items: ptr32, start: int, stop: int) -> None:
    for i in range(start, stop):
        for k in range(5):
            if k < items[i]:
                out[5 * i + k] = 255


@pytest.fixture(scope="module")
def cluster():
    with Cluster("virtual:2xpico") as made:
        if not all(board.arch for board in made.boards):
            pytest.skip("the boards run CPython here")
        yield made


def note_of(cluster, name):
    """The account's one line on a function."""
    (note,) = [note for note in cluster.account().notes if f" {name}" in note]
    return note


def test_the_fastest_with_equal_results_is_used(cluster):
    numbers = list(range(1, 200))
    assert list(cluster.map(collatz, numbers)) == [collatz(n) for n in numbers]
    note = note_of(cluster, "collatz")
    assert note.startswith("tuned collatz: ")
    assert " on pico-1 (" in note
    assert "viper" in note and "native" in note
    assert cluster.submit(collatz, 27).result() == 111


def test_other_results_are_not_used(cluster):
    """3**50 does not fit in a word, so viper's answer is another."""
    assert list(cluster.map(grows, range(5))) == [grows(n) for n in range(5)]
    assert "viper: other result, not used" in note_of(cluster, "grows")


def test_calls_that_viper_was_not_tried_for_do_not_get_it(cluster):
    assert cluster.submit(collatz, 7).result() == 16
    assert list(cluster.map(collatz, [2**40, 3])) == [40, 7]
    assert cluster.submit(collatz, n=6).result() == 8
    assert cluster.submit(collatz, True).result() == 0


@task(tune=True)
def overflows(n, k):
    for i in range(8):
        n = n * k + i
    return n


def test_viper_is_kept_to_arguments_between_those_that_were_tried(cluster):
    """Nothing overflows in the calls that are tried; later ones do, even in words of 64 bits."""
    small = [(n, 2) for n in range(10)]
    assert list(cluster.map(overflows, *zip(*small, strict=True))) == [overflows(*args) for args in small]
    assert cluster.submit(overflows, 5, 2).result() == overflows(5, 2)
    for args in ((10**9, 10**3), (-(10**9), 999), (9, 100_000)):
        assert cluster.submit(overflows, *args).result() == overflows(*args)
    assert abs(overflows(9, 100_000)) > 2**64


def test_buffers(cluster):
    data = bytes(range(200))
    assert cluster.submit(adds, data, 200).result() == sum(data)
    assert "viper" in note_of(cluster, "adds")


def test_a_function_that_raises_behaves_as_it_would(cluster):
    with pytest.raises(KeyError):
        cluster.submit(raises, 3).result()
    assert note_of(cluster, "raises") == "note: raises was not tuned: it raised KeyError"


def test_what_cannot_be_viper_says_why(cluster):
    assert list(cluster.map(divides, [2, 3])) == [0.5, 0.75]
    assert "viper: it has /, ** or @, not used" in note_of(cluster, "divides")
    assert list(cluster.map(says_itself, [2, 3])) == [4, 6]


@task(tune=True)
def longest(words):
    return max(words, key=len)


def test_values_kept_on_boards_and_values_that_cannot_travel(cluster):
    words = cluster.put(["a", "abc", "ab"])
    assert list(cluster.map(longest, [words, words])) == ["abc", "abc"]
    assert cluster.submit(longest, words).result() == "abc"
    for call in (lambda: cluster.map(longest, [[object()]]), lambda: cluster.submit(longest, object())):
        with pytest.raises(ValueTravelError, match="cannot travel to a board"):
            call()


def test_no_calls_no_trial(cluster):
    def never_tried(n):
        return n

    assert list(cluster.map(task(tune=True)(never_tried), [])) == []
    assert not [note for note in cluster.account().notes if "never_tried" in note]


def test_from_a_callback_it_does_not_wait(cluster):
    @task(tune=True)
    def later(n):
        return n + 1

    answers, done = [], threading.Event()

    def follow(future):
        answers.append(cluster.submit(later, future.result()))
        done.set()

    cluster.submit(twice, 4).add_done_callback(follow)
    assert done.wait(20)
    assert answers[0].result(20) == 9


def test_the_choice_is_kept(cluster, monkeypatch):
    cluster.submit(collatz, 9).result()
    monkeypatch.setattr(tune, "_choose", lambda *args: pytest.fail("tried again"))
    with Cluster("virtual:1xpico") as other:
        assert other.submit(collatz, 9).result() == 19
        assert note_of(other, "collatz")


# --- both cores ----------------------------------------------------------------------------------


def test_map_on_both_cores(cluster):
    numbers = range(-600, 600)
    assert list(cluster.map(cubes, range(1000))) == [n**3 for n in range(1000)]
    assert list(cluster.map(cubes, [7])) == [343]
    assert list(cluster.map(cubes, [])) == []
    assert sorted(cluster.map(cubes, range(300), ordered=False, chunksize=7)) == [n**3 for n in range(300)]
    assert list(cluster.map(bars, [max(0, n) % 7 for n in numbers])) == [
        bytes(255 if k < max(0, n) % 7 else 0 for k in range(5)) for n in numbers
    ]


def test_both_cores_are_for_map(cluster):
    for call in (cluster.submit, cluster.run):
        with pytest.raises(UsageError, match=r"cores=2 splits what `map` is given; call cluster.map\(cubes, numbers\)"):
            call(cubes, 3)
    for items in ([1.5], [2**31], ["a"], [None, 2]):
        with pytest.raises(UsageError, match="takes whole numbers of 32 bits, and item 0 is"):
            cluster.map(cubes, items)
    with pytest.raises(UsageError, match="one iterable of whole numbers, not 2"):
        cluster.map(cubes, [1], [2])


def test_an_unsafe_kernel_is_refused_before_anything_is_sent(cluster):
    @task(cores=2)
    @micropython.viper
    def prints(out: ptr32, items: ptr32, start: int, stop: int):
        print("hello")

    with pytest.raises(FunctionError, match="the call print"):
        cluster.map(prints, [1, 2])


# --- kernels -------------------------------------------------------------------------------------


def test_kernels_are_functions_to_map(cluster):
    rows = [kernels.q26(y / 10) for y in range(-10, 11)]
    assert list(cluster.map(kernels.mandelbrot_row, rows)) == list(map(kernels.mandelbrot_row, rows))
    hits = sum(cluster.map(kernels.pi_hits, range(16)))
    assert abs(4 * hits / 160_000 - 3.14159) < 0.03
    assert sum(cluster.map(kernels.count_primes, range(0, 100_000, 10_000))) == 9592
