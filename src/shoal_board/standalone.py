"""A cluster on the controller itself: `from shoal_board import Cluster` in a job.py, without any computer.

Names are those of `concurrent.futures`. What a board runs is a function at the top level of job.py or of a module beside it
(`shipping`). Everything happens inside the calls of this class, one after the other; boards go on with what they have between.
"""

import gc
import os
import sys

from .member import Member
from .parts import load, part, tidy
from .peer import SCRATCH
from .scheduler import Scheduler, Work
from .ticks import ticks_diff, ticks_ms, ticks_us
from .wire import MICROPYTHON, const

_LOOK_US = const(50000)  # how often idle boards and the terminal are looked at
_TIDY = const(40)  # looks between two times that unused parts are let go
_TYPED = const(256)  # characters kept for the job


def run(bus, terminal, led, start):
    """Run job.py to its end, or until a computer speaks; what it raises is printed. Gives what `start_bus.serve` does then."""
    Cluster.bus = bus
    Cluster.terminal = terminal
    sys.modules["shoal_board"].Cluster = Cluster
    if MICROPYTHON:
        # Answers that wait lie among what every turn leaves behind: collected late, they leave no room for anything large.
        gc.collect()
        gc.threshold(gc.mem_free() // 4)
    try:
        __import__("job").main()
    except HostSpeaks:
        pass
    except Exception as error:
        part("asides").failed(error)
    sys.modules.pop("job", None)
    return part("as_controller").carry, (bus, terminal, led, start)


class HostSpeaks(BaseException):
    """A computer wants the bus: the job ends."""


class Cluster:
    """The boards on this controller's bus. `boards`: list of `member.Member`."""

    bus = terminal = None  # set by `start_bus` before a job begins

    def __init__(self, modules=(), watch=None, ahead=1):
        """`modules`: names of those that the functions' own modules import, first those that others import; or a dict of such
        tuples, by the name of the functions' module; `watch(what, board, calls)`: told of "joined", "left", "given", "answered",
        "lost" and "trouble"; `ahead`: lumps on a board beside the one that it runs."""
        self.boards = []
        self._watch = watch
        self._scheduler = Scheduler(ahead, ticks_diff)
        self.needs = modules
        self.functions = []  # by number: (function, module names, name)
        self.code = {}  # module -> (id, its bytes) while boards are taught
        self._by_address = {}
        self.submitted = []  # (work, function) of `submit`
        Member.bus = self.bus
        Member._view = memoryview(bytearray(SCRATCH))
        self._typed = ""
        self._looked = self._now = ticks_us()
        self._looks = 0
        self._session = int.from_bytes(os.urandom(4), "little")
        self._hungry = True  # whether boards may be given something
        self.counters = self.bus.counters
        self.bus.events = self
        for address in sorted(self.bus.members):
            self.bus.renew(address)  # whoever used the bus before may have left half a frame
            self.joined(address, self.bus.members[address].unique_id)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    # --- what a job calls ---

    def submit(self, function, *args, **kwargs):
        """Call a function on a board; gives its Future."""
        return load("futures").submit(self, function, args, kwargs)

    def begin(self, function, source, total, deliver):
        """Calls of a function, to be given to boards: a Work of the scheduler."""
        work = Work(part("shipping").number(self, function), source, total, deliver)
        self.more(work)
        return work

    def more(self, work):
        """A work has calls, or more than it said."""
        work.more = self._hungry = True
        self._scheduler.add(work)

    def map(self, function, *iterables):
        """The results of a function over items, in their order; the iterables are read as boards need them."""
        return self._answers(function, iterables, True)

    def imap_unordered(self, function, *iterables):
        """As `map`, but each result as soon as it is there."""
        return self._answers(function, iterables, False)

    def as_completed(self, futures):
        """The futures, each when it is done."""
        return load("futures").as_completed(self, futures)

    def cancel(self):
        """Forget every call that waits or runs."""
        for work in list(self._scheduler.works):
            self._forget(work)

    def poll(self, milliseconds=0):
        """Let the bus work for so long."""
        start = ticks_ms()
        left = 0
        while left >= 0:
            self._step(1000 * left)
            left = milliseconds - ticks_diff(ticks_ms(), start) or -1  # a wait below nothing would be for ever

    def wait(self, done, timeout=None):
        """Let the bus work until `done()`. Raises OSError (ETIMEDOUT) after so many seconds."""
        start = ticks_ms()
        while not done():
            if timeout is not None and ticks_diff(ticks_ms(), start) >= 1000 * timeout:
                raise OSError(110)
            self._step(_LOOK_US)

    def typed(self):
        """What was typed on USB since the last call."""
        text = self._typed
        self._typed = ""
        return text

    # --- maps ---

    def _answers(self, function, iterables, ordered):
        answers = {}
        arrived = []

        def deliver(index, answer, error):
            answers[index] = answer, error
            work.held += 1
            if not ordered:
                arrived.append(index)

        try:
            total = min([len(items) for items in iterables])
        except TypeError:  # one of them does not know
            total = None
        work = self.begin(function, ((items, None) for items in zip(*iterables)), total, deliver)  # noqa: B905 (a board's zip)
        return self._results(work, answers, arrived)

    def _results(self, work, answers, arrived):
        """The results of a map. What it has not begun when this is closed is never begun."""
        index = 0
        try:
            while True:
                while not (arrived or index in answers or work.over()):
                    self._step(_LOOK_US)
                if work.withdrawn:
                    return
                if arrived:
                    index = arrived.pop(0)
                elif index not in answers:
                    return
                answer, error = answers.pop(index)
                if error is not None:
                    raise error
                work.held -= 1
                index += 1
                work.head = index
                self._hungry = True
                yield answer
        finally:
            self._forget(work)

    def _forget(self, work):
        if work.withdrawn or (work.over() and work not in self._scheduler.works):
            return
        for line, number in part("losing").cancel(self._scheduler, work):
            self._member(line).withdraw(number)
            self._member(line).push()

    # --- what moves ---

    def _member(self, line):
        for member in self.boards:
            if member.line is line:
                return member

    def _step(self, most):
        """One turn of the bus and what comes of it; waits, if there is nothing to do, but not longer than `most` microseconds."""
        wait = self.bus.turn()
        self._now = ticks_us()
        look = ticks_diff(self._now, self._looked) > _LOOK_US
        if look:
            self._looked = self._now
            self._listen()
            self._looks += 1
            if not self._looks % _TIDY:
                tidy()
            for address in list(self._by_address):  # there may be memory now for what there was none
                self.room(address)
        if self._hungry or look:
            self._hungry = False
            self._feed()
        elif wait and self.terminal.ready(min(wait, most) // 1000):
            self._listen()

    def _feed(self):
        """Give lumps to boards that can take them: first one to each, then the next."""
        scheduler = self._scheduler
        depth = scheduler.depth
        asked = [member for member in self.boards if len(member.line.lumps) < depth]
        while asked:
            more = []
            for member in asked:
                number = scheduler.next(member.line, self._now)
                if number is None:
                    continue
                lump = scheduler.lumps[number]
                try:
                    if lump.work.function not in member.known:
                        part("shipping").teach(self, member, lump.work.function)
                    member.ask(number, lump.work.function, lump.calls)
                except Exception as error:  # such as an argument that cannot travel
                    part("losing").refuse(scheduler, member.line, number, error)
                    more.append(member)
                    self._hungry = True
                    continue
                if len(member.line.lumps) < depth:
                    more.append(member)
                member.push()
                self._tell("given", member, lump)
            asked = more
        if self.code and all([member.settled() for member in self.boards]):
            self.code = {}

    def _listen(self):
        """Take what was typed. The first byte of a frame is a computer's."""
        terminal = self.terminal
        while terminal.ready(0):
            byte = terminal.typed()
            if byte is None:
                raise HostSpeaks
            self._typed = (self._typed + byte)[-_TYPED:]

    def _tell(self, what, member, lump):
        if self._watch:
            self._watch(what, member, [args for args, _ in lump.calls] if lump else None)

    # --- what the bus tells ---

    def joined(self, address, unique_id):
        """A board is on the bus, or its bytes begin anew."""
        if address in self._by_address:
            self.left(address, 0)
        self._session = (self._session + 1) & 0xFFFFFFFF
        member = Member(address, unique_id, self._session)
        self._by_address[address] = member
        member.push()

    def left(self, address, reason):
        member = self._by_address.pop(address, None)
        if member and member.line:
            self.boards.remove(member)
            self._tell("left", member, None)
            for lump in part("losing").leave(self._scheduler, member.line):
                self._tell("lost", member, lump)
            self._hungry = True

    def received(self, address, view):
        """Bytes of a board; the view is valid during this call."""
        member = self._by_address.get(address)
        if member and member.take(view, self):
            member.push()  # its word may have made room for more
        elif member:
            self.bus.renew(address)
            self.joined(address, self.bus.members[address].unique_id)

    def room(self, address):
        """The bus takes bytes for a board again."""
        if address in self._by_address:
            self._by_address[address].push()

    def trouble(self, code, detail):
        """What is wrong with the bus goes to the terminal."""
        sentence = part("asides").trouble(code, detail)
        if self._watch:
            self._watch("trouble", None, sentence)

    # --- what a board tells ---

    def ready(self, member):
        member.line = self._scheduler.join()
        self.boards.append(member)
        self._hungry = True
        self._tell("joined", member, None)

    def refused(self, member):
        part("asides").refused(member)

    def printed(self, member, text):
        for line in text.rstrip("\n").split("\n"):
            print("%s: %s" % (member.name, line))

    def answered(self, member, number, compute, size, results, errors):
        self._hungry = True
        raised = {error[0]: part("asides").raised(member.name, *error[1:]) for error in errors}
        lump, others = self._scheduler.answer(member.line, number, compute, size, results, raised, ticks_us())
        if lump:
            member.calls += len(lump.calls)
            for line in others:
                self._member(line).withdraw(number)
                self._member(line).push()
            self._tell("answered", member, lump)
