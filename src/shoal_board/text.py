"""Part: what a task prints becomes PRINT messages, a line at a time."""

import struct
import sys

from . import wire
from .wire import const

_LIMIT = const(16384)  # characters a lump may print; a flood must not keep a slow link from its answers


def show(agent, args, sep=" ", end="\n", file=None, flush=False):
    """What `print` does while a task runs."""
    if file is not None and file is not sys.stdout:
        agent.builtin(*args, sep=sep, end=end, file=file)
    else:
        text = (" " if sep is None else sep).join([str(arg) for arg in args])
        _say(agent, text + ("\n" if end is None else end), wire.SMALL)


def finish(agent):
    """Send what a lump printed and did not end, and tell how much was left out."""
    _say(agent, "", 0)
    if agent.printed > _LIMIT:
        _send(agent, "... %d more characters not shown\n" % (agent.printed - _LIMIT))
    agent.printed = 0


def _say(agent, text, most):
    """Send the lines that are complete, and the rest of the last one if it is longer than `most`."""
    text = agent.line + text
    cut = text.rfind("\n") + 1
    if len(text) - cut > most:
        text += "\n"
        cut = len(text)
    agent.line = text[cut:]
    room = _LIMIT - agent.printed
    agent.printed += cut
    if cut and room > 0:
        _send(agent, text[: min(cut, room)])


def _send(agent, text):
    if agent.lump is not None:
        agent.peer.send(wire.PRINT, [struct.pack("<I", agent.lump), text.encode("utf-8", "surrogatepass")])
        if agent.shell:
            _flush(agent, agent.shell)


def _flush(agent, shell):
    """Write all that is queued, while a task runs; if the host has no room for it, listen until it has."""
    try:
        while not shell.moving:  # a loop, because an interrupt that has been typed comes at the end of one, so it comes here
            shell.moving = True
        shell.write()
        while agent.peer.queue and shell.read():
            shell.write()
        shell.port.ready(0)  # a port may gather what it writes until it is asked for something
    finally:
        shell.moving = False
