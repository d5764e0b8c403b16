"""Value <-> bytes: one tag byte, then the content, little-endian. The same on both ends; the vectors in tests are its spec.

    N T F           None, True, False
    i q I           int: i32; i64; sign u8, length, magnitude
    f c             float, complex: 64-bit each part
    s y Y           str (UTF-8), bytes, bytearray: length, content
    a               array.array: type code, length in bytes, items
    l t e d         list, tuple, set: count, items;  dict: count, key, value, key, value ...
    L U             list or tuple of only i32 or only float: type code, length in bytes, items
    R K             a stored value: its id u32; R takes it out of the store, K leaves it there

Lengths and counts are one byte below 255, else 255 and u32. A list of numbers is packed because a number in a packed list
costs C, and any other costs Python on both ends. Dict order is kept on the wire, but a board's dict does not keep it.
"""

import array
import struct

from .wire import const

try:
    import uctypes
except ImportError:  # CPython
    uctypes = None

MAX_DEPTH = 24  # of nested containers: a board's C stack is a few KB
BIG = 256  # buffers from this size on are not copied into the message
_PACK_FROM = const(4)  # items; below, packing saves nothing
_I32 = const(0x7FFFFFFF)
TYPE_CODES = "bBhHiIqQfd"
_SAME_SIZE = {"l": "iq", "L": "IQ"}  # C's long differs between boards, so it travels as what it is


class CodecError(ValueError):
    """A value cannot be written, or bytes cannot be read."""


def type_code(value):
    """The type code of an array, in letters that mean the same size everywhere."""
    code = repr(value[:0])[7]  # a board's array has no .typecode
    if code in _SAME_SIZE:
        code = _SAME_SIZE[code][struct.calcsize(code) == 8]
    if code not in TYPE_CODES:
        raise CodecError("array of type code " + code)
    return code


def byte_view(value):
    """The bytes of an array, without copying them."""
    if uctypes:
        return uctypes.bytearray_at(uctypes.addressof(value), len(value) * struct.calcsize(type_code(value)))
    return memoryview(value).cast("B")


def packed(items):
    """A list or tuple of numbers as an array, or None if it is not all i32 or all float."""
    kinds = set(map(type, items))
    if kinds == {int}:
        if -_I32 - 1 <= min(items) and max(items) <= _I32:
            return array.array("i", items)
    elif kinds == {float}:
        return array.array("d", items)
    return None


class Frozen:
    """A value that is encoded already: the buffers of a Writer."""

    def __init__(self, parts):
        self.parts = parts


class Writer:
    """Builds a message as a list of buffers; the first begins with `head` bytes for the caller to fill.

    `copies`: whether large buffers are copied into the message, because they may change before it leaves.
    """

    def __init__(self, head=0, copies=False, depth=0):
        self.parts = []
        self._depth = depth  # -1: the outermost container is not the user's
        self._copies = copies
        self._buf = bytearray(head)

    def raw(self, data):
        self._buf.extend(data)

    def finish(self):
        """The buffers of all that was written."""
        if self._buf:
            self.parts.append(self._buf)
            self._buf = bytearray()
        return self.parts

    def length(self, count):
        if count < 255:
            self._buf.append(count)
        else:
            self._buf.extend(struct.pack("<BI", 255, count))

    def value(self, value):
        kind = type(value)
        buf = self._buf
        if kind is int:
            self._int(value)
        elif value is None:
            buf.append(78)  # N
        elif kind is bool:
            buf.append(84 if value else 70)  # T F
        elif kind is float:
            buf.extend(struct.pack("<Bd", 102, value))  # f
        elif kind is str:
            self.buffer(b"s", value.encode("utf-8", "surrogatepass"))
        elif kind is tuple:
            self.sequence(b"t", b"U", value)
        elif kind is list:
            self.sequence(b"l", b"L", value)
        elif kind is bytes:
            self.buffer(b"y", value)
        elif kind is bytearray:
            self.buffer(b"Y", value)
        elif kind is array.array:
            self.array(b"a", value)
        elif kind is dict:
            self._deeper(b"d", len(value))
            for key, item in value.items():
                self.value(key)
                self.value(item)
            self._depth -= 1
        elif kind is set:
            self._deeper(b"e", len(value))
            for item in value:
                self.value(item)
            self._depth -= 1
        elif kind is complex:
            buf.extend(struct.pack("<Bdd", 99, value.real, value.imag))  # c
        else:
            self.other(value)

    def other(self, value):
        """A value of a type that is not in the table."""
        raise CodecError("object of type " + type(value).__name__)

    def _int(self, value):
        if -_I32 <= value <= _I32:
            self._buf.extend(struct.pack("<Bi", 105, value))  # i
            return
        magnitude = abs(value)
        if magnitude >> 63 == 0:
            self._buf.extend(struct.pack("<Bq", 113, value))  # q
            return
        size = (len(hex(magnitude)) - 1) // 2  # a board's int has no bit_length
        self._buf.extend(b"I\1" if value < 0 else b"I\0")
        self.length(size)
        self._buf.extend(magnitude.to_bytes(size, "little"))

    def buffer(self, tag, data):
        self._buf.extend(tag)
        self.length(len(data))
        if len(data) < BIG or self._copies:
            self._buf.extend(data)
        else:
            self.parts.append(self._buf)
            self.parts.append(data)
            self._buf = bytearray()

    def array(self, tag, value):
        self.buffer(tag + type_code(value).encode(), byte_view(value))

    def sequence(self, tag, packed_tag, items):
        if len(items) >= _PACK_FROM:
            numbers = packed(items)
            if numbers is not None:
                self.array(packed_tag, numbers)
                return
        self.items(tag, items)

    def items(self, tag, items):
        """A list or tuple, item by item; an item may be Frozen."""
        self._deeper(tag, len(items))
        for item in items:
            if type(item) is Frozen:
                for part in item.parts:
                    self._buf.extend(part)
            else:
                self.value(item)
        self._depth -= 1

    def _deeper(self, tag, count):
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CodecError("object nested deeper than %d" % MAX_DEPTH)
        self._buf.extend(tag)
        self.length(count)


class Reader:
    """Reads values from a view; `store` holds the values that R and K name."""

    def __init__(self, view, store=None):
        self.view = view
        self.at = 0
        self.store = store
        self._depth = 0

    def take(self, count):
        at = self.at
        end = at + count
        if end > len(self.view):
            raise CodecError("cut short")
        self.at = end
        return self.view[at:end]

    def byte(self):
        at = self.at
        if at >= len(self.view):
            raise CodecError("cut short")
        self.at = at + 1
        return self.view[at]

    def length(self):
        count = self.byte()
        return count if count < 255 else struct.unpack("<I", self.take(4))[0]

    def value(self):
        tag = self.byte()
        if tag == 105:  # i
            return struct.unpack("<i", self.take(4))[0]
        if tag == 116:  # t
            return tuple(self.items())
        if tag == 78:  # N
            return None
        if tag == 102:  # f
            return struct.unpack("<d", self.take(8))[0]
        if tag == 115:  # s
            return str(self.take(self.length()), "utf-8", "surrogatepass")
        if tag == 121:  # y
            return bytes(self.take(self.length()))
        if tag == 89:  # Y
            return bytearray(self.take(self.length()))
        if tag == 84 or tag == 70:  # T F
            return tag == 84
        if tag == 76:  # L
            return list(self.array())
        if tag == 85:  # U
            return tuple(self.array())
        if tag == 108:  # l
            return self.items()
        if tag == 97:  # a
            return self.array()
        return self._rarer(tag)

    def _rarer(self, tag):
        if tag == 113:  # q
            return struct.unpack("<q", self.take(8))[0]
        if tag == 100:  # d
            result = {}
            self._deeper()
            for _ in range(self.length()):
                key = self.value()
                result[key] = self.value()
            self._depth -= 1
            return result
        if tag == 101:  # e
            return set(self.items())
        if tag == 99:  # c
            real, imag = struct.unpack("<dd", self.take(16))
            return complex(real, imag)
        if tag == 73:  # I
            negative = self.byte()
            magnitude = int.from_bytes(self.take(self.length()), "little")
            return -magnitude if negative else magnitude
        if (tag == 82 or tag == 75) and self.store is not None:  # R K
            name = struct.unpack("<I", self.take(4))[0]
            if name not in self.store:
                raise self.store.missing(name)
            return self.store.pop(name) if tag == 82 else self.store[name]
        raise CodecError("unknown tag %d" % tag)

    def items(self):
        """The items of a container as a list."""
        result = []
        self._deeper()
        for _ in range(self.length()):
            result.append(self.value())
        self._depth -= 1
        return result

    def _deeper(self):
        self._depth += 1
        if self._depth > MAX_DEPTH + 2:  # a message may wrap its values twice
            raise CodecError("containers nested deeper than %d" % MAX_DEPTH)

    def array(self):
        code = chr(self.byte())
        if code not in TYPE_CODES:
            raise CodecError("array of type code " + code)
        data = self.take(self.length())
        if len(data) % struct.calcsize(code):
            raise CodecError("cut short")
        return array.array(code, bytes(data))  # bytes: a board's array takes a view for a list of numbers
