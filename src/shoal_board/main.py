"""The shell of the agent: moves frames between a port and the agent, for ever. All waiting is here.

A board reads a frame in two or three steps, each of a size that it knows: the header; then the payload, into memory made for
it, or straight into the stored value that it belongs to. It never holds more than the frame that is coming.
"""

import builtins
import struct
import time
from binascii import crc32

from . import wire
from .agent import Agent
from .parts import part
from .peer import Peer
from .wire import LOSSY, MICROPYTHON

if MICROPYTHON:
    from time import ticks_diff, ticks_ms, ticks_us
else:

    def ticks_us():
        return time.perf_counter_ns() // 1000

    def ticks_ms():
        return time.perf_counter_ns() // 1000000

    def ticks_diff(later, earlier):
        return later - earlier


def facts(unique_id, cores):
    """What a board tells of itself in its HELLO."""
    return part("session").facts(unique_id, cores)


class Board:
    """One agent on one port."""

    def __init__(self, port, boot, described, frame, credit, clock=ticks_us):
        """`frame`: largest payload to the board, bytes; `credit`: frames the port's buffers hold; `clock`: microseconds."""
        self.port = port
        self._limit = frame
        self._head = memoryview(bytearray(wire.HEADER))
        self._have = 0  # bytes of it that have come
        self.agent = Agent(Peer(frame, credit, 0, ticks_diff), frame, boot, described, clock)
        self.agent.shell = self
        self.moving = False  # whether a task waits for bytes of ours: it must not be interrupted

    def serve(self):
        """Answer one host until the port ends. Nothing is left of the host before it."""
        agent = self.agent
        self._have = 0
        agent.hang_up()
        builtin = agent.builtin = builtins.print
        builtins.print = agent.print
        try:
            while True:
                self.write()
                if agent.todo and not agent.peer.queue and not self.port.ready(0):  # else it may be a CANCEL of the next lump
                    if LOSSY:
                        agent.peer.acknowledge()
                        self.write()
                    agent.run()
                else:
                    agent.busy += ticks_diff(agent.clock(), agent.mark)
                    if not self.listen():
                        return
        finally:
            builtins.print = builtin

    def listen(self):
        """Read one frame, or return when something is due to be sent again. False at the end of the stream."""
        if LOSSY:
            wait = self.agent.peer.wait(ticks_ms())
            if wait is not None and not self.port.ready(wait):
                self.agent.mark = self.agent.clock()
                return True
        return self.read()

    def read(self):
        """Read one frame. False at the end of the stream."""
        port = self.port
        agent = self.agent
        head = self._head
        if not port.read(head[self._have :] if self._have else head):
            return False
        agent.mark = agent.clock()
        magic, op, seq, ack, credit, length, check = struct.unpack_from(wire.HEADER_FORMAT, head, 0)
        if magic != wire.MAGIC or length > self._limit or crc32(head) != wire.RESIDUE:
            self._have = part("session").resync(agent, head)
            return True
        self._have = 0
        payload = b""
        if length:
            store = agent.store
            if op == wire.PIECE and store is not None and store.fits(length) and seq == agent.peer.expected:
                # If the frame turns out to be damaged, it will come again, and to the same place.
                payload = store.window[store.filled : store.filled + length]
                tail = head[: wire.TRAILER]
                if not port.read(payload) or not port.read(tail):
                    return False
                check = crc32(tail, crc32(payload, check))
            else:
                try:
                    body = bytearray(length + wire.TRAILER)
                except MemoryError:
                    for _ in range(length + wire.TRAILER):
                        port.read(head[:1])
                    part("session").lost(agent)
                    return True
                if not port.read(body):
                    return False
                check = crc32(body, check)
                payload = memoryview(body)[:length]
            if check != wire.RESIDUE:
                agent.peer.damaged()
                return True
        agent.receive((op, seq, ack, credit, payload), ticks_ms() if LOSSY else 0)
        return True

    def write(self):
        peer = self.agent.peer
        if peer.outside or peer.queue or peer.reply or LOSSY:
            now = ticks_ms() if LOSSY else 0
            frame = peer.output(now)
            while frame is not None:
                for buffer in frame:
                    self.port.write(buffer)
                frame = peer.output(now)
