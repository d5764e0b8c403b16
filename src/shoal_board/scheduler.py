"""Which board runs which calls, for a controller without a computer. Decides only: no I/O, no clock; `now` is in microseconds.

The rules: lumps as long as a fraction of a second, by measured time; one lump ahead on every board; a lost board's lumps go to
others; at the end idle boards get copies of what others have not answered, and the first answer wins. A call that was answered is
never asked for again, and every call has one answer: a lump leaves `lumps` with its first, and answers to others are nothing.
What is seldom needed, boards that are lost among it, is in the part `losing`.
"""

from .wire import const

_LUMP_US = const(400000)  # that a lump aims at: bus and controller need some 20 ms for each, beside the board's computing
_LEAST_US = const(20000)  # and that no lump goes below, where calls are short: it costs about as much
_LUMP_BYTES = const(3600)  # of results: what a mailbox takes at once, so that a board computes on while it is fetched
_CROWD = const(8)  # boards that there may be soon, if there are less now
_MOST = const(32)  # calls in a lump
_HELD = const(16384)  # bytes of results that may wait for an earlier one before no further calls are begun
_TRIP_US = const(1000000)  # what a lump is thought to take before one was answered


class Work:
    """The calls of one function in their order, and what came of them.

    `source`: iterator of (args, kwargs); `total`: how many, None: unknown; `deliver(index, answer, error)` is called once a call.
    """

    def __init__(self, function, source, total, deliver):
        self.function = function
        self.source = source
        self.total = total
        self.deliver = deliver
        self.more = True  # whether the source may have more
        self.withdrawn = False  # nobody wants to hear of it any more
        self.taken = 0  # calls
        self.open = 0  # of them without an answer
        self.head = 0  # the first call whose answer was not taken yet, where the order matters: all before it were
        self.held = 0  # calls answered and not taken
        self.many = 0  # calls in the largest lump that was answered
        self.unit = 0  # microseconds a call
        self.dear = 0  # the same, of the dearest lumps of late
        self.size = 0  # bytes a result
        self.trip = _TRIP_US  # from giving a lump to its answer

    def over(self):
        """Whether every call has its answer."""
        return not (self.more or self.open)

    def full(self):
        """Whether too many answers wait to be taken."""
        return self.held * self.size > _HELD

    def take(self, most):
        """The next calls."""
        calls = []
        while len(calls) < most:
            try:
                calls.append(next(self.source))
            except StopIteration:
                self.more = False
                break
        self.taken += len(calls)
        self.open += len(calls)
        return calls


class Lump:
    """Calls that travel together, and the boards that have them."""

    losses = 0  # boards that were lost while they ran it
    boards = ()

    def __init__(self, work, first, calls, losses=0):
        self.work = work
        self.first = first  # index of the first call
        self.calls = calls
        if losses:
            self.losses = losses


class Line:
    """What the scheduler knows of one board: the numbers of its lumps, in the order in which it runs them."""

    def __init__(self):
        self.lumps = []
        self.given = []  # when
        self.work = None  # that `unit` is about
        self.unit = 0


class Scheduler:
    def __init__(self, ahead, difference):
        """`ahead`: lumps on a board beside the one that it runs; `difference(later, earlier)`: of two readings of the clock."""
        self.depth = ahead + 1  # lumps on a board
        self._difference = difference
        self.works = []  # in the order in which they were asked for
        self.boards = []  # lines
        self.lumps = {}  # number -> lump that is on a board
        self.again = []  # lumps to give once more, before any other
        self._number = 0

    # --- events ---

    def add(self, work):
        """A work that has calls, or has some again."""
        if work not in self.works:
            self.works.append(work)

    def join(self):
        """A board that can run lumps; gives its line."""
        line = Line()
        self.boards.append(line)
        return line

    def answer(self, line, number, compute, size, results, errors, now):
        """A board has answered. Gives the lump, and the other boards that have it; (None, ()) if it was answered before.

        `compute`: microseconds; `size`: bytes of the answer; `errors`: exceptions by place in the lump; calls beyond
        `results` were not run, and are asked for again.
        """
        if number not in line.lumps:
            return None, ()
        lump = self.lumps.pop(number)
        work = lump.work
        count = len(results)
        self._learn(line, work, number, compute, size, count, now)
        others = ()
        if len(lump.boards) > 1:
            others = [other for other in lump.boards if other is not line]
            for other in others:
                self.strike(other, number)
        self.strike(line, number)
        if count < len(lump.calls):
            self.again.insert(0, Lump(work, lump.first + count, lump.calls[count:]))
            lump.calls = lump.calls[:count]
        for place in range(count):
            self.deliver(work, lump.first + place, results[place], errors.get(place))
        return lump, others

    def _learn(self, line, work, number, compute, size, count, now):
        if count:
            unit = compute // count
            line.unit = (line.unit + unit) // 2 if line.work is work else unit
            line.work = work
            work.unit = (work.unit + unit) // 2 if work.unit else unit
            work.dear = max(unit, work.dear - (work.dear >> 4))
            work.many = max(work.many, count)
            work.size = max(size // count, (work.size + size // count) // 2)
            trip = self._difference(now, line.given[line.lumps.index(number)])
            work.trip = trip if work.trip == _TRIP_US else (3 * work.trip + trip) // 4

    def deliver(self, work, index, answer, error):
        work.open -= 1
        work.deliver(index, answer, error)
        if work.over() and work in self.works:
            self.works.remove(work)

    @staticmethod
    def strike(line, number):
        place = line.lumps.index(number)
        line.lumps.pop(place)
        line.given.pop(place)

    # --- decisions ---

    def next(self, line, now):
        """The number of the lump to give to a board now, or None."""
        if len(line.lumps) >= self.depth:
            return None
        lump = self.again.pop(0) if self.again else self._fresh(line)
        if lump:
            self._number = number = (self._number + 1) & 0x3FFFFFFF
            self.lumps[number] = lump
        elif line.lumps:
            return None
        else:
            number = self._late(now)
            if number is None:
                return None
            lump = self.lumps[number]
        lump.boards += (line,)
        line.lumps.append(number)
        line.given.append(now)
        return number

    def _fresh(self, line):
        """A new lump of the first work that has calls left."""
        for work in list(self.works):
            if work.more and not work.full():
                first = work.taken
                calls = work.take(self._many(line, work))
                if calls:
                    return Lump(work, first, calls)
                if work.over():
                    self.works.remove(work)
        return None

    def _many(self, line, work):
        """How many calls the next lump has."""
        unit = max(work.dear, line.unit if line.work is work else 0)  # dear and cheap calls may come by turns
        if not work.size:
            return 1  # nothing is known yet
        # Not more than twice as many as were answered at once: what comes may take longer, or give more bytes.
        many = min(_LUMP_US // (unit or 1), _LUMP_BYTES // work.size, _MOST, 2 * work.many)
        if work.total is not None:  # towards the end lumps get smaller, so that all boards end together
            fair = (work.total - work.taken) // (self.depth * max(_CROWD, len(self.boards)))
            many = min(many, max(fair, _LEAST_US // (unit or 1)))
        return max(1, many)

    def _late(self, now):
        """A lump to copy: one that waits behind another on its board, else the one that was given first.

        Where the bus binds and not computing, a copy would only cost the bus an answer; so then only what is overdue is copied.
        """
        best = best_worth = None
        for other in self.boards:
            for place, number in enumerate(other.lumps):
                lump = self.lumps[number]
                work = lump.work
                if len(lump.boards) == 1 and (not work.full() or lump.first <= work.head):
                    age = self._difference(now, other.given[place])
                    if 3 * work.unit * len(lump.calls) >= work.trip or age > 2 * work.trip:
                        worth = (place, age)
                        if best is None or worth > best_worth:
                            best = number
                            best_worth = worth
        return best
