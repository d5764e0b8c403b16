"""Part: values too large for one frame are built here, piece by piece, in the memory that they will keep.

A `STORE` message names an id, a kind and a size; every `PIECE` after it adds to that value. Buffers are created at their
full size and filled in place, so the board never holds a value twice; containers are extended, a piece at a time.
"""

import array
import gc
import struct

from . import wire
from .codec import CodecError, Reader
from .wire import MICROPYTHON, const

if MICROPYTHON:
    import uctypes

_WORD = struct.calcsize("P")
_COPIED = const(16384)  # bytes; arrays up to this size are made ten times faster, through a copy
_SHARED = const(256)  # bytes; MicroPython may share shorter strings with others of the same text, so they are not filled in place


def blank(kind, size):
    """A new buffer value of `size` bytes and a writable window on it, or None where the value must be made at the end."""
    if kind == "Y":
        value = bytearray(size)
        return value, memoryview(value)
    if not MICROPYTHON or size < _SHARED:
        return None, memoryview(bytearray(size))
    if kind == "y":
        value = bytes(size)
    elif kind == "s":
        value = "\0" * size
    elif size <= _COPIED:
        value = array.array(kind, bytes(size))
    else:  # without a copy, even for a moment
        value = array.array(kind, range(size // struct.calcsize(kind)))
    # The memory of a fresh value that nobody else has seen.
    return value, memoryview(uctypes.bytearray_at(uctypes.addressof(value), size))


class Store(dict):
    """Stored values by id, and the one value that is being built."""

    def __init__(self):
        super().__init__()
        self.name = None  # of the value that is being built; None: there is none, or it did not fit
        self.filled = 0  # bytes or items of it that are there
        self.window = None  # where its next bytes go, from `filled` on; None: it has items
        self._failed = {}  # id -> why it is not here

    def begin(self, payload):
        """STORE: id u32, kind u8, size u32. Size counts bytes for buffers and items for containers (kinds l t e D) or 1 (v)."""
        self.name, kind, self._size = struct.unpack_from("<IBI", payload, 0)
        self.kind = kind = chr(kind)
        self.filled = 0
        self.window = None
        try:
            if kind == "D" or kind == "e":
                self.value = {} if kind == "D" else set()
            elif kind in "ltv":
                self.value = [None] * self._size  # never grown: a large list could not be moved in a used heap
            else:
                self.value, self.window = blank(kind, self._size)
        except MemoryError:
            self._fail()
        else:
            self._grow(0)

    def _fail(self):
        unit = "items" if self.kind in "lteDv" else "bytes"
        self._failed[self.name] = MemoryError("an argument of %d %s does not fit" % (self._size, unit))
        self.name = self.value = self.window = None

    def fits(self, length):
        """Whether so many bytes are a PIECE that may be read straight into `window`, from `filled` on."""
        return self.window is not None and self.filled + length <= self._size

    def piece(self, payload):
        """PIECE: the next bytes of a buffer, or an encoded list of the next items of a container."""
        count = len(payload)
        if self.window is not None:
            if not self.fits(count):
                raise CodecError("piece beyond the end")
            self.window[self.filled : self.filled + count] = payload
        elif self.name is None:
            return
        else:
            try:
                count = self._add(payload)
            except MemoryError:
                self._fail()
                return
        self._grow(count)

    def _add(self, payload):
        """Put the items of a PIECE into the container. Gives their number."""
        items = Reader(payload, self).items()
        value = self.value
        count = len(items)
        if self.kind == "D":
            count //= 2
            for index in range(count):
                value[items[2 * index]] = items[2 * index + 1]
        elif self.kind == "e":
            value.update(items)
        else:
            value[self.filled : self.filled + count] = items
        items = None
        gc.collect()  # what a piece leaves behind must not end up between its items: the heap does not compact
        return count

    def unused(self):
        """Whether there is nothing in it."""
        return not (self or self._failed or self.window is not None or self.name is not None)

    def take(self, op, payload):
        """STORE, PIECE or FORGET."""
        if op == wire.PIECE:
            self.piece(payload)
        elif op == wire.STORE:
            self.begin(payload)
        else:
            self.forget(payload)

    def _grow(self, count):
        """So much more is there."""
        self.filled += count
        if self.filled < self._size:
            return
        kind = self.kind
        value = self.value
        if kind == "v":
            value = value[0]
        elif kind == "t":
            value = tuple(value)
        elif self.window is not None:
            if value is None:
                data = bytes(self.window)
                value = data if kind == "y" else str(data, "utf-8", "surrogatepass") if kind == "s" else array.array(kind, data)
            elif kind in "ys":
                # MicroPython keeps the hash beside the data (mp_obj_str_t: type, hash, length, data); 0 means not yet computed.
                uctypes.bytearray_at(id(value), 2 * _WORD)[_WORD:] = bytes(_WORD)
        self[self.name] = value
        self.name = self.value = self.window = None

    def missing(self, name):
        """Why there is no value of that id, as an exception."""
        return self._failed.pop(name, None) or CodecError("no stored value %d" % name)

    def forget(self, payload):
        """FORGET: ids u32."""
        for at in range(0, len(payload), 4):
            name = struct.unpack_from("<I", payload, at)[0]
            self.pop(name, None)
            self._failed.pop(name, None)
