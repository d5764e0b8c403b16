"""Brings the agent of a board up: from its flash if the right one is installed, else from RAM with nothing written to flash.

    port --greet--> an agent of our release answers: that is all
         --enter--> raw REPL --soft reset--> a clean heap --ask--> what it is --load or start--> agent --greet--> up
"""

import re
import threading
import zlib
from functools import cache
from threading import Event

from shoal import clock, image
from shoal.errors import LinkError
from shoal.links import Link
from shoal.protocol import Hello
from shoal.usb import identify
from shoal.usb.greeting import greet
from shoal.usb.identify import Found
from shoal.usb.programs import program
from shoal.usb.repl import RemoteCodeError, Repl, StoppedError

GREET_S = 0.2  # an idle agent answers in some 5 ms, unless it has just been switched on
UP_S = 5.0  # from its start to its HELLO
LOAD_TRIES = 3  # a file that was damaged on its way is found by its CRC
_ERROR = re.compile(r"^(\w+(?:Error|Exception|Interrupt|Exit)\b[^\r\n]*)", re.MULTILINE)
_making = threading.Lock()


class Bootstrap:
    """One board on its way up. Every method may raise LinkError."""

    def __init__(self, link: Link, where: str, *, patience: float = 1.0, stop: Event | None = None) -> None:
        """`where`: how errors call it; `patience`: how many times slower than a real board it may be; `stop`: set to give up."""
        self.link = link
        self.repl = Repl(link, where, patience, stop)
        self.up = False  # whether an agent of our release runs

    def identify(self, *, disturb: bool = False) -> Found:
        """What is at the other end. An agent of our release is asked and runs on; else the prompt is. `disturb`: no agent."""
        hello = None if disturb else greet(self.repl, GREET_S)
        if hello is not None and hello.facts.get("agent") == image.release():
            self.up = True
            return identify.told(hello)
        self.up = False
        self.repl.enter(agent=hello is not None)
        self.repl.soft_reset()
        return identify.ask(self.repl)

    def greets(self, seconds: float) -> bool:
        """Whether an agent of our release answers within so many seconds, on a board that restarts."""
        hello = greet(self.repl, seconds, restarting=True)
        return hello is not None and hello.facts.get("agent") == image.release()

    def hears(self, pattern: str, seconds: float) -> str:
        """Wait for a line that the board prints as it starts; gives the first group. Raises LinkError if it does not come."""
        self.repl.heard = b""
        end = clock.now() + seconds * self.repl.patience
        while not (match := re.search(pattern, self.repl.heard.decode(errors="replace"))):
            if clock.now() >= end:
                said = self.repl.heard[-160:].decode(errors="replace").strip()
                raise LinkError(f"{self.repl.where}: the agent was installed, but does not start; the board says: {said!r}")
            self.repl.receive(0.2)
        return match[1]

    def start(self, found: Found, *, watchdog: float = 0, cores: int = 0, installed: bool = True) -> Hello | None:
        """Have the agent run, after `identify`; None if it did. `installed`: use the one in flash if it is of our release."""
        if self.up:
            return None
        if found.bus or not (installed and found.agent == image.release()):  # the agent of a bus does not serve USB
            self._load()
        self.repl.start(f"from shoal_board import start_usb\nstart_usb.serve({int(watchdog)}, {cores})\n")
        hello = greet(self.repl, UP_S)
        if hello is None:
            errors = _ERROR.findall(self.repl.heard.decode(errors="replace"))
            why = f"fails: {errors[-1]}" if errors else "does not answer"
            raise LinkError(f"{self.repl.where}: the agent was started, but {why}; `shoal doctor` looks closer")
        self.up = True
        return hello

    def _load(self) -> None:
        """Give the board the agent's files as it asks for them. A damaged one is found by its CRC: then all again."""
        files = agent_files(("usb",), self.link.lossy)
        code = loader(files)
        for attempt in range(LOAD_TRIES):
            courier = _Courier(self.repl, files)
            try:
                self.repl.run(code, "loading the agent", courier.said)
                return
            except StoppedError:
                raise
            except LinkError as error:
                if attempt == LOAD_TRIES - 1 or (isinstance(error, RemoteCodeError) and "MemoryError" in error.trace):
                    raise
                self.repl.enter()
                self.repl.soft_reset()


class _Courier:
    """Brings files to a board that asks for them by a line with a path."""

    def __init__(self, repl: Repl, files: dict[str, bytes]) -> None:
        self._repl = repl
        self._files = files
        self._line = b""

    def said(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            path = line.strip().decode(errors="replace")
            if path in self._files:
                self._repl.send(self._files[path])


@cache
def _agent_files(ports: tuple[str, ...], lossy: bool) -> dict[str, bytes]:
    return {f"/{path}": code for path, code in image.agent(ports, lossy=lossy).items()}


def agent_files(ports: tuple[str, ...], lossy: bool) -> dict[str, bytes]:
    """The compiled agent for boards with these ports: absolute path -> bytes. Compiled once, whoever asks first.

    `lossy`: it is reached by a UART.
    """
    with _making:
        return _agent_files(ports, lossy)


def loader(files: dict[str, bytes]) -> str:
    """The program that a board runs to load these files of the agent into RAM."""
    entries = {path: (len(code), zlib.crc32(code)) for path, code in files.items()}
    folders = {path.rpartition("/")[0]: 0 for path in files}
    return program("loader").replace("FILES = {}", f"FILES = {dict(folders) | entries!r}")
