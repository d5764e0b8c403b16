"""What user threads give the owner thread: items in order, and a way to wake it. Cheap while the owner is awake."""

import contextlib
import socket
from collections import deque
from typing import Any

Item = tuple[Any, ...]


class Inbox:
    """`post` from any thread; everything else by the owner."""

    def __init__(self) -> None:
        self.items: deque[Item] = deque()
        self.asleep = False  # the owner waits, or is about to
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)

    def fileno(self) -> int:
        """Readable when the owner was woken."""
        return self._wake_in.fileno()

    def post(self, item: Item) -> None:
        self.items.append(item)
        if self.asleep:
            self.asleep = False
            with contextlib.suppress(OSError):  # the owner is ending, and will look once more
                self._wake_out.send(b"!")

    def woken(self, mask: int) -> None:
        """Take note of the wake-up."""
        self._wake_in.recv(4096)

    def close(self) -> None:
        self._wake_in.close()
        self._wake_out.close()
