"""The boards of a `usb:` spec, and of any other that reaches its boards through serial ports."""

import os

from shoal.errors import LinkError
from shoal.fleet import Boards, Event, Slot, discard
from shoal.links import Link
from shoal.links.opening import Opening
from shoal.spec import Spec
from shoal.usb import ports
from shoal.usb.keeper import Keeper, Options, Place
from shoal.usb.roster import Roster


class SerialBoards(Boards):
    """Boards at serial ports, each kept in use by a thread of its own. All calls from one thread."""

    def __init__(self, spec: Spec, places: list[Place], options: Options) -> None:
        self.spec = spec
        self._told: Opening[Event] = Opening(discard)
        self._places = places
        self.keepers = [Keeper(index, place, options, self._told.put) for index, place in enumerate(places)]

    @property
    def slots(self) -> list[Slot]:
        return [place.slot for place in self._places]

    def fileno(self) -> int:
        """Readable when `poll` has something."""
        return self._told.fileno()

    def poll(self) -> list[Event]:
        """What happened since the last call. Never blocks."""
        return self._told.take()

    def open(self, index: int) -> Link | None:
        """Bring a board up, for the first time or again; its link comes with `Opened`."""
        self.keepers[index].open()
        return None

    def lost(self, index: int) -> None:
        """The link of a board has ended."""
        self.keepers[index].lost()

    def kill(self, index: int, reason: str) -> None:
        """Get a board back from what it does; `Ended` follows, with `reason`."""
        self.keepers[index].kill(reason)

    def close(self) -> None:
        """Let go of all boards: each gets its prompt back, or its installed agent waits. Returns when all ports are closed."""
        for keeper in self.keepers:
            keeper.stop()
        for keeper in self.keepers:
            keeper.join()
        self._told.close()


class UsbBoards(SerialBoards):
    """The boards of a `usb:` spec."""

    def __init__(self, spec: Spec) -> None:
        """Look for the boards, all at once. Raises UsageError or LinkError: none there, a named one missing, or two meant."""
        options = Options(
            baud=int(spec.options["baud"] or 0),
            watchdog=float(spec.options["watchdog"] or 0),
            installed=spec.options["agent"] != "ram",
            patience=ports.patience(),
        )
        roster = Roster(spec.targets, options, os.environ, for_tasks=True)
        if not roster.places:
            raise LinkError(roster.why_none())
        super().__init__(spec, roster.places, options)
        self.warning = roster.warning
        for keeper, probed in zip(self.keepers, roster.chosen, strict=True):
            keeper.begin_with(*probed)
