"""Becomes a module of the agent on an emulated Pico: a controller with sixteen processors in one heap, all real but for the wire.

Prints the heap that the controller takes, while every board has two lumps, and what steps of controller and agent take, in
microseconds of the board's clock. Each figure on a line: its name and a number.
"""

import gc

gc.collect()
FREE = gc.mem_free()  # this module's own code is not the controller's

import sys  # noqa: E402
from time import ticks_diff, ticks_us  # noqa: E402

from . import start_bus  # noqa: E402, F401
from .parts import loaded, part  # noqa: E402
from .terminal import Terminal  # noqa: E402

BOARDS = 16
CALLS = 600


def told(name, number):
    print("FIGURE", name, number)


def free():
    gc.collect()
    gc.collect()
    return gc.mem_free()


def load(name):
    module = part(name)
    loaded.pop(name, None)
    return module


def unload(name):
    """As `parts.tidy` does with what was not used for a while."""
    if loaded.pop(name, None):
        del sys.modules["shoal_board." + name]
        delattr(sys.modules["shoal_board"], name)


class Target:
    """A processor's end of the wire that is none."""

    by_hand = False
    address = mem = None

    def listen(self, address, mem):
        self.address = address
        self.mem = mem

    def wait(self, us):
        """Called by a board that waits for the controller."""
        Wire.bus.turn()


class Wire:
    """The controller's end."""

    served = True
    too_fast = 0
    bus = None
    calls = 0
    spent = 0  # microseconds in here: the wire's own time is none of the controller's

    def find(self, address):
        for target in self.targets:
            if target.address == address:
                return target.mem
        raise OSError(19)

    def writeto_mem(self, address, place, buffer, addrsize=16):
        start = ticks_us()
        try:
            memoryview(self.find(address))[place : place + len(buffer)] = buffer
        finally:
            Wire.calls += 1
            Wire.spent += ticks_diff(ticks_us(), start)

    def readfrom_mem_into(self, address, place, view, addrsize=16):
        start = ticks_us()
        try:
            view[:] = memoryview(self.find(address))[place : place + len(view)]
        finally:
            Wire.calls += 1
            Wire.spent += ticks_diff(ticks_us(), start)


class Silent:
    def ready(self, milliseconds):
        return False


def boards(shared):
    """Sixteen agents behind mailboxes that nobody polls yet. `shared`: the file system of their modules: a heap can have one."""
    main, processor = load("main"), load("processor")
    made = []
    for number in range(BOARDS):
        port = processor.Processor(Target(), bytes([number] * 8), number + 1, out_size=600)
        board = main.Board(port, number + 1, {"unique_id": ""}, 2048, 8)
        board.agent.modules = shared
        board.agent.builtin = print
        made.append(board)
    return made


class Cost:
    """Times of one kind of step."""

    def __init__(self, name):
        self.name = name
        self.count = self.total = self.most = 0

    def of(self, step, *args):
        before, start = Wire.spent, ticks_us()
        result = step(*args)
        took = ticks_diff(ticks_us(), start) - (Wire.spent - before)
        self.count += 1
        self.total += took
        self.most = max(self.most, took)
        return result

    def say(self):
        told(self.name + "_us", self.total // max(1, self.count))
        told(self.name + "_most_us", self.most)
        told(self.name + "_count", self.count)


def attend(board, cost):
    """What a processor's loop does for what has come."""
    while board.port.ready(0):
        board.read()
        board.write()
    if board.agent.todo:
        cost.of(board.agent.run)
        board.write()


class Rig:
    """A new controller and its boards, which are taken away before its memory is measured: it is none of theirs."""

    def __init__(self):
        cable = Wire()  # not `wire`, which means the module of that name to what makes the image
        self.targets = cable.targets = []
        self.bus = Wire.bus = load("bus").Bus(cable, None, None, b"12345678")
        standalone = load("standalone")
        standalone.Cluster.bus = self.bus
        standalone.Cluster.terminal = Silent()
        self.cluster = standalone.Cluster()
        self.made = []
        self.answers = None

    def join(self, shared):
        """Boards are switched on one after the other."""
        self.made = boards(shared)
        for number, board in enumerate(self.made):
            self.targets.append(board.port._target)
            board.port._begin(None, 0x17)
            while len(self.cluster.boards) <= number:
                self.cluster.poll(0)
                attend(board, Cost(""))

    def give(self):
        """Each board has two lumps."""
        self.answers = self.cluster.imap_unordered(__import__("probe_job").task, range(CALLS))
        given = 0
        while given < 2 * BOARDS:
            self.cluster.poll(0)
            given = sum([board.lumps for board in self.cluster.boards])

    def work(self, count, lump):
        """Take so many answers, with the boards at work between two steps of the controller."""
        inner = self.cluster._step

        def stepping(most):
            inner(0)
            for board in self.made:
                attend(board, lump)

        self.cluster._step = stepping
        taken = 0
        while taken < count:
            next(self.answers)
            taken += 1
        self.cluster._step = inner
        return taken

    def keeps(self, name, theirs, used=""):
        """Tell what is left without the boards, and without the parts that only they need. `used`: not by them alone."""
        self.made = None
        self.targets.clear()
        for part_name in ("session", "store", "text", "trouble", "values"):
            if part_name != used:
                unload(part_name)
        told(name, FREE - theirs - free())


def times(rig):
    """What steps take, while all calls are answered."""
    lump, turn, step = Cost("agent_lump"), Cost("bus_turn"), Cost("answer")
    cluster_answered, bus_turn = rig.cluster.answered, rig.bus.turn

    def answered(*args):
        step.of(cluster_answered, *args)

    def turning():
        return turn.of(bus_turn)

    rig.cluster.answered = answered
    rig.bus.turn = turning
    told("answers", rig.work(CALLS, lump))
    for cost in (lump, turn, step):
        cost.say()
    told("wire_calls", Wire.calls)


def run():
    terminal = Terminal()
    told("start", FREE - free())
    before = free()
    for name in ("main", "processor"):
        load(name)
    shared = load("modules").Modules()
    theirs = before - free()  # what only processors run is not the controller's
    i2c = load("ports.i2c")
    load("bus")
    sys.modules["shoal_board"].Cluster = load("standalone").Cluster
    told("code", FREE - theirs - free())
    rig = Rig()
    rig.keeps("controller_without_boards", theirs)
    rig = Rig()
    rig.join(shared)
    rig.keeps("controller_with_16_boards", theirs)
    rig = Rig()
    rig.join(shared)
    rig.give()
    rig.keeps("controller_with_32_lumps", theirs)
    rig = Rig()
    rig.join(shared)
    rig.give()
    rig.work(CALLS // 2, Cost(""))
    rig.keeps("controller_at_work", theirs, "values")
    rig = Rig()
    rig.join(shared)
    rig.give()
    times(rig)
    told("terminal", int(terminal is not None) + int(i2c is not None))


run()
