"""What a controller says to boards with which it has no stream, and what it reads of them: ORDERs and JOIN records."""

import struct

from .exchange import Unheard
from .mailbox import ASSIGN, JOIN, JOIN_AT, JOIN_FORMAT, ORDER, ORDER_AT, ORDER_FORMAT, VERSION, seal, sound


class Orders:
    """`same`: whether the nonsense that was read last is that which was read before it: a mixture of boards, and no noise;
    `mixed`: whether it also has what JOIN records of that address have in common."""

    def __init__(self, exchange, owner, number):
        """`owner`: u32 that says which controller this is; `number`: of the first order, u16."""
        self._exchange = exchange
        self.owner = owner
        self._number = number
        self._record = memoryview(bytearray(JOIN))
        self._before = bytearray(JOIN)
        self.same = self.mixed = False

    def read(self, address):
        """The JOIN record at an address: (unique id, boot, in size, out size, owner); None: nobody; (): nonsense."""
        record = self._record
        try:
            self._exchange.get(address, JOIN_AT, record)
        except Unheard:
            return None
        known, length, at, in_size, out_size, boot, owner, version = struct.unpack_from(JOIN_FORMAT, record, 0)
        placed = at == address and version == VERSION
        if placed and sound(record, VERSION):
            return bytes(known[:length]), boot, in_size, out_size, owner
        self.same = record == self._before
        self.mixed = self.same and placed
        self._before[:] = record
        return ()

    def _order(self, code, address, number, unique_id, boot):
        order = bytearray(ORDER)
        struct.pack_into(ORDER_FORMAT, order, 0, code, address, number, unique_id + bytes(8 - len(unique_id)), boot, self.owner)
        seal(order, VERSION)
        return order

    def _next(self):
        self._number = (self._number + 1) & 0xFFFF
        return self._number

    def assignment(self, member):
        """The ORDER that gives a board its address, and begins a stream."""
        return self._order(ASSIGN, member.address, self._next(), member.unique_id, member.boot)

    def tell(self, code, address, number):
        """Give an ORDER to all that are at an address. Each is a little different from the one before, so that it is seen."""
        try:
            self._exchange.put(address, ORDER_AT, self._order(code, address, number, b"", self._next()))
        except Unheard:
            pass  # they are asked again if they are still there
