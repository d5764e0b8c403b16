"""Does in threads what takes time, such as reaching a board, and hands the outcome to the one thread that owns a fleet."""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Work = Callable[[threading.Event, Callable[[T], None]], None]


class Opening(Generic[T]):
    """Outcomes of type T, in the order in which they came about. All calls from one thread."""

    def __init__(self, discard: Callable[[T], None]) -> None:
        """`discard`: called with an outcome that came too late, in any thread."""
        self._discard = discard
        self._outcomes: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)

    def fileno(self) -> int:
        """Readable when `take` has something."""
        return self._wake_in.fileno()

    def start(self, work: Work[T]) -> threading.Event:
        """Run `work(given_up, put)` in a thread; what it puts comes out of `take`. Returns the event that tells it to give up."""
        given_up = threading.Event()
        threading.Thread(target=work, args=(given_up, self.put), name="shoal opening", daemon=True).start()
        return given_up

    def put(self, outcome: T) -> None:
        """Something came about. From any thread."""
        with self._lock:
            if not self._closed:
                self._outcomes.put(outcome)
                with contextlib.suppress(BlockingIOError):  # then it is awake enough
                    self._wake_out.send(b"!")
                return
        self._discard(outcome)

    def take(self) -> list[T]:
        """What came about since the last call. Never blocks."""
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
        outcomes = []
        with contextlib.suppress(queue.Empty):
            while True:
                outcomes.append(self._outcomes.get_nowait())
        return outcomes

    def close(self) -> None:
        """Nothing comes out any more."""
        with self._lock:
            self._closed = True
            for outcome in self.take():
                self._discard(outcome)
            self._wake_in.close()
            self._wake_out.close()
