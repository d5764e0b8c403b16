"""Programs written for joblib run on boards, and see what joblib promises: order, exceptions, generators, timeouts."""

import os
import subprocess
import sys
import time

import joblib
import pytest

import shoal.joblib
from shoal import FunctionError, RemoteTraceback, SpecError, UsageError, ValueTravelError

SPEC = "virtual:2xpico"


def square(x):
    return x * x


def scaled(x, by=1):
    return x * by


def where(x):
    """The board's unique id, or "" on this computer."""
    try:
        import machine
    except ImportError:
        return ""
    return machine.unique_id().hex()


def divide(a, b):
    return a / b


def forever(x):
    while True:
        pass


def generates(x):
    yield x


def calls(function, arguments):
    return (joblib.delayed(function)(argument) for argument in arguments)


@pytest.fixture(scope="module")
def boards():
    """The backend's cluster, used by all tests that leave it as they found it."""
    with joblib.parallel_config("shoal", spec=SPEC) as config:
        yield config["backend"].cluster


@pytest.mark.parametrize("count", [0, 1, 7, 3000])
def test_results_come_in_order(boards, count):
    assert joblib.Parallel()(calls(square, range(count))) == [n * n for n in range(count)]


def test_calls_run_on_boards(boards):
    assert {*joblib.Parallel()(calls(where, range(50)))} <= {board.unique_id for board in boards.boards}


def test_a_batch_may_mix_functions_and_keywords(boards):
    mixed = [joblib.delayed(square)(3), joblib.delayed(scaled)(4, by=5), joblib.delayed(divide)(1, b=2)]
    assert joblib.Parallel(batch_size=3)(mixed) == [9, 20, 0.5]


@pytest.mark.parametrize("kind", ["generator", "generator_unordered"])
def test_results_come_as_a_generator(boards, kind):
    results = joblib.Parallel(return_as=kind)(calls(square, range(100)))
    assert iter(results) is results
    assert sorted(results) == [n * n for n in range(100)]


def test_a_cluster_of_one_board_is_used():
    with joblib.parallel_config("shoal", spec="virtual:1xpico"):
        assert all(joblib.Parallel()(calls(where, range(5))))


def test_one_job_means_this_computer(boards):
    assert joblib.Parallel(n_jobs=1)(calls(where, range(3))) == ["", "", ""]


@pytest.mark.parametrize(("asked", "counted"), [(-1, 3), (-2, 2), (2, 2), (9, 3), (1, 1)])
def test_jobs_are_counted_in_boards(asked, counted):
    with joblib.parallel_config("shoal", spec="virtual:3xpico"):
        assert joblib.effective_n_jobs(asked) == counted


def test_an_exception_arrives_as_its_own_type_and_the_next_call_works():
    with joblib.parallel_config("shoal", spec=SPEC):
        pairs = [joblib.delayed(divide)(1, n - 20) for n in range(40)]
        with pytest.raises(ZeroDivisionError) as caught:
            joblib.Parallel()(pairs)
        assert isinstance(caught.value.__cause__, RemoteTraceback)
        assert "in divide" in str(caught.value.__cause__)
        assert joblib.Parallel()(calls(square, range(3))) == [0, 1, 4]


@pytest.mark.parametrize("at", [0, 900])
def test_what_cannot_travel_is_an_error_wherever_it_comes(at):
    """The first calls are handed over by the caller's thread, the later ones by the cluster's."""
    with joblib.parallel_config("shoal", spec=SPEC):
        arguments = (object() if n == at else n for n in range(1000))
        with pytest.raises(ValueTravelError, match="argument 1: object of type object"):
            joblib.Parallel()(calls(square, arguments))
        with pytest.raises(FunctionError, match="generates is a generator"):
            joblib.Parallel()(calls(generates, range(5)))


def test_timeout_gives_up_what_runs():
    with joblib.parallel_config("shoal", spec=SPEC):
        with pytest.raises(Exception) as caught:
            joblib.Parallel(timeout=0.2)(calls(forever, range(3)))
        assert type(caught.value).__name__ == "TimeoutError"
        assert joblib.Parallel()(calls(square, range(3))) == [0, 1, 4]


def test_the_cluster_is_started_once_and_ends_after_the_block():
    with joblib.parallel_config("shoal", spec=SPEC) as config:
        pids = [board.pid for board in config["backend"].cluster.boards]
        for _ in range(3):
            joblib.Parallel()(calls(square, range(20)))
        with joblib.Parallel() as parallel:
            parallel(calls(square, range(20)))
            parallel(calls(square, range(20)))
        assert [board.pid for board in config["backend"].cluster.boards] == pids
        assert config["backend"].cluster.progress() == (100, 100)
    del config, parallel
    end = time.monotonic() + 5
    while time.monotonic() < end and any(map(alive, pids)):
        time.sleep(0.01)
    assert len(pids) == 2 and not any(map(alive, pids))


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_options_are_checked_when_they_are_given():
    with pytest.raises(UsageError, match="'shoal' has no option 'sepc'; it knows spec"):
        joblib.parallel_config("shoal", sepc=SPEC)
    with pytest.raises(SpecError, match="did you mean 'pico'"):
        joblib.parallel_config("shoal", spec="virtual:8xpicco")
    with pytest.raises(ValueError, match="n_jobs == 0"):
        shoal.joblib.ShoalBackend(SPEC).effective_n_jobs(0)


def test_without_joblib_the_import_says_what_to_install():
    code = "import sys; sys.modules['joblib'] = None; import shoal.joblib"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "pip install 'shoal[joblib]'" in done.stderr
