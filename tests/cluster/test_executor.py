"""`Cluster` against the behaviour that `concurrent.futures` documents; the same checks run on a ThreadPoolExecutor."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref
from concurrent import futures

import functions
import pytest

from shoal import Cluster

MAKERS = {"cluster": lambda: Cluster("virtual:2xpico"), "threads": lambda: futures.ThreadPoolExecutor(2)}


@pytest.fixture(params=MAKERS, scope="module")
def executor(request):
    with MAKERS[request.param]() as made:
        yield made


def make(executor):
    return MAKERS["cluster" if isinstance(executor, Cluster) else "threads"]()


def test_submit_gives_a_standard_future(executor):
    future = executor.submit(functions.add, 1, 2, 3, scale=2)
    assert type(future) is futures.Future
    assert future.result(10) == 12
    assert future.done() and not future.cancelled() and future.exception() is None


def test_an_exception_arrives_as_its_own_type(executor):
    with pytest.raises(ZeroDivisionError):
        executor.submit(functions.divide, 1, 0).result(10)


def test_map_is_ordered_and_takes_several_iterables(executor):
    assert list(executor.map(functions.add, range(5), [10, 20, 30])) == [10, 21, 32]


def test_map_raises_at_the_call_that_failed(executor):
    results = executor.map(functions.raises_for, range(6), [(3,)] * 6)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError):
        next(results)
    with pytest.raises(StopIteration):
        next(results)


def test_map_timeout(executor):
    with pytest.raises(TimeoutError):
        list(executor.map(functions.sleeps, [0.4] * 4, timeout=0.05))


def test_map_with_nothing_to_do(executor):
    assert list(executor.map(functions.same, [])) == []


def test_map_refuses_a_bad_chunksize():
    with Cluster("virtual:1xpico") as cluster, pytest.raises(ValueError, match="chunksize"):
        cluster.map(functions.same, [1], chunksize=0)


def test_as_completed_and_wait(executor):
    pending = [executor.submit(functions.same, number) for number in range(20)]
    assert sorted(future.result() for future in futures.as_completed(pending, timeout=10)) == list(range(20))
    done, not_done = futures.wait(pending, timeout=10)
    assert len(done) == 20 and not not_done


def test_callbacks_run_once(executor):
    called = threading.Event()
    seen = []
    future = executor.submit(functions.same, 5)
    future.add_done_callback(lambda done: (seen.append(done.result()), called.set()))
    assert called.wait(10) and seen == [5]


def test_a_callback_that_raises_harms_nobody(executor):
    def fails(_):
        raise RuntimeError("a callback of the user failed on purpose")

    future = executor.submit(functions.same, 1)
    future.add_done_callback(fails)
    assert future.result(10) == 1
    assert executor.submit(functions.same, 2).result(10) == 2


def test_a_waiting_future_can_be_cancelled_and_a_running_one_cannot(executor):
    running = [executor.submit(functions.sleeps, 0.3) for _ in range(8)]
    waiting = [executor.submit(functions.divide, 1, 0) for _ in range(4)]
    time.sleep(0.1)
    assert not running[0].cancel()
    assert waiting[-1].cancel() and waiting[-1].cancelled()
    with pytest.raises(futures.CancelledError):
        waiting[-1].result(10)
    assert running[0].result(10) == 0.3


def test_shutdown_waits_for_what_was_asked(executor):
    made = make(executor)
    pending = [made.submit(functions.same, number) for number in range(50)]
    made.shutdown()
    assert [future.result(0) for future in pending] == list(range(50))
    made.shutdown()  # twice is fine
    with pytest.raises(RuntimeError, match="after shutdown"):
        made.submit(functions.same, 1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        made.map(functions.same, [1])


def test_shutdown_without_waiting(executor):
    made = make(executor)
    future = made.submit(functions.sleeps, 0.5)
    made.shutdown(wait=False)
    assert not future.done()
    assert future.result(10) == 0.5


def test_shutdown_can_cancel_what_waits(executor):
    made = make(executor)
    pending = [made.submit(functions.sleeps, 0.2) for _ in range(40)]
    end = time.monotonic() + 20
    while not pending[0].running():
        assert time.monotonic() < end
        time.sleep(0.01)
    made.shutdown(cancel_futures=True)
    assert all(future.done() for future in pending)
    assert sum(future.cancelled() for future in pending) >= 30
    assert pending[0].result(0) == 0.2


def test_a_forgotten_executor_still_answers_and_then_ends(executor):
    made = make(executor)
    future = made.submit(functions.sleeps, 0.1)
    gone = weakref.ref(made)
    thread = made._driver._thread if isinstance(made, Cluster) else next(iter(made._threads))
    del made
    gc.collect()
    assert gone() is None
    assert future.result(10) == 0.1
    thread.join(10)
    assert not thread.is_alive()


def test_asyncio_awaits_it(executor):
    async def together():
        return await asyncio.gather(*[asyncio.wrap_future(executor.submit(functions.same, n)) for n in range(9)])

    assert asyncio.run(together()) == list(range(9))


@pytest.mark.parametrize("kind", ["Cluster('virtual:2xpico')", "futures.ThreadPoolExecutor(2)"])
def test_the_program_ends_after_what_was_asked_is_done(kind, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from concurrent import futures\nfrom shoal import Cluster\n"
        "def work(x):\n    import time\n    time.sleep(0.2)\n    return x\n"
        f"executor = {kind}\n"
        "executor.submit(work, 7).add_done_callback(lambda future: print('answer', future.result()))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "answer 7\n", "")
