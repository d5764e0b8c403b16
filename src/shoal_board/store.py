"""Values too large for one frame are built here, piece by piece, in the memory that they will keep.

A `STORE` message names an id, a kind and a size; every `PIECE` after it adds to that value. Buffers are created at their
full size and filled in place, so the board never holds a value twice; containers are extended, a piece at a time.
"""

import array
import gc
import struct

from .codec import CodecError, Reader
from .wire import const

try:
    import uctypes
except ImportError:  # CPython
    uctypes = None

_WORD = struct.calcsize("P")
_COPIED = const(16384)  # bytes; arrays up to this size are made ten times faster, through a copy
_SHARED = const(256)  # bytes; MicroPython may share shorter strings with others of the same text, so they are not filled in place


def _window(value, size):
    """A writable view of the memory of a fresh str, bytes or array that nobody else has seen."""
    return uctypes.bytearray_at(uctypes.addressof(value), size)


def blank(kind, size):
    """A new buffer value of `size` bytes and a writable window on it, or None where the value must be made at the end."""
    if kind == "Y":
        value = bytearray(size)
        return value, memoryview(value)
    if not uctypes or size < _SHARED:
        return None, memoryview(bytearray(size))
    if kind == "y":
        value = bytes(size)
    elif kind == "s":
        value = "\0" * size
    elif size <= _COPIED:
        value = array.array(kind, bytes(size))
    else:  # without a copy, even for a moment
        value = array.array(kind, range(size // struct.calcsize(kind)))
    return value, memoryview(_window(value, size))


def _finished(kind, value, window):
    """The value, once its last byte has come."""
    if value is None:
        data = bytes(window)
        return data if kind == "y" else data.decode("utf-8", "surrogatepass") if kind == "s" else array.array(kind, data)
    if kind in "ys":
        # MicroPython keeps the hash beside the data (mp_obj_str_t: type, hash, length, data); 0 means not yet computed.
        uctypes.bytearray_at(id(value), 2 * _WORD)[_WORD:] = bytes(_WORD)
    return value


def _unit(kind):
    return "items" if kind in "lteDv" else "bytes"


class Store(dict):
    """Stored values by id, and the one value that is being built."""

    def __init__(self):
        super().__init__()
        self._building = None
        self._failed = {}  # id -> why it is not here

    def begin(self, payload):
        """STORE: id u32, kind u8, size u32. Size counts bytes for buffers and items for containers (kinds l t e D) or 1 (v)."""
        name, kind, size = struct.unpack("<IBI", payload)
        kind = chr(kind)
        self._building = None
        try:
            if kind == "D" or kind == "e":
                value, window = {} if kind == "D" else set(), None
            elif kind in "ltv":
                value, window = [None] * size, None  # never grown: a large list could not be moved in a used heap
            else:
                value, window = blank(kind, size)
        except MemoryError:
            self._failed[name] = MemoryError("an argument of %d %s does not fit" % (size, _unit(kind)))
            return
        self._building = [name, kind, size, value, window, 0]
        if not size:
            self._end()

    def piece(self, payload):
        """PIECE: the next bytes of a buffer, or an encoded list of the next items of a container."""
        building = self._building
        if building is None:  # it did not fit; whoever asks for it is told
            return
        try:
            self._add(building, payload)
        except MemoryError:
            self._failed[building[0]] = MemoryError("an argument of %d %s does not fit" % (building[2], _unit(building[1])))
            self._building = None

    def _add(self, building, payload):
        _, kind, size, value, window, filled = building
        if window is not None:
            end = filled + len(payload)
            if end > size:
                raise CodecError("piece beyond the end")
            window[filled:end] = payload
            building[5] = end
        else:
            items = Reader(payload, self).items()
            if kind == "D":
                for index in range(0, len(items), 2):
                    value[items[index]] = items[index + 1]
                building[5] = filled + len(items) // 2
            else:
                building[5] = end = filled + len(items)
                if kind == "e":
                    value.update(items)
                else:
                    value[filled:end] = items
            items = None
            gc.collect()  # what a piece leaves behind must not end up between its items: the heap does not compact
        if building[5] >= size:
            self._end()

    def _end(self):
        name, kind, _, value, window, _ = self._building
        self._building = None
        if kind == "v":
            value = value[0]
        elif kind == "t":
            value = tuple(value)
        elif window is not None and kind != "Y":
            value = _finished(kind, value, window)
        self[name] = value

    def missing(self, name):
        """Why there is no value of that id, as an exception."""
        return self._failed.pop(name, None) or CodecError("no stored value %d" % name)

    def forget(self, payload):
        """FORGET: ids u32."""
        for at in range(0, len(payload), 4):
            name = struct.unpack_from("<I", payload, at)[0]
            self.pop(name, None)
            self._failed.pop(name, None)
