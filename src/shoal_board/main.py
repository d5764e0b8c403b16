"""The shell of the agent: moves frames between a port and the agent, for ever. All waiting is here."""

import builtins
import sys
import time

from . import wire
from .agent import Agent
from .peer import Peer

if hasattr(time, "ticks_us"):
    ticks_us, ticks_ms, ticks_diff = time.ticks_us, time.ticks_ms, time.ticks_diff
else:  # CPython

    def ticks_us():
        return time.perf_counter_ns() // 1000

    def ticks_ms():
        return time.perf_counter_ns() // 1000000

    def ticks_diff(later, earlier):
        return later - earlier


def facts(unique_id, cores):
    """What a board tells of itself in its HELLO."""
    version = ".".join([str(part) for part in sys.implementation.version[:3]])
    return {
        "unique_id": unique_id,
        "platform": sys.platform,
        "implementation": sys.implementation.name,
        "firmware": sys.implementation.name + " " + version,
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "cores": cores,
    }


class Board:
    """One agent on one port."""

    def __init__(self, port, boot, described, frame, credit, clock=ticks_us):
        """`frame`: largest payload to the board, bytes; `credit`: frames the port's buffers hold; `clock`: microseconds."""
        self._port = port
        self._decoder = wire.Decoder(frame)
        self.agent = Agent(Peer(frame, credit, 0, ticks_diff), frame, boot, described, clock, ticks_diff)
        self.agent.flush = self._flush

    def serve(self):
        """Answer the host until the port ends."""
        agent = self.agent
        builtin = builtins.print

        def to_host(*args, sep=" ", end="\n", file=None, flush=False):
            if file is None or file is sys.stdout:
                agent.print(*args, sep=sep, end=end)
            else:
                builtin(*args, sep=sep, end=end, file=file)

        builtins.print = to_host
        try:
            while self._turn():
                pass
        finally:
            builtins.print = builtin

    def _turn(self):
        """Run what there is to run, then wait for the host. False at the end of the stream."""
        agent = self.agent
        peer = agent.peer
        self._write()
        while agent.todo and not peer.blocked():
            if self._port.ready(0):  # it may be a CANCEL of what would come next
                agent.rest()
                return self._read()
            peer.acknowledge()
            self._write()
            agent.run()
            self._write()
        agent.rest()
        return self._listen()

    def _listen(self):
        """Read one frame, or return when something is due to be sent again. False at the end of the stream."""
        wait = self.agent.peer.wait(ticks_ms())
        if wait is not None and not self._port.ready(wait):
            self.agent.wake()
            return True
        return self._read()

    def _read(self):
        """Read one frame. False at the end of the stream."""
        decoder = self._decoder
        agent = self.agent
        damaged = decoder.damaged
        first = True
        while True:
            need = decoder.need
            if not self._port.read(decoder.room()[:need]):
                return False
            if first:
                agent.wake()
                first = False
            decoder.pushed(need)
            frame = decoder.pop()
            if decoder.damaged != damaged:
                agent.peer.damaged()
            if frame:
                agent.receive(frame, ticks_ms())
            if frame or decoder.damaged != damaged:
                return True

    def _write(self):
        now = ticks_ms()
        frame = self.agent.output(now)
        while frame is not None:
            for buffer in frame:
                self._port.write(buffer)
            frame = self.agent.output(now)

    def _flush(self):
        """Write all that is queued; if the host has no room for it, listen until it has."""
        self._write()
        while self.agent.peer.blocked() and self._listen():
            self._write()
