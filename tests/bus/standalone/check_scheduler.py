"""The standalone controller's scheduler among boards that come and go, in virtual time. Argument: how many seeds, and the first.

Whatever happens: one answer for each call and the right one, nothing answered is given again, and a board never holds more lumps
than it may. Ends with "ok" and the number of checks.
"""

import random
import sys

from shoal_board import losing
from shoal_board.scheduler import Scheduler, Work

AHEAD = 1
checks = 0


def check(truth, *what):
    global checks
    checks += 1
    if not truth:
        raise AssertionError(what)


def difference(later, earlier):
    return later - earlier


class Board:
    """Runs its lumps one after the other; `speed`: microseconds a call."""

    def __init__(self, scheduler, speed):
        self.line = scheduler.join()
        self.speed = speed
        self.todo = []  # (number, calls)
        self.ends = None

    def begin(self, now):
        if self.todo and self.ends is None:
            self.ends = now + self.speed * len(self.todo[0][1])


class Room:
    """Boards, calls, and a clock. `seed` decides everything."""

    def __init__(self, seed):
        random.seed(seed)
        self.now = 0
        self.scheduler = Scheduler(AHEAD, difference)
        self.boards = []
        self.answers = {}
        self.given = {}  # (work, index) -> times it was given
        self.lost = {}  # times that a board which had it was lost
        self.stupid = random.random() < 0.3  # boards answer less than they were asked, now and then
        self.bus_us = random.choice((0, 0, 5000, 200000))  # that an answer waits for the bus
        self.losing = random.choice((0, 0.02, 0.1))

    def join(self):
        self.boards.append(Board(self.scheduler, random.choice((200, 3000, 40000, 900000))))

    def leave(self, board):
        self.boards.remove(board)
        before = {id(lump) for lump in self.scheduler.lumps.values()}
        for number, _ in board.todo:
            for key in self.keys(number):
                self.lost[key] = self.lost.get(key, 0) + 1
        for lump in losing.leave(self.scheduler, board.line):
            check(id(lump) in before and not lump.boards)

    def keys(self, number):
        lump = self.scheduler.lumps.get(number)
        return [(id(lump.work), lump.first + place) for place in range(len(lump.calls))] if lump else []

    def work(self, total, known):
        name = len(self.answers)
        got = self.answers[name] = {}

        def deliver(index, answer, error):
            check(index not in got, "answered twice", index)
            got[index] = (answer, error)

        calls = [((name, place), None) for place in range(total)]
        work = Work(name, iter(calls), total if known else None, deliver)
        self.scheduler.add(work)
        return work

    def feed(self):
        for board in self.boards:
            number = self.scheduler.next(board.line, self.now)
            while number is not None:
                check(len(board.line.lumps) <= AHEAD + 1, "more than it may hold")
                lump = self.scheduler.lumps[number]
                for place in range(len(lump.calls)):
                    check(lump.first + place not in self.answers[lump.work.function], "asked for again")
                    key = (id(lump.work), lump.first + place)
                    self.given[key] = self.given.get(key, 0) + 1
                board.todo.append((number, list(lump.calls)))
                board.begin(self.now)
                number = self.scheduler.next(board.line, self.now)

    def answer(self, board):
        number, calls = board.todo.pop(0)
        board.ends = None
        board.begin(self.now)
        if self.stupid and len(calls) > 1 and random.random() < 0.3:
            calls = calls[: random.randrange(1, len(calls) + 1)]
        results = [args for args, _ in calls]
        errors = {}
        if self.stupid and random.random() < 0.1:
            results[-1] = None
            errors[len(calls) - 1] = "broken"
        known = number in board.line.lumps
        compute = board.speed * len(calls)
        lump, others = self.scheduler.answer(board.line, number, compute, 40 * len(calls), results, errors, self.now)
        check((lump is not None) == known, "an answer that nobody waits for counts")
        for other in self.boards:
            if other.line in others and random.random() < 0.9:  # the CANCEL comes in time for what was not begun
                other.todo = other.todo[:1] + [one for one in other.todo[1:] if one[0] != number]

    def turn(self):
        """On to the next event."""
        if random.random() < self.losing and self.boards:
            self.leave(random.choice(self.boards))
        if random.random() < self.losing or not self.boards:
            self.join()
        self.feed()
        busy = [board for board in self.boards if board.ends is not None]
        if busy:
            board = min(busy, key=lambda board: board.ends)
            self.now = max(self.now + self.bus_us, board.ends)
            self.answer(board)
        else:
            self.now += 100000


def run(seed):
    room = Room(seed)
    for _ in range(random.randrange(1, 9)):
        room.join()
    works = [room.work(random.randrange(400), random.random() < 0.5) for _ in range(random.randrange(1, 4))]
    turns = 0
    withdrawn = None
    while not all([work.over() or work is withdrawn for work in works]):
        turns += 1
        check(turns < 100000, "does not end")
        if withdrawn is None and turns == 40 and random.random() < 0.2:
            withdrawn = works[-1]
            for line, number in losing.cancel(room.scheduler, withdrawn):
                check(number not in line.lumps and number not in room.scheduler.lumps)
        room.turn()
    for name, work in enumerate(works):
        got = room.answers[name]
        check(work is withdrawn or sorted(got) == list(range(work.taken)))
        for index, (answer, error) in got.items():
            lost = error is not None and error != "broken"
            check(error == "broken" or answer == (name, index) or (lost and room.lost[(id(work), index)] > 4))
    check(room.scheduler.works == [] or (withdrawn is not None and withdrawn not in room.scheduler.works))
    return room


def shares():
    """Eight boards of one speed share a map fairly, and the end is even."""
    random.seed(1)
    room = Room(0)
    room.stupid = False
    room.losing = room.bus_us = 0
    for _ in range(8):
        room.join()
    for board in room.boards:
        board.speed = 10000
    work = room.work(4800, True)
    while not work.over():
        room.turn()
    check(room.now < 1.03 * 4800 * 10000 / 8, "the end is uneven", room.now)
    check(sum(room.given.values()) < 4800 + 8 * 2 * 40, "too many copies")


count, first = int(sys.argv[1]), int(sys.argv[2])
for seed in range(first, first + count):
    try:
        run(seed)
    except BaseException:
        print("seed", seed)
        raise
shares()
print("ok", checks)
