"""A bus of sockets for the standalone cluster: what `bus.Bus` offers, with a real board at the end of each descriptor.

Arguments: the folder of a job, then a descriptor for each board. The job's `main` runs once; boards whose socket ends leave.
"""

import gc
import select
import sys

from shoal_board import standalone

FIRST = 0x20
PACKET = 300  # bytes a turn and board, so that frames come in pieces


class Counters:
    busy_us = bytes_in = bytes_out = 0


class Member:
    def __init__(self, descriptor, number):
        self.unique_id = b"\xe6\x61" + bytes([number]) * 6
        self.rx = open(descriptor, "rb", 0)  # noqa: SIM115 (as long as the board)
        self.tx = open(descriptor, "wb", 0)  # noqa: SIM115
        self.ready = select.poll()
        self.ready.register(self.rx, select.POLLIN)
        self.waits = None


class Bus:
    def __init__(self, descriptors):
        self.events = None
        self.members = {}
        self.counters = Counters()
        for number, descriptor in enumerate(descriptors):
            self.members[FIRST + number] = Member(descriptor, number)

    def turn(self):
        busy = False
        for address in sorted(self.members):
            member = self.members[address]
            if member.waits is not None:
                busy = True
                data = member.waits
                try:
                    member.tx.write(data)
                except OSError:
                    pass
                member.waits = None
                self.counters.bytes_out += len(data)
                self.events.room(address)
            if member.ready.poll(0):
                busy = True
                data = memoryview(bytearray(PACKET))
                count = 0
                try:  # MicroPython's readinto waits until all of its buffer is full
                    while count < PACKET and member.ready.poll(0) and member.rx.readinto(data[count : count + 1]):
                        count += 1
                except OSError:
                    pass
                if not count:
                    del self.members[address]
                    self.events.left(address, 1)
                else:
                    self.counters.bytes_in += count
                    self.events.received(address, data[:count])
        return 0 if busy else 500

    def send(self, address, view):
        member = self.members[address]
        if member.waits is not None:
            return 0
        member.waits = bytes(view[:PACKET])
        return len(member.waits)

    def renew(self, address):
        pass


class Terminal:
    def __init__(self):
        self._poll = select.poll()
        self._file = open(0, "rb", 0)  # noqa: SIM115
        self._poll.register(self._file, select.POLLIN)
        self.ready = self._poll.poll

    def typed(self):
        byte = self._file.read(1)
        if not byte:
            self.ready = lambda milliseconds: False
        return None if byte == b"\xa5" else byte.decode()


if hasattr(gc, "threshold"):  # as `standalone.run` does
    gc.collect()
    gc.threshold(gc.mem_free() // 4)
sys.path.append(sys.argv[1])
standalone.Cluster.bus = Bus([int(word) for word in sys.argv[2:]])
standalone.Cluster.terminal = Terminal()
sys.modules["shoal_board"].Cluster = standalone.Cluster
import job  # noqa: E402

try:
    job.main()
except standalone.HostSpeaks:
    print("a host speaks")
except Exception as error:
    print("on", getattr(error, "board", None))
    print(getattr(error, "trace", None))
    raise
