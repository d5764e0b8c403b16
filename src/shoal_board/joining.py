"""How boards get their addresses: the controller's half.

Boards without an address all answer at one, NEWCOMERS. If several do, what is read is a mixture: the same nonsense each time,
where noise would change it. Then they are told to scatter, for random times, and come back one by one. (Targets that notice that
they are overruled fall silent, so that one of them is read as if it were alone: the others follow.) A board is given an address
by its unique id and boot id, after a look whether that address is free.

The addresses themselves are looked at in turn as well: boards that a controller before this one addressed, that were away for
a while, or that another controller serves, answer there.
"""

from .exchange import Unheard
from .mailbox import (
    ACK,
    ACK_AT,
    ADDRESSES,
    BROKEN,
    CLASHED,
    FIRST_ADDRESS,
    FULL,
    IN_AT,
    LEAVE,
    MOST,
    NEWCOMERS,
    NO_MEMORY,
    ORDER_AT,
    REBOOTED,
    RELEASED,
    SCATTER,
    SILENT,
    TWO_CONTROLLERS,
    TWO_ON_ADDRESS,
)
from .seat import Member
from .ticks import ticks_add, ticks_diff
from .wire import const

# Microseconds.
_SOON = const(1500)  # until a board has seen what it was told
_NEXT = const(20000)  # between two looks at the newcomers' address
_WALK = const(100000)
_GIVE_UP = const(2500000)  # a board that is silent for so long has no other controller
_DWELL = const(100000)  # for newcomers alone; then for all again, half as long at least
_VAIN = const(16)  # times that newcomers are told to scatter in vain, until they are looked at less often
_CALM = const(10000000)  # without a sign of another controller, until it is no trouble any more
_AWAY_MS = const(4000)  # for boards that there is no room for
_WIDEST_MS = const(1024)
_ORDERS = const(40)  # tries to give a new board its address
_NONSENSE = const(24)  # damaged answers in a row, of a board that may compute and not have seen its order
_OTHERS = const(8)  # boards of other controllers that are remembered


class Joining:
    """Looks for boards, a step at a time."""

    def __init__(self, bus, orders):
        self._bus = bus
        self._orders = orders
        self._width = 0  # milliseconds over which newcomers scatter; 0: they were told nothing
        self._nonsense = 0  # times that nonsense was read at NEWCOMERS
        self._asked = None  # when newcomers were told to scatter
        self._vain = 0  # times that they were, and no board was met since
        self._place = 0  # of the walk
        self._walked = False  # whether every address was looked at once
        self._turn = False  # whether another controller's board is next
        self._homes = {}  # unique id -> address it had
        self._mixed = 0, 0  # the address of a member that answered a mixture, and how often in a row
        self._others = {}  # address -> [controller, its ACK, when that changed]
        self.due = self._walk = self._until = self._disturbed = bus.now()
        self.yielded = False  # whether another controller has the bus

    # --- steps ---

    def step(self, now):
        """Look at one address."""
        if ticks_diff(now, self._walk) >= 0 or not self._walked:
            self._walk = ticks_add(now, _WALK if self._bus.wire.served else _WALK * 10)
            self._look_around()
            if not self._walked:
                return
        if TWO_CONTROLLERS in self._bus.health.troubles and not self.yielded and ticks_diff(now, self._disturbed) > _CALM:
            self._bus.health.mended(TWO_CONTROLLERS)
        if self.yielded:
            self.due = ticks_add(now, _NEXT)
            self.yielded = bool(self._others)
            if not self.yielded:
                self._bus.health.mended(TWO_CONTROLLERS)
            return
        found = self._orders.read(NEWCOMERS)
        if found:
            self._nonsense = self._vain = 0
            self._width //= 2
            self.due = ticks_add(self._bus.now(), _SOON)
            self._meet(found, NEWCOMERS)
        elif found is None:
            self._nonsense = 0
            self.due = ticks_add(self._bus.now(), _SOON if self._width > 1 else _NEXT * self._pace())
            self._width -= self._width // 16 or (self._width > 0)
        else:
            self._nonsense += 1
            self.due = self._bus.now()
            if self._nonsense >= 2 and (self._orders.same or self._nonsense >= 4):
                self._scatter()

    def _pace(self):
        """How much less often to look when there are boards. On wires that Python serves, a look where nobody is takes long."""
        if not self._bus.members:
            return 1
        return 2 if self._bus.wire.served else 10

    def dwells(self, now):
        """Whether nothing else should be done: newcomers that were told to scatter come back one by one."""
        return ticks_diff(now, self._until) < 0

    def _scatter(self):
        """Several boards answer at the newcomers' address. Their times grow with their number, and with how seldom we look."""
        now = self._bus.now()
        pace = 4
        if self._asked is not None:
            pace = max(pace, min(128, ticks_diff(now, self._asked) // 1000))
        self._asked = now
        self._vain += 1
        patient = self._vain < _VAIN
        if patient and ticks_diff(now, self._until) > _DWELL // 2:
            self._until = ticks_add(now, _DWELL)
        self._width = min(_WIDEST_MS, max(pace * 4, self._width * 2))
        self._nonsense = 0
        self._bus.counters.clashes += 1
        self._orders.tell(SCATTER, NEWCOMERS, self._width)
        self.due = ticks_add(now, _SOON if patient else _WALK)  # some cannot be told apart: the others must not suffer for it

    def _look_around(self):
        """See who is at the next address."""
        self._turn = not self._turn
        if self._others and self._turn:
            address = min(self._others)
        else:
            address = FIRST_ADDRESS + self._place
            self._place += 1
            if self._place == ADDRESSES:
                self._place = 0
                self._walked = True
        if address not in self._bus.members:
            found = self._orders.read(address)
            if found:
                self._meet(found, address)
            else:
                known = self._others.get(address)
                if known and ticks_diff(self._bus.now(), known[2]) > _GIVE_UP:  # not at once: two controllers disturb each other
                    del self._others[address]
                if found is None and self._bus.health.troubles.get(TWO_ON_ADDRESS) == address:
                    self._bus.health.mended(TWO_ON_ADDRESS)
                elif found == () and self._orders.read(address) == () and self._orders.mixed:
                    self._clear(address)

    # --- boards ---

    def _meet(self, found, address):
        """A board that is no member answers at an address. What it says of itself is right."""
        unique_id, boot, in_size, out_size, owner = found
        bus = self._bus
        if address != NEWCOMERS and owner not in (0, self._orders.owner) and self._is_served(address, owner, in_size):
            return
        old = self._find(unique_id)
        if old:
            if not old.joined and old.boot == boot and old.at == address:  # it has not seen its order yet
                bus.hurry(old)
                return
            bus.drop(old, RELEASED if old.boot == boot else REBOOTED)
        if len(bus.members) >= MOST:
            bus.health.trouble(FULL, MOST)
            self._orders.tell(SCATTER if address == NEWCOMERS else LEAVE, address, _AWAY_MS)
            return
        home = address if address != NEWCOMERS else self._room_for(unique_id)
        if home is None:
            return
        try:
            bus.exchange.enlarge(out_size)
            member = Member(home, address, unique_id, boot, in_size, out_size, bus.now())
            bus.members[home] = member
        except MemoryError:
            bus.health.trouble(NO_MEMORY, 0)
            return
        self.begin(member)

    def _find(self, unique_id):
        for member in self._bus.members.values():
            if member.unique_id == unique_id:
                return member
        return None

    def begin(self, member):
        """Give a board its address (or the one it has, again), and so a new stream."""
        if len(self._homes) > ADDRESSES:
            self._homes.clear()
        self._homes[member.unique_id] = member.address
        member.begin(self._orders.assignment(member))
        self._bus.hurry(member)

    def confirm(self, member, now):
        """See whether a board has begun the stream that we ordered; if not, order it again."""
        bus = self._bus
        try:
            status = bus.exchange.poll(member)
            member.misses = 0
        except Unheard as error:
            if member.at != NEWCOMERS:
                bus.missed(member, error)
                if bus.health.stuck or bus.members.get(member.address) is not member:
                    return
            status = ()
        if status:
            member.confirmed(now)
            bus.welcome(member)
            return
        member.tries += 1
        if member.at == NEWCOMERS and member.tries > _ORDERS:
            bus.drop(member, SILENT)
            return
        if status is None:
            member.nonsense += 1
            if member.nonsense > _NONSENSE and self.suspect(member):
                self.clash(member)
                return
        if member.tries % 4 == 1:
            try:
                bus.exchange.put(member.at, ORDER_AT, member.order)
            except Unheard:
                pass  # it has moved, or is gone: the next poll shows
        member.retry_order(bus.now())

    def _room_for(self, unique_id):
        """A free address, that which the board had before if possible; None: ask again later."""
        members = self._bus.members
        used = list(self._homes.values())
        free = [FIRST_ADDRESS + at for at in range(ADDRESSES) if FIRST_ADDRESS + at not in members]
        home = self._homes.get(unique_id)
        new = [address for address in free if address not in used]
        for address in ([home] if home in free else []) + (new or free)[:3]:
            found = self._orders.read(address)
            if found is None:
                return address
            if found:
                self._meet(found, address)
        return None

    def clash(self, member):
        """Two boards answer at a member's address."""
        self._clear(member.address)
        self._bus.drop(member, CLASHED)

    def _clear(self, address):
        """Two boards answer at one address: both must go, and no board gets it if there is another."""
        self._bus.counters.clashes += 1
        self._bus.health.trouble(TWO_ON_ADDRESS, address)
        for _ in range(3):
            self._orders.tell(LEAVE, address, 64)
        for unique_id in [known for known, home in self._homes.items() if home == address]:
            del self._homes[unique_id]
        self._homes[address] = address

    def restart(self, member):
        """Its stream cannot go on: for those above it leaves, and joins again."""
        self._bus.counters.left += 1
        member.known = False
        self.begin(member)
        self._bus.events.left(member.address, BROKEN)

    def _is_served(self, address, owner, in_size):
        """Whether a board at an address is another controller's, which writes to it. If so, one of the two yields."""
        now = self._bus.now()
        ack = bytearray(ACK)
        try:
            self._bus.exchange.get(address, IN_AT + in_size + ACK_AT, ack)
        except Unheard:
            return True  # it is asked again
        known = self._others.get(address)
        if known is None or known[0] != owner:
            if len(self._others) < _OTHERS:
                self._others[address] = [owner, ack, now]
            return True
        if known[1] != ack:
            known[1] = ack
            known[2] = self._disturbed = now
            self._bus.health.trouble(TWO_CONTROLLERS, 0)
            if owner < self._orders.owner or not self._bus.members:
                self.yielded = True
        elif ticks_diff(now, known[2]) > _GIVE_UP:
            del self._others[address]
            return False
        return True

    def suspect(self, member):
        """A member's answers are nonsense. See whether its address has two boards; True if it is no member any more."""
        found = self._orders.read(member.address)
        if found == ():
            if self._orders.read(member.address) == () and self._orders.same:
                address, count = self._mixed
                self._mixed = member.address, count + 1 if address == member.address else 1
                return self._mixed[1] >= 3
        elif found:
            self._mixed = 0, 0
            return found[0] != member.unique_id or found[1] != member.boot
        return False
