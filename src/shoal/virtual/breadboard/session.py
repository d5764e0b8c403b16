"""One life of a board's process: what its messages mean, and what the board is told when it is answered.

A message is a list of operations with the times at which the board did them. The simulation carries them out in order; only the
last one of a message is answered, sooner or later.
"""

import struct
from collections.abc import Callable
from typing import Any

from shoal.virtual.breadboard.agenda import Entry
from shoal.virtual.breadboard.nets import Drive
from shoal.virtual.breadboard.onboard import ops
from shoal.virtual.breadboard.processes import Process
from shoal.virtual.breadboard.target import Target

Operation = tuple[int, int, int, int, bytes]  # nanoseconds, which, a, b, payload

_HEAD = struct.Struct(ops.HEAD)
_ANSWER = struct.Struct(ops.ANSWER)
_UPDATE = struct.Struct(ops.UPDATE)


def operations(message: bytes) -> list[Operation]:
    """What a message consists of."""
    found = []
    at = 0
    while at < len(message):
        which, a, b, size, when = _HEAD.unpack_from(message, at)
        at += ops.HEAD_SIZE
        found.append((when, which, a, b, message[at : at + size]))
        at += size
    return found


class Session:
    """`board`: its number in the wiring. Everything here is lost with its power."""

    def __init__(self, board: int, name: str, process: Process) -> None:
        self.board = board
        self.name = name
        self.process = process
        self.alive = True
        self.running = False  # whether it owes us a message
        self.drives: dict[int, Drive] = {}  # by GPIO
        self.states: dict[int, int] = {}  # of pins, as `ops` has them
        self.edges: dict[int, int] = {}  # GPIO -> edges that happened and that it has not been told
        self.targets: dict[int, Target] = {}
        self.controllers: dict[int, Any] = {}
        self.waiting = 0  # what would end its WAIT early
        self.entry: Entry | None = None  # the end of the WAIT; None: it is not in one
        self.pulse: Any = None  # of a PULSE: what it waits for
        self.event = False  # something happened outside since it last idled
        self.dog: Entry | None = None
        self.began = 0.0  # processor seconds, of measured work
        self.asking = 0.0  # of them, what measuring no work takes
        self.worked = 0.0  # of work that has ended
        self.asked = 0.0  # processor seconds when it was first found silent
        self.endless = False  # what it computes does not end
        self.heard = False  # whether it asks for the first time

    def answer(
        self, now: int, horizon: int, levels: int, typed: bool, settle: Callable[[Target], None], value: int, data: bytes
    ) -> bool:
        """Answer what it asked. `typed`: whether it has something to read from USB; `settle`: lets transfers to a target happen
        up to now. False if the process is gone."""
        updates = []
        for number, target in self.targets.items():
            settle(target)
            for place, written in target.news():
                updates.append(_UPDATE.pack(ops.WRITTEN, number, len(written), place) + written)
            ended = target.ended & target.watched
            if ended:
                updates.append(_UPDATE.pack(ops.DONE, number, 0, ended))
                target.ended = 0
        if self.edges:
            for gpio, which in self.edges.items():
                updates.append(_UPDATE.pack(ops.EDGE, gpio, 0, which))
            self.edges.clear()
        body = b"".join(updates) + data
        try:
            count = len(updates) | typed * ops.TYPED
            self.process.send(_ANSWER.pack(len(body), count, now, horizon, levels, value, len(data)) + body)
        except OSError:
            return False
        self.running = True
        return True
