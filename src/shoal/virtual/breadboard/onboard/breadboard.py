"""A board's door to the simulation: what the stand-ins of `machine`, `time` and others ask goes through here, over descriptor 0.

The board has its own clock, in virtual nanoseconds. It runs ahead of the simulation only where nothing can come from outside:
what it does to its pins is noted with its time, and carried by the next question that needs an answer.
"""

import json
import struct

import ops

_NEVER = 1 << 60
_ROOM = 4096
_NEWS = 1000000  # nanoseconds that a board runs without asking anything
_RESERVE = 64  # bytes of a message that are left for the question at its end


class Core:
    """The one connection of this process."""

    def __init__(self):
        self._fill = open(0, "rb", 0).readinto  # noqa: SIM115 - open as long as the process
        self._put = open(0, "wb", 0).write  # noqa: SIM115
        self._out = bytearray(_ROOM)
        self._used = 4
        self._head = bytearray(ops.ANSWER_SIZE)
        self._view = memoryview(bytearray(_ROOM))
        self.now = 0  # nanoseconds since the simulation began
        self.born = 0  # when this board got its power
        self.typed = 0  # whether something can be read from USB, as of the last answer
        self.late = 0  # when it is time to ask, if only for news
        self.horizon = 0  # before this nothing from outside can change a pin, if we change none
        self.levels = 0  # of all pins, then
        self.data = b""  # of the last answer; valid until the next question
        self.targets = []  # I2CTargets, by number
        self.edges = []  # (gpio, which) not yet handled
        self.handlers = {}  # gpio -> function of such an edge
        self.timers = []  # those that run
        self.due = _NEVER  # when the first of them is
        self.handling = False
        self.interrupted = False  # Ctrl-C was typed

    def note(self, op, a, b, payload=b""):
        """Something done now that needs no answer."""
        self._add(op, a, b, payload, _RESERVE)
        self.horizon = 0

    def _add(self, op, a, b, payload, reserve):
        size = len(payload)
        end = self._used + ops.HEAD_SIZE + size
        if end + reserve > len(self._out):
            if self._used > 4 and reserve:
                self.ask(ops.SYNC)
                end = self._used + ops.HEAD_SIZE + size
            if end + reserve > len(self._out):
                old = self._out
                self._out = bytearray(end + _RESERVE)
                self._out[: self._used] = memoryview(old)[: self._used]
        out = self._out
        struct.pack_into(ops.HEAD, out, self._used, op, a, b, size, self.now)
        if size:
            out[end - size : end] = payload
        self._used = end

    def ask(self, op, a=0, b=0, payload=b""):
        """A question; waits for the answer. Gives its value; `data` has the rest."""
        for target in self.targets:
            target.publish()
        self._add(op, a, b, payload, 0)
        out = self._out
        struct.pack_into("<I", out, 0, self._used - 4)
        view = memoryview(out)[: self._used]
        self._used = 4
        sent = self._put(view)
        while sent < len(view):
            view = view[sent:]
            sent = self._put(view)
        return self._answer()

    def _answer(self):
        if self._fill(self._head) < ops.ANSWER_SIZE:  # reads until it is full, or the end
            raise SystemExit
        size, updates, self.now, self.horizon, self.levels, value, length = struct.unpack_from(ops.ANSWER, self._head, 0)
        self.late = self.now + _NEWS
        self.typed = updates & ops.TYPED
        updates -= self.typed
        view = self._view
        if size:
            if size > len(view):
                view = self._view = memoryview(bytearray(size))
            self._fill(view[:size])
        at = 0
        for _ in range(updates):
            kind, number, count, place = struct.unpack_from(ops.UPDATE, view, at)
            at += ops.UPDATE_SIZE
            if kind == ops.WRITTEN:
                self.targets[number].written(place, view[at : at + count])
            elif kind == ops.EDGE:
                self.edges.append((number, place))
            else:
                self.targets[number].done |= place
            at += count
        self.data = view[at : at + length]
        return value

    def after(self):
        """Run what interrupts have asked for: to be called at the end of what a program calls, when `data` has been used."""
        if self.handling or not (self.edges or self.now >= self.due or self.targets):
            return
        self.handling = True
        try:
            while self.edges:
                gpio, which = self.edges.pop(0)
                handler = self.handlers.get(gpio)
                if handler:
                    handler(which)
            for target in self.targets:
                if target.done:
                    target.interrupt()
            while self.now >= self.due:
                for timer in list(self.timers):
                    if self.now >= timer.due:
                        timer.fire()
                self.plan()
        finally:
            self.handling = False
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt

    def plan(self):
        self.due = min([timer.due for timer in self.timers]) if self.timers else _NEVER

    def charge(self, nanoseconds):
        """Let the time of a call pass."""
        self.now += nanoseconds
        if self.now >= self.late and self.now >= self.horizon and not self.handling:
            self.ask(ops.SYNC)  # a program that looks at the clock only must see what came
            self.after()
        elif self.now >= self.due:
            self.after()

    def until(self, end, early=0):
        """Wait until `end`, or for one of ON_...; gives which of these it was, or 0. Interrupts are handled meanwhile."""
        while True:
            stop = end if self.handling or end < self.due else self.due
            if stop < self.now:
                stop = self.now
            value = 0
            if early or stop >= self.horizon:
                value = self.ask(ops.WAIT, 0, early, struct.pack("<q", stop))
            else:
                self.now = stop
            self.after()
            if value or self.now >= end:
                return value


core = Core()
charges = {}
facts = {}


def begin():
    """Ask for power. Gives what the board is told: a dict."""
    core.ask(ops.BORN)
    facts.update(json.loads(bytes(core.data)))
    charges.update(facts["charges_ns"])
    core.born = core.now
    return facts


def end():
    """The program has ended. The board's hardware goes on."""
    core.ask(ops.END)
