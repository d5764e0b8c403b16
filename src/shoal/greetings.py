"""Boards that have not answered yet: who is to be greeted again, who is late, and when all are up. Times are seconds."""

import threading
from collections.abc import Iterable

from shoal import defaults


class Greetings:
    """`all_up` is set when every board has answered, or nobody waits for it any more."""

    def __init__(self, boards: Iterable[int]) -> None:
        self.all_up = threading.Event()
        self._awaited = dict.fromkeys(boards)
        self._greeted: dict[int, tuple[float, float]] = {}  # since when, and greeted when

    def __bool__(self) -> bool:
        """Whether a board has been greeted and has not answered."""
        return bool(self._greeted)

    def greeted(self, board: int, now: float) -> None:
        since, _ = self._greeted.get(board, (now, now))
        self._greeted[board] = (since, now)

    def forget(self, board: int) -> None:
        """Its link is gone; another may come."""
        self._greeted.pop(board, None)

    def settled(self, board: int) -> None:
        """It has answered, or will not."""
        self._greeted.pop(board, None)
        self._awaited.pop(board, None)
        if not self._awaited:
            self.all_up.set()

    def late(self, now: float) -> list[int]:
        """Boards that had their time; they count as not greeted from now on."""
        late = [board for board, (since, _) in self._greeted.items() if now - since > defaults.HELLO_WITHIN_S]
        for board in late:
            del self._greeted[board]
        return late

    def due(self, now: float) -> list[int]:
        """Boards to greet once more."""
        return [board for board, (_, last) in self._greeted.items() if now - last > defaults.HELLO_EVERY_S]
