"""The decoder: what is whole comes out, in order; what is not is skipped; and it never asks for more than is coming."""

import random

from checks import check, done
from frames import frame

from shoal_board import wire
from shoal_board.decoder import Decoder
from shoal_board.wire import HEADER, TRAILER

SEED = 20
LIMIT = 300


def pops(decoder):
    """All frames there are, as (op, seq, payload)."""
    frames = []
    while True:
        got = decoder.pop()
        if got is None:
            check(0 < decoder.need <= len(decoder.room()))
            return frames
        frames.append((got[0], got[1], bytes(got[4])))


def feed(decoder, data, step=None):
    """The frames in `data`, fed in steps (None: as much as there is room for)."""
    frames = []
    while data:
        room = decoder.room()
        count = min(step or len(room), len(room), len(data))
        room[:count] = data[:count]
        decoder.pushed(count)
        data = data[count:]
        frames += pops(decoder)
    return frames


def asks_for_exactly_one_frame():
    """A board reads `need` bytes and blocks for them, so a frame must be out before a byte of the next is asked for."""
    decoder = Decoder(LIMIT)
    for size in (0, 1, 11, 12, 13, 299, 300, 0, 0, 300):
        whole = frame(wire.CALL, b"p" * size)
        at = 0
        got = None
        reads = 0
        while got is None:
            need = decoder.need
            check(0 < need <= len(whole) - at, size, at, need)
            decoder.room()[:need] = whole[at : at + need]
            decoder.pushed(need)
            at += need
            reads += 1
            got = decoder.pop()
        check(at == len(whole) and bytes(got[4]) == b"p" * size and reads == (2 if size else 1))
    check(decoder.damaged == 0)


def payload_is_a_view_that_stays_until_room():
    decoder = Decoder(LIMIT)
    both = frame(wire.CALL, b"first") + frame(wire.CALL, b"second")
    decoder.room()[: len(both)] = both
    decoder.pushed(len(both))
    one = decoder.pop()[4]
    two = decoder.pop()[4]
    check(isinstance(one, memoryview) and bytes(one) == b"first" and bytes(two) == b"second")


def refuses_what_is_too_long():
    longest, longer = frame(wire.CALL, b"a" * LIMIT), frame(wire.CALL, b"b" * (LIMIT + 1))
    for step in (None, 1, 50):
        decoder = Decoder(LIMIT)
        check(feed(decoder, longest * 3, step) == [(wire.CALL, 0, b"a" * LIMIT)] * 3 and not decoder.damaged)
        check(feed(decoder, longer + longest, step) == [(wire.CALL, 0, b"a" * LIMIT)] and decoder.damaged)
    # A length is believed only after its own check: a flipped bit must not make a receiver wait for 64 KB.
    forged = bytearray(frame(wire.CALL, b"c"))
    forged[7] = 0xFF
    decoder = Decoder(0xFFFF)
    check(feed(decoder, bytes(forged) + longest) == [(wire.CALL, 0, b"a" * LIMIT)])


def a_damaged_payload_is_skipped_whole():
    inside = frame(wire.ACK) + frame(wire.CALL, b"inside")
    outer = bytearray(frame(wire.PIECE, inside))
    outer[-1] ^= 1
    for step in (None, 1):
        decoder = Decoder(LIMIT)
        check(feed(decoder, bytes(outer) + frame(wire.NAK), step) == [(wire.NAK, 0, b"")])
        check(decoder.damaged == 1)


def a_frame_cut_short_costs_no_more_than_its_length():
    whole = frame(wire.CALL, b"x" * 100)
    after = b"".join([frame(wire.PIECE, b"y" * 20, seq) for seq in range(20)])
    for kept in range(1, len(whole)):
        frames = feed(Decoder(LIMIT), whole[:kept] + after, 33)
        seqs = [seq for _, seq, _ in frames]
        check(seqs == list(range(20 - len(seqs), 20)) and len(seqs) >= 15, kept, seqs)


def a_payload_under_another_header_is_refused():
    one, two = frame(wire.CALL, b"same", 1), frame(wire.CALL, b"same", 2)
    mixed = one[:HEADER] + two[HEADER:]
    decoder = Decoder(LIMIT)
    check(feed(decoder, mixed) == [] and decoder.damaged == 1)


def garbage_alone_makes_nothing():
    random.seed(SEED)
    noise = bytes([random.getrandbits(8) for _ in range(3000)])
    for garbage in (b"\0" * 3000, b"\xff" * 3000, b"\xa5" * 3000, b"\x53" * 3000, b"\xa5\x53" * 1500, noise):
        for step in (None, 1, 12, 13):
            decoder = Decoder(LIMIT)
            check(feed(decoder, garbage, step) == [] and decoder.damaged)
            # What is left of it cannot hide the frames that follow, whatever it ends with.
            check(feed(decoder, frame(wire.CALL, b"after"), step) == [(wire.CALL, 0, b"after")], garbage[:2], step)


def frames_between_garbage():
    random.seed(SEED)
    for step in (None, 1, 2, 7, 100):
        data, expected = [], []
        for seq in range(60):
            payload = bytes([random.getrandbits(8) for _ in range(random.randrange(40))])
            data.append(bytes([random.choice(b"\xa5\x53\0\7") for _ in range(random.randrange(30))]))
            data.append(frame(wire.RESULT, payload, seq))
            expected.append((wire.RESULT, seq, payload))
        check(feed(Decoder(LIMIT), b"".join(data), step) == expected, "seed", SEED, step)


def a_larger_buffer_takes_many_frames():
    decoder = Decoder(LIMIT, 4000)
    check(len(decoder.room()) == 4000)
    small = frame(wire.PRINT, b"z" * 4)  # 20 bytes: 200 fill the buffer
    check(feed(decoder, small * 1000) == [(wire.PRINT, 0, b"z" * 4)] * 1000)
    check(len(Decoder(LIMIT, 1).room()) == HEADER + LIMIT + TRAILER)


asks_for_exactly_one_frame()
payload_is_a_view_that_stays_until_room()
refuses_what_is_too_long()
a_damaged_payload_is_skipped_whole()
a_frame_cut_short_costs_no_more_than_its_length()
a_payload_under_another_header_is_refused()
garbage_alone_makes_nothing()
frames_between_garbage()
a_larger_buffer_takes_many_frames()
done()
