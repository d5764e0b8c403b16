"""The controller's end of a bus: polls the mailboxes of all processors, and makes a reliable stream of bytes with each.

`turn` does the next thing that is worth doing, and says how long there will be none. What it finds is told to `events`:
joined(address, unique_id), left(address, reason), received(address, view) (valid during the call), room(address) (`send` may be
called again), trouble(code, detail). Reasons and codes are those of `mailbox`; `trouble_on_bus` has a sentence for each.

Whoever has waited longest for his turn is next; looking for boards goes before.
"""

import os
from binascii import crc32

from .exchange import Exchange, Unheard
from .health import PAUSE, Health
from .joining import Joining
from .mailbox import (
    BLOCKS,
    FULL,
    LEAVE,
    MOST,
    NOBODY,
    OFFERS,
    RAISED,
    SILENT,
    YIELDED,
    after,
)
from .orders import Orders
from .seat import BEAT, SOON, UNSEEN
from .ticks import ticks_add, ticks_diff, ticks_us
from .wire import const

_MISSES = const(8)  # a board that has not answered so many times in a row,
_GONE = const(40000)  # and for so many microseconds, is gone;
_BUSY_GONE = const(5000000)  # or, where a board that computes cannot answer, so many,
_USUAL = const(8)  # or so many times what its answers usually take;
_FIRST_GONE = const(30000000)  # but before its first answer
_NONSENSE = const(6)  # damaged answers in a row that noise alone does not explain
_BEFORE = const(500000)  # by so much goes before others who is sent a message of several packets: they are short
_FIRST = const(1 << 28)  # microseconds by which those who join go before others
_NAP = const(20000)  # the longest that there is nothing to do
_ETIMEDOUT = const(110)


class Bus:
    """One bus. `members`: address -> Member; `troubles`: code -> detail of what is wrong now; `counters`: see `exchange`."""

    def __init__(self, wire, events, attention=None, unique_id=b"", clock=ticks_us):
        """`wire`: `writeto_mem` and `readfrom_mem_into` of machine.I2C, `served` (whether mailboxes are reached while boards
        compute) and perhaps `lines()`, `too_fast`, `frequency`; `attention`: gives the level of the attention line when called;
        `unique_id`: the controller's, by which its boards know it after a restart; `clock`: microseconds that wrap."""
        self.wire = wire
        self.events = events
        self.members = {}
        self.now = clock
        self.exchange = Exchange(wire, clock)
        self.counters = self.exchange.counters
        self._attention = attention
        self._high = False
        self.health = Health(self)
        self.troubles = self.health.troubles
        number = os.urandom(2)
        self._orders = Orders(self.exchange, crc32(unique_id) or 1, number[0] << 8 | number[1])
        self._joining = Joining(self, self._orders)

    # --- for those above ---

    def room(self, address):
        """Whether `send` takes something."""
        member = self.members.get(address)
        return member is not None and member.piece is None

    def send(self, address, view):
        """Take a packet for a board. Returns how many bytes of it: 0 if the last one is still on its way. Raises MemoryError."""
        member = self.members.get(address)
        if member is None or member.piece is not None or not len(view):
            return 0
        count = member.put(view)
        self.hurry(member)
        return count

    def renew(self, address):
        """Begin a new stream with a board: what was sent and has not arrived, either way, is dropped."""
        member = self.members.get(address)
        if member:
            self._joining.begin(member)

    def beat(self):
        """When there is no time for turns: say to the boards that we are there, so that they keep their addresses."""
        now = self.now()
        for member in list(self.members.values()):
            if member.joined and ticks_diff(now, member.spoke) > BEAT:
                try:
                    self._write(member, now)
                except Unheard as error:
                    self.missed(member, error)

    def turn(self):
        """Do the next thing. Returns how many microseconds it will be until there is another; 0: now."""
        now = self.now()
        health = self.health
        if health.doubtful():
            health.examine(now)
            if health.stuck:
                return PAUSE // 4
        if self._attention:
            self._attend(now)
        joining = self._joining
        wait = -ticks_diff(now, joining.due)
        if wait <= 0:
            self._join(now)
            now = self.now()
            wait = max(0, -ticks_diff(now, joining.due))
        best = None
        most = 0
        difference = ticks_diff  # a local name is quicker, and this is done for all boards in every turn
        for member in self.members.values():
            late = difference(now, member.due)
            if late < 0:
                if wait > -late:
                    wait = -late
                continue
            if member.quick or not member.joined:  # brief
                late += _BEFORE if member.joined else _FIRST
            elif joining.dwells(now):
                continue
            if best is None or late > most:
                most, best = late, member
        if best is None:
            return min(wait, _NAP)
        if best.wired and not self._high and self._is_content(best, now):
            best.due = ticks_add(now, _NAP)
            return 0
        try:
            if best.joined:
                self._serve(best, now)
            else:
                joining.confirm(best, now)
        except Unheard as error:
            self.missed(best, error)
        return 0

    # --- members ---

    def hurry(self, member):
        """Serve it next."""
        member.due = self.now()

    def drop(self, member, reason):
        """It is no member any more."""
        del self.members[member.address]
        if len(self.members) < MOST:
            self.health.mended(FULL)
        if not self.members:
            self.health.alone = self.now()
        if member.known:
            self.counters.left += 1
            self.events.left(member.address, reason)

    def welcome(self, member):
        """It has confirmed its address, or its new stream."""
        if member.known:
            self.events.room(member.address)
        else:
            member.known = True
            self.counters.joined += 1
            self.health.mended(NOBODY)
            self.health.gauge(member)
            self.events.joined(member.address, member.unique_id)

    def _join(self, now):
        """Look for boards; or find that another controller does."""
        joining = self._joining
        joining.step(now)
        if joining.yielded:
            for member in list(self.members.values()):
                self._orders.tell(LEAVE, member.address, 1)
                self.drop(member, YIELDED)
        self.health.step(now)

    # --- one member ---

    def _serve(self, member, now):
        """Write what there is for a board, or ask it. Raises Unheard if it does not answer."""
        if member.unsent or member.owes:
            self._say(member, now)
            return
        status = self.exchange.poll(member)
        member.misses = 0
        if status is None:
            self._doubt(member, now)
            return
        member.nonsense = 0
        got, taken, damaged, flags, length = status
        if flags & RAISED:
            member.wired = self._high
        if member.piece is not None:
            if member.taken(taken, damaged):
                self.events.room(member.address)
                if not member.joined:  # it was begun anew
                    return
            elif not member.unsent and ticks_diff(now, member.spoke) > member.patience:  # is it still there?
                member.patience = min(2 * member.patience, BEAT)
                member.unsent = not self.exchange.stands(member)
            if member.unsent and not member.fresh:
                self.counters.retries += 1
        if flags & OFFERS and got != member.got:
            self._fetch(member, now, got, flags, length)
            return
        if ticks_diff(now, member.spoke) > (UNSEEN if flags & OFFERS else BEAT):
            member.owes = True
        if member.unsent:
            self._say(member, now)
        else:
            member.schedule(now)

    def _say(self, member, now):
        """Write what there is for a board, and look soon whether it was taken."""
        member.quick = member.unsent
        if member.fresh and ticks_diff(now, member.since) > 2 * member.rhythm:  # it had nothing to do
            member.since = now
        self._write(member, now)
        if member.quick:
            member.due = ticks_add(self.now(), SOON)
        else:
            member.schedule(now)

    def _write(self, member, now):
        self.exchange.write(member)
        member.misses = 0
        member.fresh = False
        member.spoke = now

    def _fetch(self, member, now, number, flags, length):
        """Take the packet that a board offers, and acknowledge it; a packet for the board goes with that."""
        if number != after(member.got) or length > member.out_size:
            self._joining.restart(member)  # cannot be, and must not go on
            return
        packet = self.exchange.fetch(member, number, length, flags & BLOCKS)
        if packet is None:
            self.hurry(member)
            member.tries += 1
            if member.tries == 1 or member.tries % 4 == 0:  # it may be damaged over there
                member.mend(True)
            return
        member.tries = 0
        member.got = number
        member.owes = True
        member.learn(now, flags)
        self.events.received(member.address, packet)
        if self.members.get(member.address) is member and member.joined:
            now = self.now()
            if member.unsent and member.is_full():
                self._say(member, now)
            else:
                self._write(member, now)
                member.schedule(now)

    def missed(self, member, error):
        """Nobody answered at a board's address, or it was not heard."""
        now = self.now()
        if self.members.get(member.address) is not member:
            return
        silent = error.args[0] == _ETIMEDOUT
        if not member.misses:
            member.first = now
        member.misses += 1
        patience = _GONE
        if not self.wire.served and silent:
            patience = max(_BUSY_GONE, _USUAL * member.rhythm) if member.rhythm else _FIRST_GONE
        elif silent:
            self.health.examine(now)
        if member.misses > _MISSES and ticks_diff(now, member.first) > patience:
            self.health.examine(now)
            if not self.health.stuck:
                self.drop(member, SILENT)
        elif silent and not self.wire.served and member.misses > 1 and member.joined:
            member.schedule(now, True)
        else:
            member.retry(now, member.misses)

    def _doubt(self, member, now):
        """A board's STATUS is nonsense: noise, a write that went astray, two boards, or one that is not ours any more."""
        member.nonsense += 1
        count = member.nonsense
        member.retry(now, count)
        if count >= _NONSENSE:
            if self._joining.suspect(member):
                self._joining.clash(member)
            elif count > 20 * _NONSENSE:
                self._joining.restart(member)
            elif count % _NONSENSE == 0:
                member.mend(False)

    # --- the lines ---

    def _attend(self, now):
        """Look at the attention line. When it rises, all that drive it may be meant."""
        high = bool(self._attention())
        if high and not self._high:
            self._joining.due = now
            for member in self.members.values():
                if member.wired and self._is_content(member, now):
                    member.due = now
        self._high = high

    def _is_content(self, member, now):
        """Whether a board need not be asked before it raises the attention line."""
        if member.unsent or member.owes or member.piece is not None or not member.joined:
            return False
        return ticks_diff(now, member.spoke) < BEAT
