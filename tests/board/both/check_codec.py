"""What the vectors cannot say of the codec: what is refused, what is not copied, and how a reader uses the store."""

import array
import struct

from checks import SHORT, check, done, raises, same

from shoal_board import codec, values
from shoal_board.codec import BIG, MAX_DEPTH, CodecError, Reader, Writer


def encode(value):
    writer = Writer()
    writer.value(value)
    return b"".join(writer.finish())


def decode(data, store=None):
    reader = Reader(memoryview(data), store)
    value = reader.value()
    check(reader.at == len(data), data)
    return value


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


class Own:
    pass


class OwnList(list):
    pass


def refuses_what_has_no_tag():
    for value in (object(), Own(), Own, len, iter([]), range(3), OwnList(), memoryview(b""), NotImplemented, ValueError()):
        name = type(value).__name__
        for wrapped in (value, [1, value], {"k": (value,)}):
            check(name in str(raises(CodecError, encode, wrapped)), name)


def refuses_what_is_too_deep():
    check(same(decode(encode(nested(MAX_DEPTH))), nested(MAX_DEPTH)))
    raises(CodecError, encode, nested(MAX_DEPTH + 1))
    endless = []
    endless.append(endless)
    raises(CodecError, encode, endless)
    own = {}
    own[1] = (own,)
    raises(CodecError, encode, own)
    # Depth is of nesting, not of how many there are.
    wide = [nested(MAX_DEPTH - 1)] * 40
    check(same(decode(encode(wide)), wide))


def ends_when_a_message_nests_without_end():
    for tag in (b"l\1", b"t\1", b"d\1", b"e\1"):
        raises(SHORT, decode, tag * 3000)


def does_not_copy_large_buffers():
    writer = Writer()
    large, larger, small = bytes(BIG), bytearray(BIG + 1), bytes(BIG - 1)
    writer.value([large, small, larger])
    writer.raw(b"!")
    parts = writer.finish()
    check(parts[1] is large and parts[3] is larger and len(parts) == 5)
    check(bytes(parts[4]) == b"!")
    check(same(decode(b"".join(parts)[:-1]), [large, small, larger]))
    numbers = array.array("i", range(100))
    writer = Writer()
    writer.value(numbers)
    numbers[0] = 77  # the message holds the array's own bytes
    check(decode(b"".join(writer.finish()))[0] == 77)


def packs_only_what_stays_the_same():
    large = 2**31 - 1
    for items in ([large] * 4, [-large - 1] * 4, [0, large, -large - 1, 5], [0.5] * 4):
        packed = values.packed(items)
        check(packed is not None and same(list(packed), items), items)
        check(encode(items)[:1] == b"L" and encode(tuple(items))[:1] == b"U")
    for items in ([large + 1] * 4, [-large - 2] * 4, [1, 2, 3, 4.0], [True] * 4, [1, 2, 3, True], [None] * 4, [2**70] * 4):
        check(values.packed(items) is None, items)
        check(same(decode(encode(items)), items), items)
    check(values.packed([]) is None)
    check(encode([[1, 2, 3, 4], (5.0, 6.0, 7.0, 8.0)])[:2] == b"l\2")


def names_arrays_by_the_size_of_their_items():
    for code in codec.TYPE_CODES:
        value = array.array(code, [1, 2, 3])
        check(values.type_code(value) == code)
        check(encode(value)[3:] == struct.pack("<3" + code, 1, 2, 3), code)
        check(encode(array.array(code, []))[2:] == b"\0")
    for code, known in (("l", "iq"), ("L", "IQ")):
        value = array.array(code, [1, 2, 3])
        check(values.type_code(value) in known)
        check(list(decode(encode(value))) == [1, 2, 3])


def reads_every_way_from_the_same_view():
    ints = [0, 1, -1, 7, -8, 63, 64, 255, 256, 2**31 - 2, 2**31, 2**32, 2**63 - 2, 2**63, 2**64, 10**40, 256**300]
    for number in ints:
        for value in (number, -number, number + 1, 1 - number):
            check(same(decode(encode(value)), value), value)
    values = [None, ints, tuple(ints), {"a": {1: {2}}}, b"x" * 1000, "y" * 1000, array.array("d", [0.1]), 1.5, 2j]
    message = b"".join([encode(value) for value in values])
    reader = Reader(memoryview(message))
    for value in values:
        check(same(reader.value(), value), value)
    check(reader.at == len(message))
    counted = Reader(memoryview(b"\2N" + encode("s")))
    check(counted.items() == [None, "s"])


def takes_from_the_store():
    class Store(dict):
        def missing(self, name):
            return KeyError("gone %d" % name)

    kept = [1]
    store = Store()
    store[5] = kept
    once, stays = b"R" + struct.pack("<I", 5), b"K" + struct.pack("<I", 5)
    check(decode(stays, store) is kept and 5 in store)
    check(decode(b"l\2" + stays + once, store)[1] is kept and 5 not in store)
    check("gone 5" in str(raises(KeyError, decode, once, store)))
    raises(CodecError, decode, once)  # whoever has no store knows no such tag


refuses_what_has_no_tag()
refuses_what_is_too_deep()
ends_when_a_message_nests_without_end()
does_not_copy_large_buffers()
packs_only_what_stays_the_same()
names_arrays_by_the_size_of_their_items()
reads_every_way_from_the_same_view()
takes_from_the_store()
done()
