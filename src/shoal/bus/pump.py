"""The thread that moves bytes between one controller and the links of all boards on its bus, and finds the controller again.

    driver <--socket pair a board--> Berths, Trunk <--one link--> controller

Bytes for a board leave its link only when there is room for them on the controller, so that a board that computes holds back its
own bytes and nobody else's.
"""

import contextlib
import queue
import secrets
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Protocol

from shoal import clock, defaults
from shoal.bus import trunk
from shoal.bus.berths import Berth, Berths
from shoal.bus.trunk import Trunk
from shoal.bus.use import Use
from shoal.errors import LinkError, ShoalError
from shoal.fleet import Event, Slot
from shoal.links import Link
from shoal.protocol import Hello
from shoal_board import mailbox, trouble_on_bus

SILENT_S = 2.0  # a controller counts aloud four times a second; one that does not is asked
DEAD_S = 8.0  # and one that does not answer is lost
AGAIN_S = 0.3  # between attempts to reach a controller that is gone
TURN_S = 0.25  # how often the time is looked at
FAREWELL_S = 0.5  # to tell boards that nobody waits for what they have


class Controller(Protocol):
    """How a controller is reached. All of it from the pump's thread, but `close`."""

    where: str

    @property
    def returns_within(self) -> float:
        """Seconds after which one that is gone is given up; 0: it never comes back."""

    def now(self) -> float:
        """Seconds of the clock by which its boards live."""

    def connect(self, stop: threading.Event) -> Link:
        """A link to the controller. Blocks. Raises LinkError."""

    def why_ended(self) -> str:
        """Why the last link has ended."""

    def side(self) -> socket.socket | None:
        """Where it says other things than on its link, to be read by `hear`."""

    def hear(self) -> list[Event]:
        """What it says beside its link. Raises LinkError if that is that its link has ended."""

    def close(self) -> None:
        """Let go of it."""


class Pump:
    """One bus. `ask` may be called from any thread; `tell` is called from the pump's."""

    def __init__(self, controller: Controller, slots: list[Slot], tell: Callable[[Event], None]) -> None:
        self.use = Use()
        self.settled = threading.Event()  # the boards that are there have joined, or `error` says why there are none
        self.error: ShoalError | None = None
        self.berths = Berths(slots, tell, self._renew, lambda end: self._listen(end.fileno(), 0, None), controller.now)
        self.patience = 1.0
        self._controller = controller
        self._tell = tell
        self._stop = threading.Event()
        self._asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        self._link: Link | None = None
        self._trunk = Trunk(0)
        self._out = bytearray()
        self._boot: int | None = None
        self._amiss: dict[int, str] = {}  # what is wrong with the bus now: code -> sentence
        self._reached = False  # whether there ever was a link
        self._heard = self._greeted = self._joined = 0.0
        self._thread = threading.Thread(target=self._run, name="shoal-bus", daemon=True)

    # --- other threads ---

    def start(self) -> None:
        self._thread.start()

    def ask(self, what: Callable[[], None]) -> None:
        """Have the pump's thread do something."""
        self._asked.put(what)
        with contextlib.suppress(OSError):  # it is awake, or has ended
            self._wake_out.send(b"!")

    def stop(self) -> None:
        """End. Returns when the controller has been let go of."""
        self._stop.set()
        self.ask(lambda: None)
        self._thread.join()
        self._wake_in.close()
        self._wake_out.close()

    # --- the thread ---

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and not self.berths.hopeless:
                self._connect()
                while self._link and not self._stop.is_set():
                    self._turn()
            while not self._stop.is_set():
                self._turn()
            self._farewell()
        except Exception as error:  # whatever it is: nobody may wait for ever
            self.berths.never(f"a bug in Shoal: {type(error).__name__}: {error}")
            self.error = LinkError(self.berths.hopeless)
            self.settled.set()
            raise
        finally:
            self.berths.close()
            if self._link:
                self._link.close()
            self._controller.close()
            self._selector.close()

    def _connect(self) -> None:
        """Reach the controller, for the first time or again; give up in the end."""
        if self._reached:
            self._stop.wait(AGAIN_S)
        since = self._controller.now()
        while not self._stop.is_set():
            try:
                self._link = self._controller.connect(self._stop)
                break
            except ShoalError as error:
                late = self._controller.now() - since >= self._controller.returns_within * self.patience
                if late or not self._reached:
                    self._hopeless(error)
                    return
            if self._controller.side():
                self._hear()
            self._do_asked()
            self.berths.check_time()
            self._stop.wait(AGAIN_S)
        if self._link:
            self._reached = True
            self._selector.register(self._link.fileno(), selectors.EVENT_READ, "link")
            side = self._controller.side()
            if side:
                self._selector.register(side, selectors.EVENT_READ, "side")
            self._begin()

    def _hopeless(self, error: ShoalError) -> None:
        self.error = self.error or error
        self.berths.never(str(error))
        self.settled.set()

    def _begin(self) -> None:
        """A new session with whatever is at the other end of the link."""
        assert self._link is not None
        self._trunk = Trunk(secrets.randbits(32), self._link.lossy)
        self._boot = None
        self._amiss.clear()
        self._out.clear()
        self._heard = self._controller.now()
        self._greet()

    def _greet(self) -> None:
        self._greeted = self._controller.now()
        self._trunk.greet()

    def _turn(self) -> None:
        self._flush()
        wait = self._trunk.wait(_ms())
        for key, mask in self._selector.select(min(TURN_S, TURN_S if wait is None else wait / 1000)):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wake_in.recv(4096)
            elif key.data == "link":
                if mask & selectors.EVENT_READ:
                    self._read()
            elif key.data == "side":
                self._hear()
            else:
                self._serve(key.data)
        self._do_asked()
        self._check_time()

    def _hear(self) -> None:
        try:
            for event in self._controller.hear():
                self._tell(event)
        except LinkError as error:
            if self._link:
                self._lost(str(error))

    def _do_asked(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._asked.get_nowait()()
        for berth in self.berths.all:
            self._watch(berth)

    def _check_time(self) -> None:
        now = self._controller.now()
        self.berths.check_time()
        if not self._link:
            return
        quiet = now - self._heard
        if quiet > DEAD_S * self.patience:
            self._lost(f"the controller ({self._controller.where}) does not answer any more")
        elif now - self._greeted > defaults.HELLO_EVERY_S and (self._trunk.hello is None or quiet > SILENT_S):
            self._greet()
        if self._link and self._link.lossy and quiet > defaults.NUDGE_S:
            self._trunk.nudge()
        if not self.settled.is_set() and self.berths.present and now - self._joined > TURN_S:
            self.settled.set()

    # --- the controller's link ---

    def _read(self) -> None:
        assert self._link is not None
        room = self._trunk.room()
        count = self._link.receive_into(room)
        if count < 0:
            self._lost(self._controller.why_ended())
            return
        self._heard = self._controller.now()
        now = self._trunk
        try:
            for event in now.pushed(count, _ms()):
                self._take(event)
                if self._trunk is not now:  # another session has begun
                    return
        except ShoalError as error:
            self._lost(f"the controller ({self._controller.where}): {error}")

    def _take(self, event: trunk.Event) -> None:
        if isinstance(event, trunk.Carried):
            berth = self.berths.at(event.stream)
            if berth and berth.end:
                berth.inward += event.data
                self._serve(berth)
        elif isinstance(event, trunk.Room):
            berth = self.berths.at(event.stream)
            if berth:
                berth.room = True
                self._serve(berth)
        elif isinstance(event, trunk.Counted):
            self.use.add(event)
        elif isinstance(event, trunk.Joined):
            self._joined = self._controller.now()
            if not self.berths.joined(event.stream, event.unique_id):
                self.use.troubles[-1] = (
                    f"the board {event.unique_id} is on the bus, too; there are places for {len(self.berths.all)}"
                )
        elif isinstance(event, trunk.Left):
            self.berths.left(event.stream, trouble_on_bus.sentence(event.reason, ""))
        elif isinstance(event, trunk.Troubled):
            self._trouble(event)
        else:
            self._answered(event)

    def _trouble(self, event: trunk.Troubled) -> None:
        if event.code == mailbox.MENDED:
            self._amiss.pop(int(event.detail), None)
        else:
            sentence = trouble_on_bus.sentence(event.code, event.detail)
            self._amiss[event.code] = self.use.troubles[event.code] = sentence
        self.berths.why = "; ".join(self._amiss.values())

    def _answered(self, hello: Hello) -> None:
        if "bus" not in hello.facts:
            self._lost(f"{self._controller.where} is not the controller of a bus; `shoal adopt --bus` makes it one")
        elif self._trunk.hello is None:
            pass  # the answer to a host before us
        elif self._boot is None:
            self._boot = hello.boot
            self.berths.why = ""
            self.use.bus = str(hello.facts["bus"])
        elif self._boot != hello.boot:
            self.berths.all_lost("the controller of its bus was reset")
            self._begin()

    def _lost(self, reason: str) -> None:
        """The controller is gone; it is looked for again."""
        if self._link:
            self._selector.unregister(self._link.fileno())
            self._link.close()
            self._link = None
            if side := self._controller.side():
                with contextlib.suppress(KeyError):
                    self._selector.unregister(side)
        self.berths.all_lost(reason)
        self.berths.why = reason
        if not self._controller.returns_within:
            self._hopeless(LinkError(reason))

    def _flush(self) -> None:
        """Write what may be written."""
        if not self._link:
            return
        self._out += self._trunk.output(_ms())
        if self._out:
            with memoryview(self._out) as view:
                count = self._link.send(view)
            if count < 0:
                self._lost(self._controller.why_ended())
                return
            del self._out[:count]
        self._listen(self._link.fileno(), selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0), "link")

    def _farewell(self) -> None:
        """Boards drop what they have and what they are doing: nobody waits for it."""
        if not self._link:
            return
        streams = [berth.stream for berth in self.berths.all if berth.stream is not None]
        if streams and self._trunk.hello:
            self._trunk.renew(streams)
            end = clock.now() + FAREWELL_S
            self._flush()
            while self._out and self._link and clock.now() < end:
                self._selector.select(TURN_S / 10)
                self._flush()

    # --- one board's link ---

    def _renew(self, stream: int) -> None:
        self._trunk.renew([stream])

    def _serve(self, berth: Berth) -> None:
        """Move what can be moved, both ways."""
        end = berth.end
        if end is None:
            return
        try:
            if berth.inward:
                del berth.inward[: end.send(berth.inward)]
        except BlockingIOError:
            pass
        except OSError:
            self.berths.shut(berth)
            return
        if berth.room and berth.stream is not None:
            try:
                data = end.recv(self._trunk.packet)
            except BlockingIOError:
                pass
            except OSError:
                data = b""
                self.berths.shut(berth)
            else:
                if data:
                    berth.room = False
                    self._trunk.carry(berth.stream, data)
                else:  # the driver has closed its end
                    self.berths.shut(berth)
        self._watch(berth)

    def _watch(self, berth: Berth) -> None:
        """Wait for what can be moved, and for nothing else."""
        if berth.end:
            wanted = (selectors.EVENT_READ if berth.room else 0) | (selectors.EVENT_WRITE if berth.inward else 0)
            self._listen(berth.end.fileno(), wanted, berth)

    def _listen(self, descriptor: int, wanted: int, data: object) -> None:
        known = self._selector.get_map().get(descriptor)
        if known is None:
            if wanted:
                self._selector.register(descriptor, wanted, data)
        elif not wanted:
            self._selector.unregister(descriptor)
        elif known.events != wanted or known.data is not data:
            self._selector.modify(descriptor, wanted, data)


def _ms() -> int:
    return int(clock.now() * 1000)
