"""MicroPython's raw REPL as a state machine: bytes in, bytes out. No port, no clock, no thread.

Ask for something (`enter`, `run`, `soft_reset`), write what `take` gives, feed what comes to `receive`; when nothing has come for
as long as the caller cares to wait, say `expired`. What happened is told by events. Whatever is on the line instead of
MicroPython ends in one `NotMicroPython`. Of what comes only a bounded tail is kept.

    friendly REPL, a program, an agent --enter--> raw REPL --run--> paste or plain --> output --> error text --> raw REPL

Ctrl-C alone does not end an agent that is in a session, because frames may hold any byte. It ends at a frame's header of nothing
but 0x03, so `enter` tries: a Ctrl-C, then enough of them for a header, then enough to fill up a frame that was cut off.
"""

import re
from enum import Enum, auto
from typing import NamedTuple

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
HEADER = 12  # bytes of a frame's header
LONGEST = 4096  # bytes of the longest frame that an agent on USB takes, and some to spare
PLAIN_CHUNK = 128  # bytes of a plain paste at a time: firmware that lacks raw-paste has a buffer of 256 at most

_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_PROMPT = b">>> "
_KEPT = 2000  # bytes of what came that a diagnosis may look at
_ERROR_KEPT = 8000

_ATTEMPTS = (
    CTRL_C + CTRL_C + CTRL_A,
    CTRL_C * (2 * HEADER) + CTRL_A,
    CTRL_C * (LONGEST + 2 * HEADER) + CTRL_A,
    b"\r" + CTRL_C + CTRL_B + CTRL_C + CTRL_A,
)
_LAST_WORD = b"\rAT\r"  # to a modem: it answers OK or ERROR


class Prompt(NamedTuple):
    """The raw REPL is there and waits."""


class Output(NamedTuple):
    """What the running code printed."""

    data: bytes


class Done(NamedTuple):
    """The code ended; `error` is its traceback, or ""."""

    error: str


class NotMicroPython(NamedTuple):
    """There is no raw REPL here. `kind`: a key of `KINDS`; `heard`: the end of what came instead."""

    kind: str
    heard: bytes


Event = Prompt | Output | Done | NotMicroPython

KINDS = {
    "circuitpython": "CircuitPython answers, not MicroPython; flash MicroPython to use this board",
    "modem": "a modem answers (it knows AT commands), not a board",
    "gps": "a GPS receiver answers (it sends NMEA sentences), not a board",
    "esp-bootloader": "the chip's boot ROM answers: it has no firmware, or waits for some; flash it, or press its reset button",
    "stuck-prompt": "MicroPython's prompt came, but its raw REPL did not; a firmware without it, or a line that loses bytes",
    "silent": "nothing answers; no MicroPython on it, a program that ignores Ctrl-C, or no board at all",
    "garbage": "something answers that is not MicroPython, or talks at another speed",
}

_SIGNS = (
    ("circuitpython", re.compile(rb"Adafruit CircuitPython|Press any key to enter the REPL\. Use CTRL-D to reload")),
    ("gps", re.compile(rb"\$(?:G[PNLABQ]|BD)[A-Z]{3},[^\r\n]{6,}\*[0-9A-Fa-f]{2}")),
    ("esp-bootloader", re.compile(rb"waiting for download|invalid header: 0x|No bootable app|rst:0x[0-9a-f]+ \(.*\),boot:0x")),
    ("modem", re.compile(rb"(?:^|[\r\n])(?:OK|ERROR|\+CME ERROR: \S+)\r?\n")),
)


class _At(Enum):
    NOWHERE = auto()
    ENTERING = auto()
    RESETTING = auto()
    READY = auto()
    ASKING = auto()  # whether raw-paste is there
    WINDOW = auto()  # its window size comes
    PASTING = auto()
    PLAIN = auto()  # code is on its way, OK is awaited
    OUTPUT = auto()
    ERROR = auto()
    CLOSING = auto()  # the prompt behind the error text


class RawRepl:
    """One conversation with whatever is at the other end."""

    def __init__(self) -> None:
        self._at = _At.NOWHERE
        self._out = bytearray()
        self._heard = b""  # the end of all that came
        self._new = bytearray()  # what came and is not yet understood
        self._attempt = 0
        self._owed = 0  # banners that Ctrl-As sent earlier may still bring
        self._code = memoryview(b"")
        self._window = self._room = 0
        self._ended = False  # our Ctrl-D has been sent
        self._error = bytearray()
        self._paste = True

    @property
    def ready(self) -> bool:
        """Whether code can be run now."""
        return self._at is _At.READY

    @property
    def started(self) -> bool:
        """Whether the board has taken the code, and what comes next is what the code says."""
        return self._at is _At.OUTPUT

    @property
    def paced(self) -> bool:
        """Whether what `take` gives next has to wait a little for the board, because nothing holds it back."""
        return self._at is _At.PLAIN

    def take(self) -> bytes:
        """What to write now; ask again after writing it, and after each `receive`."""
        if self._at is _At.PLAIN and self._code:
            self._out += self._code[:PLAIN_CHUNK]
            self._code = self._code[PLAIN_CHUNK:]
            if not self._code:
                self._out += CTRL_D
        data = bytes(self._out)
        self._out.clear()
        return data

    # --- what can be asked for ---

    def enter(self, *, agent: bool = False) -> None:
        """Get the raw REPL, whatever runs now. `agent`: surely an agent in a session, so a lone Ctrl-C is not tried."""
        self._at, self._attempt, self._owed = _At.ENTERING, int(agent), 0
        self._new.clear()
        self._heard = b""
        self._try()

    def run(self, code: bytes) -> None:
        """Run a program. `Output` and one `Done` follow."""
        assert self._at is _At.READY, self._at
        self._code, self._ended = memoryview(code or b"\n"), False  # nothing at all would mean a soft reset
        self._error.clear()
        self._new.clear()
        if self._paste:
            self._at = _At.ASKING
            self._out += CTRL_E + b"A" + CTRL_A
        else:
            self._at = _At.PLAIN

    def soft_reset(self) -> None:
        """Start MicroPython anew, without main.py. `Prompt` follows."""
        assert self._at is _At.READY, self._at
        self._at = _At.RESETTING
        self._new.clear()
        self._out += CTRL_D

    # --- what comes ---

    def expired(self) -> list[Event]:
        """Nothing came for as long as the caller waits."""
        if self._at is _At.ENTERING:
            self._attempt += 1
            if self._attempt > len(_ATTEMPTS):
                return [self._give_up()]
            self._try()
        elif self._at is _At.RESETTING:
            self.enter()
        elif self._at is _At.ASKING:  # the question was lost, or is not understood
            self._paste = False
            self._at = _At.PLAIN
            self._out += CTRL_C
        return []

    def receive(self, data: bytes) -> list[Event]:
        """Take what has come."""
        self._heard = (self._heard + data)[-_KEPT:]
        self._new += data
        events: list[Event] = []
        while (step := self._step()) is not None:
            events += step
        return events

    def _step(self) -> list[Event] | None:
        """Understand the beginning of what came; None when more is needed."""
        at = self._at
        if at in (_At.ENTERING, _At.RESETTING):
            return self._find_banner()
        if at is _At.ASKING:
            return self._find_answer()
        if at is _At.WINDOW:
            return self._read_window()
        if at is _At.PASTING:
            return self._paste_on()
        if at is _At.PLAIN:
            return self._find_ok()
        if at is _At.OUTPUT:
            return self._read_output()
        if at is _At.ERROR:
            return self._read_error()
        if at is _At.CLOSING:
            return self._find_prompt()
        self._new.clear()  # nobody asked
        return None

    # --- entering ---

    def _try(self) -> None:
        if self._attempt < len(_ATTEMPTS):
            self._out += _ATTEMPTS[self._attempt]
            self._owed += 1
        else:
            self._out += _LAST_WORD

    def _find_banner(self) -> list[Event] | None:
        end = self._new.find(_BANNER)
        if end >= 0:
            if b"Adafruit CircuitPython" in self._heard:
                return [self._end("circuitpython")]
            del self._new[: end + len(_BANNER)]
            self._owed = max(0, self._owed - 1)
            self._at = _At.READY
            return [Prompt()]
        if self._at is _At.RESETTING and _PROMPT in self._new:
            self.enter()  # it came back with its friendly prompt
            return []
        del self._new[: -_KEPT]
        return None

    def _give_up(self) -> NotMicroPython:
        heard = self._heard
        for kind, sign in _SIGNS:
            if sign.search(heard):
                return self._end(kind)
        if _PROMPT in heard:
            return self._end("stuck-prompt")
        return self._end("garbage" if heard.strip(b"\0\x01\x02\x03\x04\r\n") else "silent")

    def _end(self, kind: str) -> NotMicroPython:
        self._at = _At.NOWHERE
        self._new.clear()
        return NotMicroPython(kind, self._heard[-1000:])

    # --- sending code ---

    def _find_answer(self) -> list[Event] | None:
        """R 1: raw-paste is there; R 0: it is not; the banner: never heard of it, unless an earlier Ctrl-A brings it only now."""
        new = self._new
        found = re.search(rb"R[\x00\x01]", new)
        if found:
            self._at = _At.WINDOW if found[0] == b"R\x01" else _At.PLAIN
            self._paste = found[0] == b"R\x01"
            del new[: found.end()]
            return []
        end = new.find(_BANNER)
        if end < 0:
            return None
        del new[: end + len(_BANNER)]
        if self._owed:
            self._owed -= 1
        else:
            self._paste, self._at = False, _At.PLAIN
        return []

    def _read_window(self) -> list[Event] | None:
        if len(self._new) < 2:
            return None
        self._window = self._room = max(1, int.from_bytes(self._new[:2], "little"))
        del self._new[:2]
        self._at = _At.PASTING
        self._fill()
        return []

    def _fill(self) -> None:
        while self._code and self._room:
            part = self._code[: self._room]
            self._out += part
            self._room -= len(part)
            self._code = self._code[len(part) :]
        if not self._code and not self._ended:
            self._out += CTRL_D
            self._ended = True

    def _paste_on(self) -> list[Event] | None:
        """1: room for another window; 4: the board has read all it wants."""
        if not self._new:
            return None
        byte = self._new[:1]
        del self._new[:1]
        if byte == CTRL_A:
            self._room += self._window
            self._fill()
        elif byte == CTRL_D:
            if not self._ended:  # it gave up early, and waits for our end
                self._out += CTRL_D
                self._code, self._ended = memoryview(b""), True
            self._at = _At.OUTPUT
        return []

    def _find_ok(self) -> list[Event] | None:
        end = self._new.find(b"OK")
        if end < 0:
            del self._new[:-1]
            return None
        del self._new[: end + 2]
        self._at = _At.OUTPUT
        return []

    # --- what code says ---

    def _read_output(self) -> list[Event] | None:
        data, end, rest = self._new.partition(CTRL_D)
        self._new = rest
        if end:
            self._at = _At.ERROR
        if data:
            return [Output(bytes(data))]
        return [] if end else None

    def _read_error(self) -> list[Event] | None:
        data, end, rest = self._new.partition(CTRL_D)
        self._new = rest
        self._error += data[: max(0, _ERROR_KEPT - len(self._error))]
        if not end:
            return None
        self._at = _At.CLOSING
        return []

    def _find_prompt(self) -> list[Event] | None:
        end = self._new.find(b">")
        if end < 0:
            self._new.clear()
            return None
        del self._new[: end + 1]
        self._at = _At.READY
        return [Done(self._error.decode(errors="replace").strip())]
