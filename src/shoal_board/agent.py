"""Messages in, answers out: stores values, loads functions, runs lumps of calls. No I/O and no clock of its own.

The shell (`main`) feeds frames to `receive`, writes what `output` gives, and calls `run` while there is a lump in `todo`.
Nothing that a task raises gets past `run`.
"""

import gc
import struct
import sys

from . import wire
from .codec import Reader, Writer
from .lump import describe, run_calls, run_map, written
from .modules import Modules
from .store import Store
from .wire import const

_CALL_HEAD = struct.calcsize(wire.CALL_FORMAT)
_RESULT_HEAD = struct.calcsize(wire.RESULT_FORMAT)
_PRINT_LIMIT = const(16384)  # characters a lump may print; a flood must not keep a slow link from its answers
_HEAP_EVERY_US = const(1000000)  # asking for the free heap means to collect it: 6 ms on a full Pico


def _free():
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


class Agent:
    def __init__(self, peer, limit, boot, facts, clock, since):
        """`limit`: largest payload that can be read, bytes; `boot`: u32 that differs at every start; `facts`: dict for the HELLO;
        `clock`: gives microseconds; `since(a, b)`: a - b."""
        self.peer = peer
        self.todo = []  # payloads of CALLs not yet run
        self.flush = None  # set by the shell: write what `output` gives, now
        self._limit = limit
        self._boot = boot
        self._facts = facts
        self._clock = clock
        self._since = since
        self._session = None
        self.modules = Modules()
        self._clear()
        self._mark = self._asked = clock()
        self._busy = 0  # microseconds spent since the last answer on anything but waiting and the user's code
        self._printed = 0
        self._line = ""

    def _clear(self):
        self.todo = []
        self._lump = None  # the lump that runs; None: none, or its session has ended, and nobody wants to hear of it
        self._functions = {}
        self._mixed = {}  # numbers of functions whose results are not all plain although the first of a lump was
        self._store = store = Store()
        self._handlers = {
            wire.STORE: store.begin,
            wire.PIECE: store.piece,
            wire.FORGET: store.forget,
            wire.MODULE: self._module,
            wire.BIND: self._bind,
            wire.CALL: self._call,
            wire.CANCEL: self._cancel,
            wire.DROP: self._drop,
        }

    # --- frames ---

    def receive(self, frame, now):
        op = frame[0]
        if op == wire.HELLO:
            self._hello(frame[4])
        elif self._session is None:
            self._announce()  # we were reset, and the host does not know yet
        else:
            message = self.peer.receive(frame, now)
            if message and message[0] in self._handlers:
                self._handlers[message[0]](message[1])

    def _hello(self, payload):
        mark, version = struct.unpack_from("<5sB", payload, 0)
        if mark != wire.HELLO_MARK:
            return
        if version != wire.VERSION:
            self.peer.announce(wire.REFUSE, [struct.pack("<5sB", wire.HELLO_MARK, wire.VERSION)])
            return
        _, _, session, frame, credit, resend = struct.unpack_from(wire.HELLO_FORMAT, payload, 0)
        if session != self._session:
            self._session = session
            self._clear()
            self.peer.reset(frame, self.peer.credit, resend)
            self.peer.granted = min(credit, wire.WINDOW)
        self._announce()

    def _announce(self):
        gc.collect()
        facts = Writer()
        self._facts["heap_free"] = _free()
        facts.value(self._facts)
        hello = struct.pack(
            wire.HELLO_FORMAT, wire.HELLO_MARK, wire.VERSION, self._boot, self._limit, self.peer.credit, self.peer.resend
        )
        self.peer.announce(wire.HELLO, [hello] + facts.finish())

    def output(self, now):
        return self.peer.output(now)

    # --- what the host asks for ---

    def _module(self, payload):
        name, module = Reader(payload).value()
        gc.collect()  # code stays: it should lie low in the heap, not in the middle of what is free
        if name in self._store:
            self.modules.add(module, self._store.pop(name))

    def _bind(self, payload):
        number, module, function = Reader(payload).value()
        try:
            self._functions[number] = self.modules.function(module, function)
        except BaseException as error:
            self._functions[number] = error

    def _drop(self, payload):
        numbers, modules = Reader(payload).value()
        for number in numbers:
            self._functions.pop(number, None)
            self._mixed.pop(number, None)
        for module in modules:
            sys.modules.pop(module, None)

    def _call(self, payload):
        self.todo.append(bytes(payload))

    def _cancel(self, payload):
        lump = bytes(payload)
        self.todo = [call for call in self.todo if call[:4] != lump]

    # --- running ---

    def rest(self):
        """The shell is about to wait for the host."""
        self._busy += self._since(self._clock(), self._mark)

    def wake(self):
        """The shell has something again."""
        self._mark = self._clock()

    def run(self):
        """Run the first lump and queue its answer."""
        payload = self.todo.pop(0)
        self._lump, number, mode = struct.unpack_from(wire.CALL_FORMAT, payload, 0)
        self._printed = 0
        results = []
        errors = []
        started = ended = self._clock()
        try:
            function = self._functions[number]
            if isinstance(function, BaseException):
                raise function
            reader = Reader(memoryview(payload), self._store)
            reader.at = _CALL_HEAD
            if mode == wire.MAP:
                items = reader.value()
                started = self._clock()
                run_map(function, items, results, errors, self.peer.resend, number in self._mixed)
            else:
                calls = [(reader.value(), reader.value()) for _ in range(reader.length())]
                started = self._clock()
                run_calls(function, calls, results, errors, self.peer.resend)
            ended = self._clock()
        except BaseException as error:
            ended = self._clock()
            errors.append(describe(len(results), error))
            results.append(None)
        self._end_line()
        if self._printed > _PRINT_LIMIT:
            self._send_text("... %d more characters not shown\n" % (self._printed - _PRINT_LIMIT))
        if self._lump is not None and self._answer(self._since(ended, started), results, errors):
            self._mixed[number] = True

    def _answer(self, compute, results, errors):
        """Queue the answer. Returns whether results were left out, as `written` says."""
        now = self._clock()
        heap = 0
        if self._since(now, self._asked) > _HEAP_EVERY_US:
            self._asked = now
            gc.collect()
            heap = _free()
        try:
            parts, cut = written(results, errors, _RESULT_HEAD)
        except MemoryError as error:
            parts, cut = written([None], [describe(0, error)], _RESULT_HEAD)
        now = self._clock()
        agent = max(0, self._busy + self._since(now, self._mark) - compute)
        self._busy = 0
        self._mark = now
        struct.pack_into(
            wire.RESULT_FORMAT, parts[0], 0, self._lump, compute & 0xFFFFFFFF, agent & 0xFFFFFFFF, heap
        )
        self.peer.send(wire.RESULT, parts)
        return cut

    # --- printing ---

    def print(self, *args, sep=" ", end="\n"):
        """Takes the place of the builtin: text becomes PRINT messages, a line at a time."""
        text = self._line + (" " if sep is None else sep).join([str(arg) for arg in args]) + ("\n" if end is None else end)
        cut = text.rfind("\n") + 1
        self._line = text[cut:]
        if cut:
            self._say(text[:cut])
        if len(self._line) > wire.SMALL:
            self._end_line()

    def _end_line(self):
        if self._line:
            line = self._line
            self._line = ""
            self._say(line + "\n")

    def _say(self, text):
        room = _PRINT_LIMIT - self._printed
        self._printed += len(text)
        if room > 0:
            self._send_text(text[:room])

    def _send_text(self, text):
        if self._lump is not None:
            self.peer.send(wire.PRINT, [struct.pack("<I", self._lump), text.encode("utf-8", "surrogatepass")])
            if self.flush:
                self.flush()
