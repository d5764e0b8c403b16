"""Random and damaged messages into the reader: a value or one of three errors, within memory that the message's length bounds.

Arguments: how many messages, seed. MicroPython runs out of its heap, and so fails, if a forged length is believed.
"""

import array
import random
import sys

from checks import SHORT, check, done

from shoal_board.codec import CodecError, Reader, Writer

ERRORS = SHORT + (UnicodeError, TypeError)  # TypeError: a key that cannot be hashed
TAGS = b"NTFiqIfcsyYalted" + b"LU" + b"RK"
COUNTS = (0, 1, 2, 3, 255, 255, 200)
NAME = 7

try:
    import tracemalloc
except ImportError:  # MicroPython
    tracemalloc = None
A_BYTE = 200  # bytes of memory for a byte of message at worst: an empty set is 2 bytes there and 216 here
A_MESSAGE = 4000


class Stored(dict):
    def missing(self, name):
        return CodecError("no %d" % name)


def samples():
    """Encoded values that use every tag."""
    values = [
        [None, True, False, 1, -1, 2**40, -(2**100), 0.5, 2j, "text \u20ac", b"bytes", bytearray(b"array")],
        (array.array("i", range(9)), array.array("d", [0.5] * 5), array.array("B"), [1, 2, 3, 4], (0.5,) * 5),
        {"a": {1: [2, (3,)]}, (1, 2): {b"x"}, 3.5: {None, True}},
        ["x" * 300, b"y" * 256, list(range(80)), [[[[[[]]]]]]],
        2**2100,
    ]
    for value in values:
        writer = Writer()
        writer.value(value)
        yield b"".join(writer.finish())
    yield b"l\2K\7\0\0\0R\7\0\0\0"


def damaged(whole):
    data = bytearray(whole)
    for _ in range(1 + random.getrandbits(2)):
        at = random.randrange(len(data))
        how = random.getrandbits(2)
        if how == 0:
            data[at] = random.choice(TAGS)
        elif how == 1:
            data[at] = random.choice(COUNTS)
        elif how == 2:
            data[at] ^= 1 << random.getrandbits(3)
        else:
            data = data[:at] + data[random.randrange(len(data)) :] + b"\xff"
    return data


def made_up():
    """Tags and lengths in a row, as nothing that is encoded would be."""
    data = bytearray()
    for _ in range(random.randrange(40)):
        data.append(random.choice(TAGS))
        data.append(random.choice(COUNTS) if random.getrandbits(3) else random.getrandbits(8))
    return data


def noise():
    return bytes([random.getrandbits(8) for _ in range(random.randrange(30))])


def read(message):
    """Whether a message was read as a value."""
    store = Stored()
    store[NAME] = "stored"
    reader = Reader(memoryview(message), store)
    try:
        reader.value()
    except ERRORS:
        return False
    check(reader.at <= len(message))
    return True


def read_measured(message):
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    read(message)
    used = tracemalloc.get_traced_memory()[1] - before
    check(used < A_MESSAGE + A_BYTE * len(message), bytes(message), used)


def messages(count):
    wholes = list(samples())
    for _ in range(count):
        kind = random.getrandbits(3)
        yield noise() if kind == 0 else made_up() if kind < 3 else damaged(random.choice(wholes))


def main(count, seed):
    random.seed(seed)
    for whole in samples():
        check(read(whole))
    values = 0
    for message in messages(count):
        try:
            values += read(message)
        except BaseException:
            print("seed", seed, "message", bytes(message))
            raise
    check(0 < values < count)
    print("messages", count, "values", values)
    if tracemalloc:
        tracemalloc.start()
        for message in messages(count // 20):
            read_measured(message)
        for item in (b"e\0", b"d\0", b"l\0", b"N", b"Y\0", b"ai\0", b"i\7\0\0\0", b"s\1\xc3"):
            read_measured(b"l\xff\0\0\1\0" + item * 65536)


main(int(sys.argv[1]), int(sys.argv[2]))
done()
