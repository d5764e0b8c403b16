"""Random frames into the decoder: exactly the whole ones come out, in order, and its memory does not grow.

Arguments: how many pieces, seed. A piece is a whole frame, a damaged one, noise, or (in every other block) part of a frame.
"""

import gc
import random
import sys

from checks import check, done
from frames import frame

from shoal_board.decoder import Decoder
from shoal_board.wire import HEADER, TRAILER

LIMIT = 256
BLOCK = 64  # pieces fed together
WARM = 50  # blocks before memory is compared: caches and lists have their size by then
GROWTH = 2000 if hasattr(gc, "mem_alloc") else 200  # bytes on MicroPython, blocks of memory on CPython


def in_use():
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else sys.getallocatedblocks()


def noise_of(size):
    """Noise with many a beginning of a frame in it."""
    noise = bytearray([random.getrandbits(8) for _ in range(size)])
    for _ in range(size // 30):
        at = random.randrange(size - 1)
        noise[at : at + 2] = b"\xa5\x53"
    return bytes(noise)


def frames_of(noise):
    """256 frames, told apart by their sequence numbers; some hold whole frames, all others noise."""
    frames = []
    for seq in range(256):
        size = random.choice((0, 0, 1, 2, 9, 40, 41, 100, LIMIT))
        at = random.randrange(len(noise) - LIMIT)
        payload = frames[seq - 1][:size] if seq % 16 == 15 else noise[at : at + size]
        frames.append(frame(1 + random.getrandbits(6), payload, seq, 255 - seq, seq >> 1))
    return frames


def block(noise, frames, cut):
    """BLOCK pieces, and the sequence numbers of the whole frames among them."""
    pieces, expected = [], []
    bits = random.getrandbits
    for _ in range(BLOCK):
        kind, seq, place = bits(3), bits(8), bits(12)
        whole = frames[seq]
        if kind < 3:
            pieces.append(whole)
            expected.append(seq)
        elif kind < 6:
            # A payload that holds a frame is let alone: without its header, the frame inside is as good as any.
            damaged = bytearray(frames[seq & 0xFE])
            damaged[place % len(damaged)] ^= 1 + (place + seq) % 255
            pieces.append(damaged)
        elif kind == 6 and cut:
            middle = 6 + place % (len(whole) - 11)  # so much is missing that chance cannot make it whole again
            pieces.append(whole[:middle] if seq & 1 else whole[middle:])
        else:
            pieces.append(noise[place : place + (seq & 31)])
    return b"".join(pieces), expected


def feed(decoder, data, frames):
    """The sequence numbers of what comes out."""
    got = []
    at = 0
    while at < len(data):
        room = decoder.room()
        count = min(len(room), len(data) - at)
        room[:count] = data[at : at + count]
        decoder.pushed(count)
        at += count
        popped = decoder.pop()
        while popped:
            op, seq, _, _, payload = popped
            whole = frames[seq]
            if op != whole[2] or payload != whole[HEADER : HEADER + len(payload)]:
                raise AssertionError("frame %d came out wrong" % seq)
            got.append(seq)
            popped = decoder.pop()
    return got


def subsequence(some, all_of_them):
    rest = iter(all_of_them)
    return all([item in rest for item in some])


def main(count, seed):
    random.seed(seed)
    noise = noise_of(4096 + 64)
    frames = frames_of(noise)
    decoder = Decoder(LIMIT, 2048)
    size = len(decoder.room())
    before = delivered = 0
    check(count // BLOCK > WARM)
    for number in range(count // BLOCK):
        if number == WARM:
            before = in_use()
        cut = number & 1
        data, expected = block(noise, frames, cut)
        if cut:  # a frame cut short may take what follows with it, but never changes or adds anything
            data += bytes(LIMIT + HEADER + TRAILER)
            got = feed(decoder, data, frames)
            inner = [seq for seq in got if seq % 16 != 14]  # those are inside of others, and may come out by themselves
            check(subsequence(inner, expected), "seed", seed, "block", number)
        else:
            got = feed(decoder, data, frames)
            check(got == expected, "seed", seed, "block", number, got, expected)
        delivered += len(got)
    check(delivered > count // 4)
    check(len(decoder.room()) <= size)
    grown = in_use() - before
    check(grown < GROWTH, "grown by", grown)
    print("pieces", count, "frames", delivered, "grown by", grown)


main(int(sys.argv[1]), int(sys.argv[2]))
done()
