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
from .wire import LOSSY, MICROPYTHON, const

if MICROPYTHON:
    from time import ticks_diff, ticks_ms, ticks_us
else:

    def ticks_us():
        return time.perf_counter_ns() // 1000

    def ticks_ms():
        return time.perf_counter_ns() // 1000000

    def ticks_diff(later, earlier):
        return later - earlier


_MEASURE_EVERY_US = const(1000000)  # asking for the free heap means to collect it: 11 ms on a Pico
_MEASURE_AT_LAST_US = const(10000000)  # by a board that is never idle for
_IDLE_MS = const(20)


class Board:
    """One agent on one port."""

    def __init__(self, port, boot, described, frame, credit, clock=ticks_us, coarse=ticks_ms):
        """`described`: what the HELLO tells beside what MicroPython does: "unique_id", "cores", ...;
        `frame`: largest payload to the board, bytes; `credit`: frames the port's buffers hold; `clock`: microseconds;
        `coarse`: milliseconds."""
        self.port = port
        self._head = memoryview(bytearray(wire.HEADER))
        self._have = 0  # bytes of it that have come
        self.agent = Agent(Peer(frame, credit, 0, ticks_diff), frame, boot, described, clock, coarse)
        self.agent.shell = self
        self.moving = False  # whether a task waits for bytes of ours: it must not be interrupted

    def serve(self):
        """Answer one host until the port ends. Nothing is left of the host before it."""
        agent = self.agent
        peer = agent.peer
        self._have = 0
        agent.hang_up()
        builtin = agent.builtin = builtins.print
        builtins.print = agent.print
        try:
            while True:
                if LOSSY or peer.queue or peer.reply or peer.outside:
                    self.write()
                if agent.todo and not peer.queue and not self.port.ready(0):  # else it may be a CANCEL of the next lump
                    if LOSSY:
                        peer.acknowledge()
                        self.write()
                    agent.run()
                else:
                    agent.busy += ticks_diff(agent.clock(), agent.mark)
                    # Between an answer and the next call, not between a call and its answer.
                    if agent.due(_MEASURE_EVERY_US) and not agent.todo:
                        if agent.due(_MEASURE_AT_LAST_US) or not self.port.ready(_IDLE_MS):
                            agent.measure()
                    if not self.read():
                        return
        finally:
            builtins.print = builtin

    def read(self):
        """Read one frame, or return when something is due to be sent again. False at the end of the stream."""
        port = self.port
        agent = self.agent
        if LOSSY:
            wait = agent.peer.due_in(ticks_ms())
            if wait is not None and not port.ready(wait):
                agent.mark = agent.clock()
                return True
        head = self._head
        if not port.read(head[self._have :] if self._have else head):
            return False
        agent.mark = agent.clock()
        magic, op, seq, ack, credit, length, check = struct.unpack_from(wire.HEADER_FORMAT, head, 0)
        if magic != wire.MAGIC or length > agent.limit or crc32(head) != wire.RESIDUE:
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
                    body = memoryview(bytearray(length + wire.TRAILER))  # a slice of a bytearray would be a copy
                except MemoryError:
                    left = length + wire.TRAILER
                    while left > 0 and port.read(head[:left]):
                        left -= wire.HEADER
                    part("session").lost(agent)
                    return left <= 0
                if not port.read(body):
                    return False
                check = crc32(body, check)
                payload = body[:length]
            if check != wire.RESIDUE:
                if LOSSY:
                    agent.peer.damaged()
                return True
        agent.receive((op, seq, ack, credit, payload), ticks_ms() if LOSSY else 0)
        return True

    def write(self):
        """Write all that is due."""
        peer = self.agent.peer
        now = ticks_ms() if LOSSY else 0
        frame = peer.output(now)
        while frame is not None:
            for buffer in frame:
                self.port.write(buffer)
            frame = peer.output(now)
