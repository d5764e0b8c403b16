"""Keeps one board in use: a thread that finds its port, brings its agent up, and does so again whenever the board comes back.

The driver has the link while the agent runs; in between the thread has it. A board that stays away is given up after a while and
watched for all the same.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from shoal import clock
from shoal.errors import LinkError, ShoalError
from shoal.fleet import Ended, Event, Opened, Slot
from shoal.usb.agentlink import AgentLink
from shoal.usb.bootstrap import Bootstrap
from shoal.usb.identify import Found
from shoal.usb.repl import GoneError, NotBoardError, StoppedError
from shoal.usb.serial import BAUD, PortFacts, PortMissingError, SerialLink, open_link

REPLUG_S = 30.0  # after which a board that was unplugged is given up; it is welcome later, too
LOOK_S = 0.1  # how often a missing board is looked for
TRIES = 3  # to bring up a board that is there
RETRY_S = (0.3, 1.0, 5.0)  # after the first failure, the second, each further one: every attempt disturbs what runs there
_STUCK = (
    "it cannot be interrupted; press its reset button, or unplug it and plug it in again "
    "(with usb:?watchdog=8 a Pico resets itself after 8 s without a sign of life)"
)


@dataclass(frozen=True)
class Options:
    """How boards are brought up. `watchdog`: seconds, 0 for none; `installed`: use the agent in flash if it is of our release;
    `cores`: that the agent tells of, 0 for all; `patience`: how many times slower than real the boards are."""

    baud: int = BAUD
    watchdog: float = 0
    installed: bool = True
    cores: int = 0
    patience: float = 1.0


@dataclass
class Place:
    """Where a board is kept in use. `find`: the ports at which it may be now, called in a thread."""

    slot: Slot
    find: Callable[[], list[PortFacts]]


class Keeper:
    """One board. `open`, `lost`, `kill` and `close` are for the driver's thread."""

    def __init__(self, index: int, place: Place, options: Options, tell: Callable[[Event], None]) -> None:
        self._index = index
        self._place = place
        self._options = options
        self._tell = tell
        self._stop = threading.Event()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()  # True: to be brought up; False: the end
        self._thread: threading.Thread | None = None
        self._identified: tuple[Bootstrap, SerialLink, Found] | None = None  # found before the fleet was
        self._disturb = False  # whether what runs on it must not go on
        self._link: AgentLink | None = None  # that the driver has
        self._running = False  # whether our agent runs there, as far as we know
        self._port: PortFacts | None = None  # where it was last
        self._found: Found | None = None

    def begin_with(self, bootstrap: Bootstrap, link: SerialLink, found: Found) -> None:
        """It has been found and asked already."""
        self._identified = (bootstrap, link, found)

    # --- the driver's thread ---

    def open(self) -> None:
        """Bring it up; `Opened` follows."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"shoal-{self._place.slot.name}", daemon=True)
            self._thread.start()
        self._wanted.put(True)

    def lost(self) -> None:
        """The driver's link has ended."""
        link, self._link = self._link, None
        if link:
            self._disturb = self._running = bool(link.why_ended)
            reason = link.why_ended or "it was unplugged"
            self._tell(Ended(self._index, reason, True, fault=bool(link.why_ended)))

    def kill(self, reason: str) -> None:
        """Get it back from whatever it does."""
        if self._link:
            self._link = None
            self._disturb = True
            self._tell(Ended(self._index, reason, True))

    def stop(self) -> None:
        """Begin to end: no more events."""
        self._stop.set()
        self._wanted.put(False)

    def join(self) -> None:
        """The end. The board is left usable: at its prompt, or with its installed agent waiting."""
        if self._thread:
            self._thread.join()
        else:
            self._end()

    # --- the board's thread ---

    def _run(self) -> None:
        while self._wanted.get():
            self._keep_trying()
        self._end()

    def _end(self) -> None:
        if self._link:
            self._link.close()  # the driver has, unless it never took it
        if self._identified:
            self._leave(self._identified[0], self._identified[1], restart=True)
        elif self._running and self._port and self._found:
            with contextlib.suppress(LinkError):
                link = open_link(self._port, self._options.baud)
                bootstrap = Bootstrap(link, self._where(self._port), patience=self._options.patience)
                # A program of the user's is not started again: it was interrupted long ago, and may move things.
                self._leave(bootstrap, link, restart=self._found.main != "theirs")

    def _where(self, port: PortFacts) -> str:
        return f"{self._place.slot.name} ({port.path})"

    def _keep_trying(self) -> None:
        since, failures, given_up = clock.now(), 0, False
        while not self._stop.is_set():
            try:
                if self._bring_up():
                    return
                reason = f"it did not come back within {REPLUG_S:.0f} s"
                wait = LOOK_S
            except Exception as error:  # whatever it is: nobody may wait for ever
                reason = str(error) if isinstance(error, ShoalError) else f"a bug in Shoal: {type(error).__name__}: {error}"
                wait = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
            late = clock.now() - since > REPLUG_S * self._options.patience or failures >= TRIES
            if late and not given_up and not self._stop.is_set():
                given_up = True
                self._tell(Ended(self._index, reason, False))
            self._stop.wait(wait)

    def _bring_up(self) -> bool:
        """Once. False if it is nowhere to be seen. Raises ShoalError if it is there and does not come up."""
        if self._identified:
            (bootstrap, link, found), self._identified = self._identified, None
            try:
                return self._start(bootstrap, link, found, link.facts)
            except GoneError:
                link.close()
                return False
            except Exception:
                link.close()
                raise
        trouble: ShoalError | None = None
        ports = self._place.find()
        for port in ports:
            try:
                link = open_link(port, self._options.baud)
            except PortMissingError:
                continue
            except LinkError as error:
                trouble = error if len(ports) == 1 else trouble  # of several, others are another board's
                continue
            try:
                bootstrap = Bootstrap(link, self._where(port), patience=self._options.patience, stop=self._stop)
                found = self._identify(bootstrap, link)
                if self._is_ours(found):
                    return self._start(bootstrap, link, found, port)
                trouble = LinkError(f"{port.path}: another board is there now ({found.unique_id})")
            except StoppedError:
                self._leave(Bootstrap(link, self._where(port), patience=self._options.patience), link, restart=False)
                raise
            except GoneError:  # unplugged again
                pass
            except ShoalError as error:
                trouble = error
            except Exception:
                link.close()
                raise
            link.close()
        if trouble:
            raise trouble
        return False

    def _identify(self, bootstrap: Bootstrap, link: SerialLink) -> Found:
        options = self._options
        disturb = self._disturb or bool(options.watchdog) or not options.installed
        try:
            return bootstrap.identify(disturb=disturb)
        except NotBoardError as error:
            if error.kind != "silent":
                raise
            if link.pull_reset():
                return bootstrap.identify(disturb=True)
            if self._disturb:
                raise LinkError(f"{bootstrap.repl.where}: {_STUCK}") from error
            raise

    def _is_ours(self, found: Found) -> bool:
        known = self._place.slot.unique_id
        return not known or known == found.unique_id

    def _start(self, bootstrap: Bootstrap, link: SerialLink, found: Found, port: PortFacts) -> bool:
        options = self._options
        bootstrap.start(found, watchdog=options.watchdog, cores=options.cores, installed=options.installed)
        self._place.slot.unique_id = self._place.slot.unique_id or found.unique_id
        self._disturb, self._running, self._port, self._found = False, True, port, found
        self._link = AgentLink(link)
        self._tell(Opened(self._index, self._link))
        return True

    def _leave(self, bootstrap: Bootstrap, link: SerialLink, *, restart: bool) -> None:
        """Give the board back to its owner."""
        with contextlib.suppress(ShoalError):
            leave(bootstrap, restart=restart)
        link.close()


def leave(bootstrap: Bootstrap, *, restart: bool) -> None:
    """End what we run on a board: it gets its prompt back; `restart`: with a clean heap, or its installed agent waits."""
    if not bootstrap.repl.at_prompt:
        bootstrap.repl.enter(agent=True)
    bootstrap.repl.leave(restart=restart)
