"""Drives the raw REPL of one board over a link, waiting as long as it takes: for threads that bring boards up.

All patience is silence: a wait ends when nothing has come for so long. `patience` stretches every wait, for boards that are
slower than real ones (emulated ones are, thirty-fold).
"""

import re
import select
from collections.abc import Callable
from threading import Event

from shoal import clock
from shoal.errors import LinkError
from shoal.links import Link
from shoal.usb.rawrepl import CTRL_B, CTRL_D, KINDS, Done, NotMicroPython, Output, Prompt, RawRepl

ANSWER_S = 0.35  # from an attempt to get the prompt to its answer: a board that has to boot first gets four of them
RESET_S = 3.0  # a soft reset, with the flash mounted anew
PLAIN_S = 0.01  # between pieces of a paste that nothing holds back
_SLICE_S = 0.1  # how often a wait looks whether it is still wanted
_BUFFER = 4096
_HEARD = 2000
_CHATTER = 2  # times that a wait is longer if something comes all the while: a GPS receiver is never silent


class NotBoardError(LinkError):
    """There is no MicroPython at the end of a port. `kind`: a key of `rawrepl.KINDS`; `heard`: the end of what came."""

    def __init__(self, where: str, kind: str, heard: bytes) -> None:
        words = re.sub(rb"[\x00-\x1f]+", b" ", heard).strip()  # an echo of our Ctrl-Cs tells nothing
        quoted = f"; the last it said: {words[-80:]!r}" if words and kind != "silent" else ""
        super().__init__(f"{where}: {KINDS[kind]}{quoted}")
        self.kind = kind
        self.heard = heard


class RemoteCodeError(LinkError):
    """What was run through the raw REPL raised; `trace` is what it said."""

    def __init__(self, where: str, what: str, trace: str) -> None:
        super().__init__(f"{where}: {what} failed: {trace.splitlines()[-1] if trace else 'no reason given'}")
        self.trace = trace


class GoneError(LinkError):
    """The port went away."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: the port went away; is the cable in place?")


class StoppedError(LinkError):
    """Nobody waits for this board any more."""


class Repl:
    """The raw REPL of one board. Every method may raise LinkError: the link ended, or the board fell silent."""

    def __init__(self, link: Link, where: str, patience: float = 1.0, stop: Event | None = None) -> None:
        """`where`: how errors call this board; `stop`: set when all waiting should end."""
        self.link = link
        self.where = where
        self.patience = patience
        self.heard = b""  # the end of all that came
        self._left = False
        self._stop = stop
        self._machine = RawRepl()
        self._poll = select.poll()
        self._poll.register(link.fileno(), select.POLLIN)
        self._buffer = bytearray(_BUFFER)

    # --- the raw REPL ---

    @property
    def at_prompt(self) -> bool:
        """Whether the board waits at its raw REPL for us."""
        return self._machine.ready and not self._left

    def leave(self, restart: bool) -> None:
        """Back to the friendly prompt; `restart`: and a soft reset, after which its main.py runs."""
        self._left = True
        self.send(CTRL_B + (CTRL_D if restart else b""))

    def enter(self, *, agent: bool = False) -> None:
        """Get the raw REPL, whatever runs now. `agent`: an agent in a session. Raises NotBoardError if there is no REPL."""
        self._left = False
        self._machine.enter(agent=agent)
        self._until_prompt(ANSWER_S)

    def soft_reset(self) -> None:
        """Start MicroPython anew, without main.py: nothing of what ran before is left in its heap."""
        self._machine.soft_reset()
        self._until_prompt(RESET_S)

    def _until_prompt(self, seconds: float) -> None:
        patience = _CHATTER * seconds * self.patience
        end = clock.now() + patience
        while True:
            self._write_out()
            data = self.receive(seconds)
            events = self._machine.receive(data)
            if not data or clock.now() > end:
                events += self._machine.expired()
                end = clock.now() + patience
            for event in events:
                if isinstance(event, NotMicroPython):
                    raise NotBoardError(self.where, event.kind, event.heard)
                if isinstance(event, Prompt):
                    return

    def run(self, code: str, what: str, said: Callable[[bytes], None] | None = None, silence: float = 5.0) -> bytes:
        """Run a program and give what it prints. `what`: it, in an error; `said`: gets what it prints, as it comes.

        Raises RemoteCodeError if it raises, LinkError if it says nothing for `silence` seconds.
        """
        printed = bytearray()
        self._machine.run(code.encode())
        while True:
            self._write_out()
            data = self.receive(silence)
            if not data:
                self._machine.expired()
                if not self._machine.paced:  # else it asks again, in another way
                    raise LinkError(f"{self.where}: {what}: it said nothing for {silence * self.patience:.0f} s")
            for event in self._machine.receive(data):
                if isinstance(event, Output):
                    printed += event.data
                    if said:
                        said(event.data)
                elif isinstance(event, Done):
                    if event.error:
                        raise RemoteCodeError(self.where, what, event.error)
                    return bytes(printed)

    def start(self, code: str) -> None:
        """Run a program that does not end, and leave the line to it."""
        self._machine.run(code.encode())
        while not self._machine.started:
            self._write_out()
            data = self.receive(5.0)
            if not data:
                raise LinkError(f"{self.where}: it did not take the program that starts the agent")
            for event in self._machine.receive(data):
                if isinstance(event, Done):
                    raise RemoteCodeError(self.where, "starting the agent", event.error)

    # --- bytes ---

    def receive(self, seconds: float) -> bytes:
        """What comes next, or b"" if nothing does for so long."""
        end = clock.now() + seconds * self.patience
        while True:
            if self._stop is not None and self._stop.is_set():
                raise StoppedError(f"{self.where}: given up")
            if self._poll.poll(max(0.0, min(_SLICE_S, end - clock.now())) * 1000):
                count = self.link.receive_into(memoryview(self._buffer))
                if count < 0:
                    raise GoneError(self.where)
                if count:
                    self.heard = (self.heard + bytes(self._buffer[:count]))[-_HEARD:]
                    return bytes(self._buffer[:count])
            elif clock.now() >= end:
                return b""

    def send(self, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        last = clock.now()
        while view:
            count = self.link.send(view)
            if count < 0:
                raise GoneError(self.where)
            view = view[count:]
            if count:
                last = clock.now()
            elif clock.now() - last > 10 * self.patience:
                raise LinkError(f"{self.where}: it takes no bytes; unplug it, and plug it in again")
            else:
                self._wait(0.01)

    def _wait(self, seconds: float) -> None:
        if self._stop is not None and self._stop.is_set():
            raise StoppedError(f"{self.where}: given up")
        select.select([], [], [], seconds)

    def _write_out(self) -> None:
        while data := self._machine.take():
            self.send(data)
            if self._machine.paced:
                self._wait(PLAIN_S)
