"""A bus in one process: virtual time, actors that take turns, wires that damage bits. It stands for physics; the code is real.

Every actor is a thread, of which one runs at a time: the one whose time comes first. A transfer takes its bits' time, piece by
piece, so that boards look into mailboxes that are half written. Each bit may be damaged: in addresses, places, data and
acknowledgements.
"""

import heapq
import random
import threading

WRAP = (1 << 30) - 1


class Killed(BaseException):
    """An actor has lost its power."""


class World:
    """Actors and their time, in microseconds."""

    def __init__(self, seed, noise=0.0, frequency=400_000, overruled=None, call_us=100):
        """`noise`: odds that a bit is damaged; `overruled`: whether targets that send 1 and see 0 fall silent, as an RP2040's."""
        self.random = random.Random(seed)
        self.now = self.random.randrange(1 << 30)  # so that ticks wrap somewhere
        self.started = self.now
        self.frequency = frequency
        self.call_us = call_us
        self.overruled = self.random.random() < 0.5 if overruled is None else overruled
        self.noise = noise
        self._clean = self._draw()  # bits until the next that is damaged
        self.targets = []
        self.busy = 0.0
        self._queue = []
        self._count = 0
        self._current = None
        self._baton = threading.Semaphore(0)
        self.failure = None

    # --- time ---

    def clock(self):
        return int(self.now) & WRAP

    def milliseconds(self):
        return int(self.now) // 1000 & WRAP

    @property
    def seconds(self):
        return (self.now - self.started) / 1e6

    def spawn(self, program, *args):
        """Start an actor now."""
        actor = Actor(self, program, args)
        self._put(actor, self.now)
        return actor

    def _put(self, actor, when):
        self._count += 1
        actor.turn = self._count
        actor.when = when
        heapq.heappush(self._queue, (when, self._count, actor))

    def sleep(self, us):
        """Let time pass for the actor that calls."""
        actor = self._current
        self._put(actor, self.now + us)
        self._baton.release()
        actor.baton.acquire()
        if actor.killed:
            raise Killed

    def wake(self, actor, us):
        """An actor that sleeps shall go on so much later, or sooner if it would."""
        if self.now + us < actor.when:
            self._put(actor, self.now + us)

    def run(self, until=None, seconds=10.0):
        """Go on until a condition holds (True) or time is up (False)."""
        end = self.now + seconds * 1e6
        while not (until and until()):
            if not self._queue or self._queue[0][0] > end:
                self.now = end
                return until is None
            when, turn, actor = heapq.heappop(self._queue)
            if actor.turn != turn or actor.ended:  # it was woken before
                continue
            self.now = max(self.now, when)
            self._current = actor
            actor.baton.release()
            self._baton.acquire()
            if self.failure:
                raise self.failure
        return True

    def close(self):
        """End all actors."""
        while self._queue:
            actor = heapq.heappop(self._queue)[2]
            if not actor.ended:
                actor.killed = True
                self._current = actor
                actor.baton.release()
                self._baton.acquire()

    # --- noise ---

    def _draw(self):
        return self.random.expovariate(self.noise) if self.noise else float("inf")

    def set_noise(self, noise):
        self.noise = noise
        self._clean = self._draw()

    def damaged(self, bits):
        """Which of the next so many bits are damaged."""
        places = []
        at = 0.0
        while self._clean < bits - at:
            at += self._clean
            places.append(int(at))
            at += 1
            self._clean = self._draw()
        self._clean -= max(0.0, bits - at)
        return places


class Actor:
    def __init__(self, world, program, args):
        self.baton = threading.Semaphore(0)
        self.killed = self.ended = False
        self.turn = 0
        self._world = world
        self._thread = threading.Thread(target=self._go, args=(program, args), daemon=True)
        self._thread.start()

    def _go(self, program, args):
        self.baton.acquire()
        try:
            if not self.killed:
                program(*args)
        except Killed:
            pass
        except BaseException as error:
            self._world.failure = error
        self.ended = True
        self._world._baton.release()


class Target:
    """A processor's end, as `shoal_board.processor` wants it."""

    by_hand = False

    def __init__(self, world, actor=None):
        self.world = world
        self.actor = actor
        self.address = None
        self.stolen = None  # an address at which it answers beside, whatever the program says
        self.plugged = True
        self.mem = None
        self.pointer = 0
        self.idle = False
        world.targets.append(self)

    def listen(self, address, mem):
        self.address = address
        self.mem = mem
        self.world.sleep(50)

    def wait(self, us):
        self.idle = True
        self.world.sleep(max(20, us))
        self.idle = False

    def answers(self, address):
        return self.plugged and self.mem is not None and (self.stolen or self.address) == address


class Wire:
    """The controller's end: the two methods of machine.I2C, bit by bit."""

    served = True

    def __init__(self, world):
        self.world = world
        self.stuck = 0
        self.plugged = True

    def lines(self):
        return self.stuck, 0

    def _pass(self, bits):
        self.world.busy += bits / self.world.frequency
        self.world.sleep(bits * 1e6 / self.world.frequency)

    def _fail(self, bits, code=5):
        self._pass(bits)
        raise OSError(code)

    def _begin(self, data):
        """Send bytes after a START. Returns the targets that heard their address and the bytes as they arrived."""
        world = self.world
        if self.stuck:
            self._fail(10, 110)
        data = bytearray(data)
        lost = set()
        for place in world.damaged(9 * len(data)):
            byte, bit = divmod(place, 9)
            if bit == 8:
                lost.add(byte)
            else:
                data[byte] ^= 0x80 >> bit
        targets = [target for target in world.targets if target.answers(data[0] >> 1)] if self.plugged else []
        if bool(targets) == (0 in lost) or data[0] & 1:  # nobody acknowledges; or it is read where we write
            self._fail(20)
        return targets, data, lost

    def writeto_mem(self, address, place, buffer, addrsize=16):
        assert addrsize == 16
        world = self.world
        world.sleep(world.call_us)
        targets, data, lost = self._begin(bytes((address << 1, place >> 8, place & 0xFF)) + bytes(buffer))
        end = min(lost) + 1 if lost else len(data)
        for target in targets:
            if end >= 3 and target.mem:
                target.pointer = (data[1] << 8 | data[2]) % len(target.mem)
        self._pass(28)
        at = 3
        while at < end:
            count = min(end - at, world.random.choice((7, 40, 400)))
            for target in targets:
                if not target.answers(data[0] >> 1):
                    continue
                for value in data[at : at + count]:
                    target.mem[target.pointer] = value
                    target.pointer = (target.pointer + 1) % len(target.mem)
            at += count
            self._pass(9 * count)
        for target in targets:
            if target.idle and not target.actor.ended:
                world.wake(target.actor, 50)
        if lost:
            raise OSError(5)

    def readfrom_mem_into(self, address, place, view, addrsize=16):
        assert addrsize == 16
        world = self.world
        world.sleep(world.call_us)
        targets, data, lost = self._begin(bytes((address << 1, place >> 8, place & 0xFF)))
        self._pass(28)
        if lost:
            raise OSError(5)
        for target in [target for target in targets if target.mem]:
            target.pointer = (data[1] << 8 | data[2]) % len(target.mem)
        first = bytearray((address << 1 | 1,))
        silent = len(view) + 1
        flips = []
        for bit in world.damaged(9 * (1 + len(view))):
            if bit < 8:
                first[0] ^= 0x80 >> bit
            elif bit == 8:
                self._fail(10)
            elif bit % 9 == 8:
                silent = min(silent, bit // 9)
            else:
                flips.append((bit // 9 - 1, 0x80 >> bit % 9))
        targets = [target for target in world.targets if target.answers(first[0] >> 1)]
        if not targets or not first[0] & 1:
            self._fail(10)
        self._pass(10)
        at = 0
        while at < len(view):
            count = min(len(view) - at, world.random.choice((7, 40, 400)))
            for index in range(at, at + count):
                view[index] = self._next(targets) if index < silent else 0xFF
            at += count
            self._pass(9 * count)
        for index, bit in flips:
            view[index] ^= bit

    def _next(self, targets):
        """The next byte on the wire: what all of them pull low is low."""
        if len(targets) == 1:
            target = targets[0]
            if not target.answers(target.stolen or target.address):
                return 0xFF
            value = target.mem[target.pointer]
            target.pointer = (target.pointer + 1) % len(target.mem)
            return value
        value = 0xFF
        sent = []
        for target in targets:
            if target.answers(target.stolen or target.address):
                sent.append((target, target.mem[target.pointer]))
                target.pointer = (target.pointer + 1) % len(target.mem)
        if not self.world.overruled:
            for _, byte in sent:
                value &= byte
            return value
        value = min((byte for _, byte in sent), default=0xFF)
        for target, byte in sent:
            if byte != value:
                targets.remove(target)
        return value
