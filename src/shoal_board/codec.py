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

import struct

from .parts import part
from .wire import const

MAX_DEPTH = 24  # of nested containers: a board's C stack is a few KB
BIG = 256  # buffers from this size on are not copied into the message
_PACK_FROM = const(4)  # items; below, packing saves nothing
_I32 = const(0x7FFFFFFF)
TYPE_CODES = "bBhHiIqQfd"


class CodecError(ValueError):
    """A value cannot be written, or bytes cannot be read."""


class Writer:
    """Builds a message as a list of buffers; the first begins with `head` bytes for the caller to fill.

    `copies`: whether large buffers are copied into the message, because they may change before it leaves.
    What is seldom written is in the part `values`.
    """

    depth = 0  # -1: the outermost container is not the user's
    copies = False

    def __init__(self, head=0):
        self.parts = []
        self.buf = bytearray(head)  # the end of the message

    def raw(self, data):
        self.buf.extend(data)

    def finish(self):
        """The buffers of all that was written."""
        if self.buf:
            self.parts.append(self.buf)
            self.buf = bytearray()
        return self.parts

    def length(self, count):
        if count < 255:
            self.buf.append(count)
        else:
            self.buf.extend(struct.pack("<BI", 255, count))

    def value(self, value):
        kind = type(value)
        if kind is int:
            if -_I32 <= value <= _I32:
                self.buf.extend(struct.pack("<Bi", 105, value))  # i
            else:
                part("values").write(self, value)
        elif value is None:
            self.buf.append(78)  # N
        elif kind is float:
            self.buf.extend(struct.pack("<Bd", 102, value))  # f
        elif kind is str:
            self.buffer(b"s", value.encode("utf-8", "surrogatepass"))
        elif kind is tuple:
            self.sequence(b"t", value)
        elif kind is list:
            self.sequence(b"l", value)
        elif kind is bytes:
            self.buffer(b"y", value)
        else:
            part("values").write(self, value)

    def other(self, value):
        """A value of a type that is not in the table."""
        raise CodecError("object of type " + type(value).__name__)

    def buffer(self, tag, data):
        self.buf.extend(tag)
        self.length(len(data))
        if len(data) < BIG or self.copies:
            self.buf.extend(data)
        else:
            self.parts.append(self.buf)
            self.parts.append(data)
            self.buf = bytearray()

    def sequence(self, tag, items):
        """A list or tuple; one of many numbers is packed."""
        if len(items) < _PACK_FROM or not part("values").write_packed(self, tag, items):
            self.items(tag, items)

    def items(self, tag, items):
        """A container, item by item. Those of a dict are its keys, each with its value."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CodecError("object nested deeper than %d" % MAX_DEPTH)
        self.buf.extend(tag)
        self.length(len(items))
        for item in items:
            self.value(item)
            if tag == b"d":
                self.value(items[item])
        self.depth -= 1


class Reader:
    """Reads values from a view, from `at` on; `store` holds the values that R and K name.

    What is cut short is refused: by an IndexError, a CodecError, or what `struct` raises (on a board a ValueError).
    """

    depth = 0

    def __init__(self, view, store=None, at=0):
        self.view = view
        self.at = at
        self.store = store

    def number(self, code, size):
        """The next `size` bytes as a number."""
        at = self.at
        self.at = at + size
        return struct.unpack_from(code, self.view, at)[0]

    def length(self):
        at = self.at
        self.at = at + 1
        count = self.view[at]
        return count if count < 255 else self.number("<I", 4)

    def content(self):
        """The next bytes, after their length."""
        count = self.length()
        at = self.at
        self.at = end = at + count
        if end > len(self.view):
            raise CodecError("cut short")
        return self.view[at:end]

    def value(self):
        at = self.at
        tag = self.view[at]
        self.at = at = at + 1
        if tag == 105:  # i
            self.at = at + 4
            return struct.unpack_from("<i", self.view, at)[0]
        if tag == 116:  # t
            return tuple(self.items())
        if tag == 78:  # N
            return None
        if tag == 102:  # f
            return self.number("<d", 8)
        if tag == 115:  # s
            return str(self.content(), "utf-8", "surrogatepass")
        if tag == 121:  # y
            return bytes(self.content())
        if tag == 108:  # l
            return self.items()
        store = self.store
        if (tag != 82 and tag != 75) or store is None:
            return part("values").read(self, tag)
        name = self.number("<I", 4)  # R K
        if name not in store:
            raise store.missing(name)
        return store.pop(name) if tag == 82 else store[name]

    def items(self):
        """The items of a container as a list."""
        self.depth += 1
        if self.depth > MAX_DEPTH + 2:  # a message may wrap its values twice
            raise CodecError("containers nested deeper than %d" % MAX_DEPTH)
        result = []
        for _ in range(self.length()):
            result.append(self.value())
        self.depth -= 1
        return result
