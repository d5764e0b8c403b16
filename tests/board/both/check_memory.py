"""A board's memory: a stored value of more than half of the heap can be built, and takes it once. MicroPython only."""

import gc
import struct
from binascii import crc32

from checks import check, done

from shoal_board.codec import Writer
from shoal_board.store import Store

WORD = struct.calcsize("P")
SPARE = 4096  # bytes that building may take beside the value


def begin(store, name, kind, size):
    store.begin(memoryview(struct.pack("<IBI", name, ord(kind), size)))


def nones(count):
    """A PIECE of so many items."""
    writer = Writer()
    writer.length(count)
    writer.raw(b"N" * count)
    return b"".join(writer.finish())


def memory_is_taken_once():
    """A value of 60% of the free heap, and little beside it."""
    gc.collect()
    size = gc.mem_free() * 6 // 10 // 8 * 8
    piece = memoryview(bytes(range(64)) * 8)
    for kind in "ysYbHiqfd":
        store = Store()
        gc.collect()
        before = gc.mem_alloc()
        begin(store, 1, kind, size)
        check(gc.mem_alloc() - before < size + SPARE, kind, size)
        expected = 0
        for at in range(0, size, 512):
            part = piece[: min(512, size - at)]
            expected = crc32(part, expected)
            store.piece(part)
        gc.collect()
        check(gc.mem_alloc() - before < size + SPARE, kind, size, gc.mem_alloc() - before)
        value = store.pop(1)
        check(len(value) == size // (1 if kind in "ysYb" else struct.calcsize(kind)))
        check(crc32(value) == expected, kind)
        value = None


def a_list_is_built_in_place():
    gc.collect()
    count = gc.mem_free() * 6 // 10 // WORD
    store = Store()
    before = gc.mem_alloc()
    begin(store, 1, "l", count)
    for at in range(0, count, 250):
        store.piece(memoryview(nones(min(250, count - at))))
    gc.collect()
    check(gc.mem_alloc() - before < count * WORD + SPARE)
    check(len(store[1]) == count and set(store[1]) == {None})


def what_does_not_fit_is_told():
    store = Store()
    keep = bytes(gc.mem_free() // 2)
    for kind in "ysYi":
        begin(store, 1, kind, len(keep) * 4)
        store.piece(memoryview(bytes(512)))  # ignored: the host sends all pieces before it hears of this
        check(1 not in store)
        error = store.missing(1)
        check(isinstance(error, MemoryError) and str(len(keep) * 4) in str(error), error)
    begin(store, 2, "l", 1 << 30)
    part = memoryview(nones(250))
    for _ in range(gc.mem_free() // 2000 + 10):
        store.piece(part)
    check(isinstance(store.missing(2), MemoryError))
    begin(store, 3, "y", 300)
    store.piece(memoryview(b"z" * 300))
    check(store[3] == b"z" * 300)


memory_is_taken_once()
a_list_is_built_in_place()
what_does_not_fit_is_told()
done()
