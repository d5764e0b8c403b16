"""Asks whether an agent is at the other end, in bytes that do no harm if something else is."""

import contextlib
import itertools
import re

from shoal import clock, defaults, protocol
from shoal.errors import ProtocolError
from shoal.protocol import Hello
from shoal.usb.repl import Repl

AGAIN_S = 0.2
_FORBIDDEN = frozenset(b"\x03\x04\x05\x0a\x0d")  # what a prompt obeys: interrupt, reset, paste, run this line
_MAGIC = b"\xa5S\x01"  # how a HELLO begins
_ECHO = re.compile(rb"SHO|S\x08@|>>> ")  # how a prompt repeats one: as it edits its line
_AGENT_ENDED = b"\x04>"  # the raw REPL behind a traceback
_NO_AGENT = b"shoal: the agent on this board does not start"  # says our main.py
_PAUSE_S = 0.02  # from the first byte to the others: an idle agent turns Ctrl-C off in that time
_sessions = itertools.count(0x53686F61)


def _frame() -> bytes:
    """A HELLO without bytes that a prompt obeys, where our version of the protocol allows it."""
    for session in itertools.islice(_sessions, 1000):
        peer = protocol.Peer(defaults.RECEIVE_LIMIT, defaults.CREDIT)
        peer.announce(*protocol.hello(session, defaults.RECEIVE_LIMIT, defaults.CREDIT, 0))
        frame = b"".join(bytes(part) for part in peer.output(0))
        if not _FORBIDDEN & set(frame):
            break
    return frame


def greet(repl: Repl, seconds: float, *, restarting: bool = False) -> Hello | None:
    """The HELLO of the agent at the other end, or None if none answers in time; an agent of another version counts as none.

    Ends early if a prompt is there instead, and echoes what we say; but not if the board is `restarting`.
    """
    decoder = protocol.Decoder(defaults.RECEIVE_LIMIT, defaults.RECEIVE_BUFFER)
    end = clock.now() + seconds * repl.patience
    heard = b""
    while clock.now() < end:
        frame = _frame()
        repl.send(frame[:1])
        data = repl.receive(_PAUSE_S)
        repl.send(frame[1:])
        again = min(end, clock.now() + AGAIN_S * repl.patience)
        while True:
            hello = _read(decoder, data)
            if hello:
                return hello
            heard = (heard + data)[-4000:]
            prompt = _MAGIC not in heard and _ECHO.search(heard)
            if _NO_AGENT in heard or (not restarting and (prompt or heard.endswith(_AGENT_ENDED))):
                return None
            if (left := again - clock.now()) <= 0:
                break
            data = repl.receive(left / repl.patience)
    return None


def _read(decoder: protocol.Decoder, data: bytes) -> Hello | None:
    while data:
        room = decoder.room()
        part, data = data[: len(room)], data[len(room) :]
        room[: len(part)] = part
        decoder.pushed(len(part))
        while (frame := decoder.pop()) is not None:
            with contextlib.suppress(ProtocolError):
                message = protocol.read(frame[0], frame[4])
                if isinstance(message, Hello):
                    return message
    return None
