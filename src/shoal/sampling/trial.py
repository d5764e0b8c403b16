"""Some calls, run on one board: what each of its lumps took. Nothing is decided here, and nothing is kept of the answers."""

import queue
from collections.abc import Sequence
from typing import Any

from shoal import fleets
from shoal.driver import Driver
from shoal.errors import BrokenClusterError, ShoalError
from shoal.model import Board
from shoal.predict.fit import Seen
from shoal.protocol import Hello, Result
from shoal.sampling.noting import Items, Noted
from shoal.spec import Spec
from shoal.tap import Tap
from shoal.work import Work

LOOK_S = 0.2  # how often a wait looks whether the board is still there
UP_WITHIN_S = 60.0
SETTLE_S = 0.5  # a paced Pico looks at its heap, and tidies up, for 0.1 to 0.2 s


class Unwanted:
    """A job's sink that keeps the first failure, and no answer."""

    def __init__(self) -> None:
        self.failure: tuple[int, BaseException] | None = None

    def begin(self, start: int, count: int) -> Sequence[int]:
        return ()

    def deliver(self, start: int, results: list[Any]) -> None:
        """Nobody wants it: the program has its answers."""

    def fail(self, index: int, error: BaseException) -> None:
        self.failure = self.failure or (index, error)

    def cancel(self) -> bool:
        return True


class Trial(Tap):
    """One board, and what it does with the calls that it is given. Use it as a context manager.

    `busy_s`: seconds for which it had calls so far, on its own clock. `on_bus`: it shares a wire with a controller; `here`: its
    clock is this computer's, so that times between its answers are times of the board.
    """

    def __init__(self, spec: Spec) -> None:
        """Start the board of a spec. Raises UsageError or LinkError, which say what is missing."""
        self.busy_s = 0.0
        self.on_bus = spec.bus is not None or spec.scheme in ("breadboard", "bus")
        self.here = not self.on_bus and spec.scheme != "emulated"
        self.hello: Hello | None = None
        self._seen: list[Seen] = []
        self._last = 0.0  # when the board answered
        self._done: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._driver = Driver(fleets.fleet(spec), _forget, None)
        self._driver.taps.append(self)

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, *error: object) -> None:
        self._driver.post_stop(abort=True)
        self._driver.join()

    @property
    def board(self) -> Board:
        """The board, as soon as it is up. Raises BrokenClusterError if it does not come."""
        self._driver.all_up.wait(UP_WITHIN_S)
        boards = self._driver.ledger.boards()
        if not boards:
            raise self._driver.broken or BrokenClusterError(f"{self._driver.fleet.spec.text}: no board answered for a sample")
        return boards[0]

    def settle(self) -> None:
        """Let the board end what it does when it has come up: a program's first call comes later than ours would."""
        self._driver.finished.wait(SETTLE_S)

    def run(self, noted: Noted, items: Items, chunk: int) -> list[Seen]:
        """Run calls in lumps of `chunk`: what each lump took, in the order of the answers.

        Raises ShoalError if a call fails that did not when the program ran.
        """
        sink = Unwanted()
        self._seen = []
        began = self._driver.fleet.now()
        self._driver.post_work(noted.work(items, sink, chunk))
        took = self._wait() - began
        self.busy_s += took if self.here or self.on_bus else sum(lump.compute_s + lump.agent_s for lump in self._seen)
        if sink.failure and not noted.failed:
            index, error = sink.failure
            kind = type(error).__name__
            raise ShoalError(
                f"the sample failed: call {index + 1} of {len(items)} of {noted.title} raised {kind} on "
                f"{self._driver.fleet.spec.text}: {error}; it did not on the boards that ran the whole program"
            ) from error
        return self._seen

    def _wait(self) -> float:
        """Until the job is finished: when, on the board's clock. Not in one long wait, so that Ctrl-C is heard."""
        while True:
            try:
                return self._done.get(timeout=LOOK_S)
            except queue.Empty:
                if self._driver.finished.is_set() or self._driver.broken:
                    raise self._driver.broken or BrokenClusterError("the board of the sample ended") from None

    # --- what the driver tells, in its thread ---

    def up(self, now: float, board: int, hello: Hello) -> None:
        self.hello = self.hello or hello

    def answered(self, now: float, board: int, work: Work, start: int, count: int, result: Result) -> None:
        ran = len(result.results)
        if ran:
            self._seen.append(Seen(start, ran, result.compute, result.agent, now - self._last if self._seen else 0.0))
        self._last = now

    def finished(self, now: float, work: Work) -> None:
        self._done.put(now)


def _forget(board: str, text: str) -> None:
    """What sampled calls print was printed when the program ran."""
