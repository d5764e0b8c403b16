"""Messages in, answers out: stores values, knows functions, runs lumps of calls. No I/O and no clock of its own.

The shell (`main`) feeds frames to `receive`, writes what the peer puts out, and calls `run` while there is a lump in `todo`.
Nothing that a task raises gets past `run`.
"""

import gc
import struct

from . import wire
from .codec import Reader
from .lump import describe, run_calls, written
from .parts import part, tidy
from .wire import LOSSY, MICROPYTHON, const

_CALL_HEAD = const(11)  # struct.calcsize(wire.CALL_FORMAT)
_RESULT_HEAD = const(18)  # struct.calcsize(wire.RESULT_FORMAT)
_WRAP = const(0x3FFFFFFF)  # a board's microseconds begin again after 18 minutes
_LONG_MS = const(600000)  # from here on they are not asked
_LONGEST_MS = const(4294967)  # what a RESULT can tell


class Agent:
    around = None  # of a paced board: called in place of what imports a module

    def __init__(self, peer, limit, boot, described, clock, coarse):
        """`limit`: largest payload that can be read, bytes; `boot`: u32 that differs at every start; `described`:
        dict for the HELLO; `clock`: gives microseconds; `coarse`: milliseconds."""
        self.peer = peer
        self.limit = limit
        self.boot = boot
        self.described = described
        self.clock = clock
        self._coarse = coarse
        self.shell = None  # what moves our frames
        self.guard = None  # a board's `hardware.Guard`: stops tasks, knows the temperature
        self.stopped = None  # why the guard stops the lump that runs: a type name of `wire`
        self.modules = None  # the file system of modules that the host sent
        self._asked = clock()
        self.hang_up()

    def hang_up(self):
        """The session has ended, and nothing of it is left; or none has begun."""
        self.session = None
        self.mark = self.clock()
        self.busy = 0  # microseconds spent since the last answer on anything but waiting and the user's code
        self.lump = None  # the lump that runs; None: none, or its session has ended, and nobody wants to hear of it
        self.stopped = wire.CANCELLED
        self.todo = []  # payloads of CALLs not yet run
        self.functions = {}  # by number: a function, or why there is none
        self.mixed = {}  # numbers of functions whose results are not all plain although the first of a lump was
        self.store = None  # stored values, if there are any
        self.printed = 0  # characters, by the lump that runs
        self.line = ""  # not yet ended by it
        self.peer.reset(self.limit, self.peer.credit, 0)

    def receive(self, frame, now):
        """Take one frame."""
        op = frame[0]
        if op == wire.HELLO:
            part("session").hello(self, frame[4])
        elif self.session is None:
            part("session").announce(self)  # we were reset, and the host does not know yet
        else:
            message = self.peer.receive(frame, now)
            if message:
                op, payload = message
                if op == wire.CALL:
                    self.todo.append(payload)
                elif wire.STORE <= op <= wire.FORGET:
                    if self.store is None:
                        self.store = part("store").Store()
                    self.store.take(op, payload)
                elif op < wire.RESULT:
                    part("session").take(self, op, payload)

    def run(self):
        """Run the first lump and queue its answer."""
        guard = self.guard
        lossy = LOSSY and self.peer.resend
        payload = self.todo.pop(0)
        self.lump, number, mode, allowed = struct.unpack_from(wire.CALL_FORMAT, payload, 0)
        self.stopped = None
        results, errors = [], []
        started = self.mark
        since = self._coarse()
        try:
            function = self.functions[number]
            if isinstance(function, BaseException):
                raise function
            reader = Reader(payload, self.store, _CALL_HEAD)
            if mode == wire.MAP:
                calls = reader.value()
            else:
                calls = []
                for _ in range(reader.length()):
                    calls.append((reader.value(), reader.value()))
            started = self.clock()
            if guard:
                guard.begin(allowed)
            if mode == wire.MAP:
                part("values").run_map(function, calls, results, errors, lossy, number in self.mixed)
            else:
                run_calls(function, calls, results, errors, lossy)
        except BaseException as error:
            describe(error, results, errors)
        ended = self.clock()
        if guard:
            guard.end()
        if self.stopped and errors and errors[-1][1] == "KeyboardInterrupt":
            errors[-1] = (errors[-1][0], self.stopped, None, "", errors[-1][4])
        if self.printed or self.line:
            part("text").finish(self)
        if self.lump is None:
            return
        try:
            parts, cut = written(results, errors, _RESULT_HEAD)
        except MemoryError as error:
            results, errors = [], []
            describe(error, results, errors)
            parts, cut = written(results, errors, _RESULT_HEAD)
        if cut:
            self.mixed[number] = True
        compute = (ended - started) & _WRAP
        agent = self.busy + ((ended - self.mark) & _WRAP) - compute
        since = (self._coarse() - since) & _WRAP
        if since > _LONG_MS:
            compute = min(since, _LONGEST_MS) * 1000
            agent = 0  # nothing beside them
        self.busy = 0
        self.mark = ended  # what is left to do for this answer counts for the next
        struct.pack_into(wire.RESULT_FORMAT, parts[0], 0, self.lump, compute, max(0, agent), self.heap, self.temperature)
        self.lump = None
        self.peer.send(wire.RESULT, parts)

    def due(self, after):
        """Whether `measure` was last called more than so many microseconds ago."""
        return (self.clock() - self._asked) & _WRAP > after

    def measure(self):
        """Look at the heap and the thermometer, and let go of parts."""
        self._asked = self.clock()
        self.temperature = wire.NO_TEMPERATURE
        if self.guard:
            self.temperature = self.guard.temperature()
            tidy()
            if self.store is not None and self.store.unused():
                self.store = None
        gc.collect()
        self.heap = gc.mem_free() if MICROPYTHON else 0

    def print(self, *args, **options):
        """Takes the place of the builtin."""
        part("text").show(self, args, **options)
