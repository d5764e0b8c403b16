"""Stored values: every kind built of pieces of every size is what it would be if made at once."""

import array
import struct

from checks import check, done, raises, same

from shoal_board.codec import TYPE_CODES, CodecError, Writer
from shoal_board.store import Store


def begin(store, name, kind, size):
    store.begin(memoryview(struct.pack("<IBI", name, ord(kind), size)))


def build(kind, size, pieces):
    store = Store()
    begin(store, 7, kind, size)
    for piece in pieces:
        check(7 not in store)
        store.piece(memoryview(piece))
    return store[7]


def cut(data, step):
    return [data[at : at + step] for at in range(0, len(data), step)]


def items(values):
    """An encoded list without its tag, as a PIECE holds it."""
    writer = Writer()
    writer.length(len(values))
    for value in values:
        writer.value(value)
    return b"".join(writer.finish())


def builds_buffers():
    data = bytes(range(7, 87))
    for size in (0, 1, 2, 3, 8, 40, 80, 1000, 5000):
        whole = (data * 100)[:size]
        for step in (1, 7, 64, 2048) if size < 1000 else (64, 999, 5000):
            pieces = cut(whole, step)
            check(same(build("y", size, pieces), whole), size, step)
            check(same(build("Y", size, pieces), bytearray(whole)), size, step)
            check(same(build("s", size, pieces), whole.decode()), size, step)
            for code in TYPE_CODES:
                count = size // struct.calcsize(code)
                expected = array.array(code, whole[: count * struct.calcsize(code)])
                check(same(build(code, count * struct.calcsize(code), cut(bytes(expected), step)), expected), code)
    text = "\u00e9\u20ac\U0001f41f" * 300
    check(same(build("s", len(text.encode()), cut(text.encode(), 64)), text))  # pieces end within characters


def builds_containers():
    values = [None, 1, 2.5, "a", b"b", (1, 2)] * 9
    for step in (1, 5, 54):
        check(same(build("l", 54, [items(part) for part in cut(values, step)]), values))
        check(same(build("t", 54, [items(part) for part in cut(values, step)]), tuple(values)))
    pairs = [[number, str(number)] for number in range(50)]
    for step in (1, 7, 50):
        flat = [items([item for pair in part for item in pair]) for part in cut(pairs, step)]
        check(same(build("D", 50, flat), dict(pairs)))
        check(same(build("e", 50, [items([pair[0] for pair in part]) for part in cut(pairs, step)]), set(range(50))))
    check(same(build("l", 0, []), []) and same(build("t", 0, []), ()))
    check(same(build("D", 0, []), {}) and same(build("e", 0, []), set()))
    check(build("v", 1, [items([None])]) is None)
    check(same(build("v", 1, [items([["one"]])]), ["one"]))


def values_hold_values():
    store = Store()
    begin(store, 1, "s", 600)
    store.piece(memoryview(b"x" * 600))
    begin(store, 2, "l", 2)
    store.piece(memoryview(b"\2" + b"R" + struct.pack("<I", 1) + b"N"))
    check(same(store[2], ["x" * 600, None]) and 1 not in store)


def hash_and_equality():
    """A value that was filled in place is found as a key, and finds keys."""
    for size in (300, 5000):
        for kind, plain in (("s", "k" * size), ("y", b"k" * size)):
            data = plain.encode() if kind == "s" else plain
            built = build(kind, size, cut(data, 64))
            check(built == plain and plain == built and hash(built) == hash(plain))
            check({plain: 1}[built] == 1 and {built: 2}[plain] == 2 and built in {plain})
            other = build(kind, size, cut(data[:-1] + b"j", 64))
            check(other != built and other not in {built: 1})
            blank = "\0" * size if kind == "s" else bytes(size)
            check(hash(built) != hash(blank) and built != blank)
            check(built + built == plain + plain and built[1:] == plain[1:] and len(built) == size)


def forgets():
    store = Store()
    for name in (1, 2, 2**32 - 1):
        begin(store, name, "l", 0)
    store.forget(memoryview(struct.pack("<III", 1, 5, 2**32 - 1)))
    check(list(store) == [2])
    check(isinstance(store.missing(1), CodecError))


def refuses_a_piece_beyond_the_end():
    store = Store()
    begin(store, 1, "y", 300)
    store.piece(memoryview(bytes(299)))
    raises(CodecError, store.piece, memoryview(bytes(2)))
    begin(store, 1, "y", 300)  # and begins again
    store.piece(memoryview(b"z" * 300))
    check(store[1] == b"z" * 300)


builds_buffers()
builds_containers()
values_hold_values()
hash_and_equality()
forgets()
refuses_a_piece_beyond_the_end()
done()
