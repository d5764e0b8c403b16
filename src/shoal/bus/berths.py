"""Which board of a bus has which place in the cluster and which stream of the gateway, and what the driver hears of it.

A board is known by its unique id. Its link is a socket pair: the driver has one end, the pump the other. What a stream carried
belongs to one link only: when the stream ends, so does the link, and a board that comes back gets both anew.
"""

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from shoal import config
from shoal.fleet import Ended, Event, Opened, Slot
from shoal.links.pipe import PipeLink

MOST = 16  # boards on one bus
REPLUG_S = 30.0  # after which a board that left the bus is given up; it is welcome later, too


class BusLink(PipeLink):
    """The driver's end of a board on a bus: what lies between repairs all damage."""

    name = "bus"


@dataclass
class Berth:
    """The place of one board. `stream`: its number now, or None; `end`: our end of its link; `room`: for one packet more."""

    slot: Slot
    stream: int | None = None
    end: socket.socket | None = None
    room: bool = False
    inward: bytearray = field(default_factory=bytearray)  # bytes of the board that its link does not take yet
    wanted: float | None = None  # since when the driver waits for a link
    given: bool = False  # whether the driver has had a link on this stream
    gone: bool = False  # the driver was told that nobody should wait for it


class Berths:
    """All of them. Called by the pump's thread."""

    def __init__(
        self,
        slots: list[Slot],
        tell: Callable[[Event], None],
        renew: Callable[[int], None],
        closing: Callable[[socket.socket], None],
        now: Callable[[], float],
    ) -> None:
        """`slots`: those without a name are for boards that are not known yet; `tell`: gets what the driver shall hear;
        `renew`: asks the gateway to begin a stream anew; `closing`: hears of each socket before it is closed; `now`: seconds."""
        self.within = REPLUG_S
        self.why = ""  # what is wrong with the bus, for boards that do not come
        self.hopeless = ""  # why no board will ever come
        self.all = [Berth(slot) for slot in slots]
        self._tell = tell
        self._renew = renew
        self._closing = closing
        self._now = now
        self._of: dict[int, Berth] = {}  # by stream

    def at(self, stream: int) -> Berth | None:
        """The berth of a living stream."""
        return self._of.get(stream)

    @property
    def present(self) -> int:
        """How many boards are on the bus."""
        return len(self._of)

    # --- what the driver asks ---

    def open(self, index: int) -> None:
        berth = self.all[index]
        if self.hopeless or not berth.slot.name:
            self._give_up(index, self.hopeless)
            return
        berth.wanted = self._now()
        if berth.stream is not None:
            if berth.given:
                self.restart(berth)
            else:
                self._give(index)

    def kill(self, index: int, reason: str) -> None:
        berth = self.all[index]
        if berth.end:
            self.shut(berth)
            self._tell(Ended(index, reason, True))
            self.restart(berth)

    def restart(self, berth: Berth) -> None:
        """Its stream is of no use any more; another will begin."""
        if berth.stream is not None:
            self._renew(berth.stream)
            self._forget(berth)

    # --- what the gateway tells ---

    def joined(self, stream: int, unique_id: str) -> bool:
        """False: there is no place for this board."""
        index = self._place(unique_id)
        if index is None:
            return False
        berth = self.all[index]
        if berth.stream is not None:  # it was reset, and is back before it was missed
            self._forget(berth)
        self._drop(index, "it was reset", fault=True)
        berth.stream, berth.room, berth.given = stream, True, False
        self._of[stream] = berth
        if berth.wanted is not None or berth.gone:
            self._give(index)
        return True

    def left(self, stream: int, reason: str) -> None:
        berth = self._of.get(stream)
        if berth:
            self._forget(berth)
            self._drop(self.all.index(berth), reason, fault=True)

    def all_lost(self, reason: str) -> None:
        """The controller is gone, and with it every stream. No task is to blame."""
        for index, berth in enumerate(self.all):
            if berth.stream is not None:
                self._forget(berth)
            self._drop(index, reason, fault=False)

    def never(self, reason: str) -> None:
        """No board will come any more."""
        self.hopeless = reason
        self.all_lost(reason)
        for index, berth in enumerate(self.all):
            if berth.wanted is not None:
                self._give_up(index, reason)

    def check_time(self) -> None:
        """Give up who did not come in time."""
        for index, berth in enumerate(self.all):
            if berth.wanted is not None and self._now() - berth.wanted > self.within:
                why = f"; {self.why}" if self.why else ""
                self._give_up(index, f"it is not on the bus, and did not come within {self.within:.0f} s{why}")

    # --- one board ---

    def _place(self, unique_id: str) -> int | None:
        """The index of a board's place; a board that is new gets one of those without a name."""
        for index, berth in enumerate(self.all):
            if berth.slot.unique_id == unique_id:
                return index
        for index, berth in enumerate(self.all):
            if not berth.slot.name:
                name_it(berth.slot, unique_id, {other.slot.name for other in self.all})
                return index
        return None

    def _give(self, index: int) -> None:
        """Hand the driver a link to a board."""
        berth = self.all[index]
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        berth.end, berth.given, berth.wanted, berth.gone = theirs, True, None, False
        self._tell(Opened(index, BusLink(ours)))

    def _give_up(self, index: int, reason: str) -> None:
        berth = self.all[index]
        berth.wanted, berth.gone = None, True
        self._tell(Ended(index, reason, False, fault=False))

    def _drop(self, index: int, reason: str, *, fault: bool) -> None:
        """Take the driver's link away, if it has one."""
        berth = self.all[index]
        if berth.end:
            self.shut(berth)
            self._tell(Ended(index, reason, True, fault))

    def _forget(self, berth: Berth) -> None:
        if berth.stream is not None:
            self._of.pop(berth.stream, None)
        berth.stream, berth.room = None, False

    def shut(self, berth: Berth) -> None:
        """Close our end of a link, with as much of what the board said as the driver's end takes."""
        if berth.end:
            if berth.inward:
                with contextlib.suppress(OSError):
                    berth.end.send(berth.inward)
            self._closing(berth.end)
            berth.end.close()
            berth.end = None
        berth.inward.clear()

    def close(self) -> None:
        for berth in self.all:
            self.shut(berth)


def name_it(slot: Slot, unique_id: str, used: set[str]) -> None:
    """A place for a board that was not known: with the name and tags of its fleet file, else numbered."""
    known = next((board for board in config.boards() if board.id == unique_id and board.name not in used), None)
    slot.unique_id = unique_id
    if known:
        slot.name, slot.kind, slot.tags = known.name, known.kind, known.tags
    else:
        slot.name = next(name for number in range(1, len(used) + 2) if (name := f"p{number}") not in used)
