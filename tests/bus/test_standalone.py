"""The cluster of a controller without a computer: its scheduler by seeds, and jobs on real agents behind sockets, both on every
interpreter."""

import contextlib
import os
import signal
import socket
import subprocess
import textwrap
from pathlib import Path

import pytest

import interpreters

HERE = Path(__file__).parent / "standalone"
HEAP = 233_024
SEED = int.from_bytes(os.urandom(2), "little")
SEEDS = 200


@pytest.fixture(params=interpreters.NAMES)
def interpreter(request):
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    return request.param


def test_the_scheduler_by_seeds(interpreter):
    print("seed", SEED)
    printed = interpreters.run(interpreter, HERE / "check_scheduler.py", str(SEEDS), str(SEED), heap=1 << 23)
    verdict, count = printed.split()[-2:]
    assert verdict == "ok" and int(count) > 1000 * SEEDS


class Rig:
    """Boards behind sockets and a controller that runs a job."""

    def __init__(self, interpreter, folder, count, **files):
        for name, text in files.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        self.boards = []
        ends = []
        for _ in range(count):
            ours, its = socket.socketpair()
            argv = interpreters.command(interpreter, HERE / "socket_board.py", HEAP)
            pipes = {"stdin": its, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            self.boards.append(subprocess.Popen(argv, env=interpreters.environment(), **pipes))
            its.close()
            ends.append(ours)
        fds = [end.fileno() for end in ends]
        words = [str(folder), *map(str, fds)]
        argv = [*interpreters.command(interpreter, HERE / "socket_bus.py", HEAP), *words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.controller = subprocess.Popen(argv, pass_fds=fds, env=interpreters.environment(), **pipes)
        for end in ends:
            end.close()

    def until(self, word):
        """Lines up to the first that begins with a word."""
        lines = []
        for line in self.controller.stdout:
            lines.append(line.decode().rstrip())
            if lines[-1].startswith(word):
                return lines
        raise AssertionError("\n".join(lines))

    def ends(self):
        """All that is printed to the end."""
        text, _ = self.controller.communicate(timeout=30)
        return text.decode()

    def close(self):
        for process in [self.controller, *self.boards]:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait(5)
        self.controller.stdout.close()
        self.controller.stdin.close()


@pytest.fixture
def rig(interpreter, tmp_path):
    rigs = []

    def make(count, **files):
        rigs.append(Rig(interpreter, tmp_path, count, **files))
        return rigs[-1]

    yield make
    for one in rigs:
        one.close()


def test_map_in_order_unordered_and_futures(rig):
    job = """
    from shoal_board import Cluster
    from tiles import tile

    def add(a, b=0):
        return [a, b]

    def main():
        with Cluster(modules=("fixed",)) as cluster:
            while len(cluster.boards) < 3:  # the first could do it all meanwhile
                cluster.poll(10)
            print(list(cluster.map(tile, range(300))) == [bytes([n % 251]) * (n % 90) for n in range(300)])
            print(sorted(cluster.imap_unordered(add, range(50), range(50, 100))) == [[n, 50 + n] for n in range(50)])
            print(list(cluster.map(add, [])))
            futures = [cluster.submit(add, n, b=str(n)) for n in range(20)]
            print(sorted([future.result()[0] for future in cluster.as_completed(futures)]) == list(range(20)))
            print(cluster.submit(add, [1, 2.5, None], b={"x": b"y" * 3000}).result(20) == [[1, 2.5, None], {"x": b"y" * 3000}])
            print(len(cluster.boards), sum([board.calls for board in cluster.boards]), sorted([b.name for b in cluster.boards]))
    """
    tiles = "from fixed import WIDTH\ndef tile(n):\n    return bytes([n % WIDTH]) * (n % 90)\n"
    text = rig(3, job=job, tiles=tiles, fixed="M = 1\nWIDTH = 251\n").ends()
    assert text == "True\nTrue\n[]\nTrue\nTrue\n3 371 ['0x20', '0x21', '0x22']\n", text


def test_errors_prints_and_what_cannot_travel(rig):
    job = """
    from shoal_board import Cluster

    class Own(Exception):
        pass

    def odd(n):
        print("looking at", n)
        if n == 7:
            raise KeyError("seven", 7)
        if n == 8:
            raise Own("eight")
        return n

    def main():
        with Cluster() as cluster:
            try:
                for n in cluster.map(odd, range(12)):
                    last = n
            except KeyError as error:
                print("stopped after", last, error.args, error.board, "line" in error.trace)
            print(repr(cluster.submit(odd, 8).exception()))
            print(cluster.submit(odd, 9).result())
            try:
                cluster.submit(lambda: 1)
            except TypeError as error:
                print(error)
            cluster.submit(odd, 7).result()
    """
    text = rig(2, job=job).ends()
    assert "stopped after 6 ('seven', 7) 0x2" in text and " True\n" in text, text
    assert "Own: eight" in text and "\n9\n" in text
    assert ": looking at 9" in text
    assert "boards run functions from the top level" in text
    assert "\non 0x2" in text and text.count("KeyError") >= 2


def test_boards_that_die_and_nothing_is_lost_or_asked_again(rig):
    job = """
    import time
    from shoal_board import Cluster

    def slow(n):
        end = time.time() + 0.01
        while time.time() < end:
            pass
        return n * n

    def main():
        asked = {}
        free = []
        def watch(what, board, calls):
            if what == "given":
                for args in calls:
                    asked[args[0]] = asked.get(args[0], 0) + 1
            if what == "answered":
                for args in calls:
                    asked[args[0]] = -1000
            if what == "lost":
                print("lost", board.name, len(calls))
        with Cluster(watch=watch) as cluster:
            for n, answer in enumerate(cluster.map(slow, range(240))):
                if answer != n * n:
                    print("wrong", n, answer)
                if n in (50, 150):
                    print("kill")
            print("whole", max(asked.values()) < 0, len(asked), len(cluster.boards))
    """
    run = rig(4, job=job)
    run.until("kill")
    run.boards[1].kill()
    run.until("kill")
    run.boards[2].kill()
    assert "whole True 240 2" in run.ends()


def test_a_job_gets_what_was_typed_and_a_host_ends_it(rig):
    job = """
    from shoal_board import Cluster

    def main():
        with Cluster() as cluster:
            text = ""
            while not text.endswith("q"):
                cluster.poll(5)
                text += cluster.typed()
            print("typed", text)
            while True:
                cluster.poll(5)
    """
    run = rig(1, job=job)
    run.controller.stdin.write(b"zoom 3q")
    run.controller.stdin.flush()
    run.until("typed zoom 3q")
    run.controller.stdin.write(b"\xa5")
    run.controller.stdin.flush()
    assert run.ends() == "a host speaks\n"


def test_a_picture_given_up_leaves_nothing_behind(rig):
    job = """
    import time
    from shoal_board import Cluster

    def slow(n):
        time.sleep(0.05)
        return n

    def main():
        with Cluster() as cluster:
            rows = cluster.imap_unordered(slow, range(1000))
            print(next(rows) < 8)
            cluster.cancel()
            print(list(rows))
            print(sorted(cluster.imap_unordered(slow, range(2000, 2010))) == list(range(2000, 2010)))
            print(list(zip(range(3), cluster.map(slow, (0 for _ in range(1 << 30))))))
    """
    text = rig(2, job=job).ends()
    assert text == "True\n[]\nTrue\n[(0, 0), (1, 0), (2, 0)]\n", text


def test_large_values_bad_arguments_and_two_clusters(rig):
    job = """
    from shoal_board import Cluster

    def big(n):
        return bytes(n)

    def sizes(data, more=None):
        return len(data), more and len(more)

    def faulty():
        yield 1
        raise ValueError("in the iterable")

    def main():
        with Cluster() as cluster:
            print([len(data) for data in cluster.map(big, [9000, 0, 5000])])
            print(cluster.submit(sizes, bytes(6000), more="x" * 5000).result())
            try:
                list(cluster.map(big, faulty()))
            except ValueError as error:
                print("caught", error)
            travels = list(range(30))
            travels[7] = object()
            answers = cluster.imap_unordered(big, travels)
            try:
                for _ in answers:
                    pass
            except Exception as error:
                print("caught", type(error).__name__)
            print([type(cluster.submit(big, object()).exception()).__name__ for _ in range(9)])
            print(len(list(cluster.map(big, [3, 4, 5]))))
        with Cluster(ahead=0) as cluster:
            first = cluster.map(big, range(5))
            second = cluster.map(sizes, [b"", b"1"])
            sizes_of_both = [len(next(first)) for _ in range(5)], list(second)
            while len(cluster.boards) < 3:  # two of them may have done it all
                cluster.poll(10)
            print(*sizes_of_both, len(cluster.boards))
            try:
                cluster.submit(endless).result(0.2)
            except OSError as error:
                print(error.args)

    def endless():
        while True:
            pass
    """
    text = rig(3, job=job).ends()
    assert text.split("\n") == [
        "[9000, 0, 5000]",
        "(6000, 5000)",
        "caught in the iterable",
        "caught CodecError",
        f"{['CodecError'] * 9}",
        "3",
        "[0, 1, 2, 3, 4] [(0, None), (1, None)] 3",
        "(110,)",
        "",
    ], text
