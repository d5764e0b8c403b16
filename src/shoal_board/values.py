"""Part: values of rarer types on the wire, lists of numbers, results of many calls, and messages longer than a frame."""

import array
import struct

from . import wire
from .codec import MAX_DEPTH, TYPE_CODES, CodecError, Writer
from .lump import describe
from .parts import part
from .wire import MICROPYTHON, const

if MICROPYTHON:
    import uctypes

_I32 = const(0x7FFFFFFF)
_FEW = const(3)  # results that are not worth packing
_PLAIN = {int, float, bool, type(None), str, bytes, complex}  # results that nobody can change


class Frozen:
    """A value that is encoded already: the buffers of a Writer."""

    def __init__(self, parts):
        self.parts = parts


_SAFE = _PLAIN | {Frozen}


def type_code(value):
    """The type code of an array, in letters that mean the same size everywhere."""
    code = repr(value[:0])[7]  # a board's array has no .typecode
    if code in "lL":  # C's long differs between boards, so it travels as what it is
        code = ("iq" if code == "l" else "IQ")[struct.calcsize(code) == 8]
    if code not in TYPE_CODES:
        raise CodecError("array of type code " + code)
    return code


def packed(items):
    """A list or tuple of numbers as an array, or None if it is not all i32 or all float."""
    kinds = set(map(type, items))
    if kinds == {int}:
        if -_I32 - 1 <= min(items) and max(items) <= _I32:
            return array.array("i", items)
    elif kinds == {float}:
        return array.array("d", items)
    return None


def write_packed(writer, tag, items):
    """Write a list or tuple of numbers as an array. Gives whether it is one."""
    numbers = packed(items)
    if numbers is None:
        return False
    write_array(writer, b"L" if tag == b"l" else b"U", numbers)
    return True


def write_array(writer, tag, value):
    code = type_code(value)
    if MICROPYTHON:  # without a copy
        data = uctypes.bytearray_at(uctypes.addressof(value), len(value) * struct.calcsize(code))
    else:
        data = memoryview(value).cast("B")
    writer.buffer(tag + code.encode(), data)


def write(writer, value):
    """Write what `Writer.value` left."""
    kind = type(value)
    if kind is bool:
        writer.raw(b"T" if value else b"F")
    elif kind is bytearray:
        writer.buffer(b"Y", value)
    elif kind is array.array:
        write_array(writer, b"a", value)
    elif kind is dict:
        writer.items(b"d", value)
    elif kind is Frozen:
        for data in value.parts:
            writer.raw(data)
    elif kind is set:
        writer.items(b"e", value)
    elif kind is complex:
        writer.raw(struct.pack("<Bdd", 99, value.real, value.imag))  # c
    elif kind is not int:
        writer.other(value)
    elif abs(value) >> 63 == 0:
        writer.raw(struct.pack("<Bq", 113, value))  # q
    else:
        size = (len(hex(abs(value))) - 1) // 2  # a board's int has no bit_length
        writer.raw(b"I\1" if value < 0 else b"I\0")
        writer.length(size)
        writer.raw(abs(value).to_bytes(size, "little"))


def read(reader, tag):
    """Read what `Reader.value` left."""
    if tag == 84 or tag == 70:  # T F
        return tag == 84
    if tag == 89:  # Y
        return bytearray(reader.content())
    if tag == 76:  # L
        return list(_read_array(reader))
    if tag == 85:  # U
        return tuple(_read_array(reader))
    if tag == 97:  # a
        return _read_array(reader)
    if tag == 113:  # q
        return reader.number("<q", 8)
    if tag == 100:  # d
        return _read_dict(reader)
    if tag == 101:  # e
        return set(reader.items())
    if tag == 99:  # c
        real = reader.number("<d", 8)
        return complex(real, reader.number("<d", 8))
    if tag == 73:  # I
        negative = reader.number("B", 1)
        magnitude = int.from_bytes(reader.content(), "little")
        return -magnitude if negative else magnitude
    raise CodecError("unknown tag %d" % tag)


def _read_dict(reader):
    reader.depth += 1
    if reader.depth > MAX_DEPTH + 2:
        raise CodecError("containers nested deeper than %d" % MAX_DEPTH)
    result = {}
    for _ in range(reader.length()):
        key = reader.value()
        result[key] = reader.value()
    reader.depth -= 1
    return result


def _read_array(reader):
    code = chr(reader.number("B", 1))
    if code not in TYPE_CODES:
        raise CodecError("array of type code " + code)
    data = reader.content()
    if len(data) % struct.calcsize(code):
        raise CodecError("cut short")
    return array.array(code, bytes(data))  # bytes: a board's array takes a view for a list of numbers


def frozen(answer, copied):
    """A result that the function may keep and change, encoded now. (The last of a lump leaves before anything can change.)"""
    writer = Writer()
    writer.copies = copied
    try:
        writer.value(answer)
    except CodecError as error:
        raise part("trouble").CannotTravel(str(error))
    return Frozen(writer.finish()) if copied else answer


def run_map(function, items, results, errors, lossy, mixed):
    """One argument a call. Stops at the first error. `mixed`: its results are not all plain, whatever the first one is."""
    try:
        answers = map(function, items)
        for answer in answers:
            if type(answer) not in _PLAIN:
                answer = frozen(answer, lossy or len(results) + 1 < len(items))
            results.append(answer)
            if type(answer) in _PLAIN and not mixed:
                results.extend(answers)  # at C speed; keeps what came before an error
                break
        if len(results) < len(items):
            raise StopIteration  # `map` took the function's own StopIteration for its end
    except BaseException as error:
        describe(error, results, errors)


def write_results(writer, results):
    """Write the results of many calls. Gives how many: not all, if they are not all plain although the first was."""
    count = len(results)
    numbers = packed(results) if count > _FEW else None
    if numbers is not None:
        write_array(writer, b"L", numbers)
        return count
    if not set(map(type, results)) <= _SAFE:
        place = [type(result) in _SAFE for result in results].index(False)
        if place + 1 < count:
            # After a plain result `map` went on at C speed, and this one may have changed since. The host will ask
            # for it and the rest again; then it is the first of its lump.
            results = results[:place]
    writer.items(b"l", results)
    return len(results)


def slices(peer, message):
    """The next frame of a message that is longer than one: op, buffers (not copies), length. Moves the message's position on."""
    op, parts, left, index, offset = message
    length = min(left, peer.frame)
    message[2] = left - length
    if left == length:
        peer.queue.pop(0)
    else:
        op = wire.PART
    views = []
    want = length
    while want:
        piece = parts[index]
        take = min(want, len(piece) - offset)
        views.append(memoryview(piece)[offset : offset + take])
        want -= take
        offset += take
        if offset == len(piece):
            index += 1
            offset = 0
    message[3] = index
    message[4] = offset
    return op, views, length
