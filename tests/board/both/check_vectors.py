"""The golden vectors, every way: written, read, byte by byte, between garbage, cut off at every length, with a bit flipped.

Argument: the folder of the vectors.
"""

import array
import binascii
import json
import sys

import frames
from checks import SHORT, check, done, raises, same

from shoal_board import wire
from shoal_board.codec import CodecError, Reader, Writer
from shoal_board.decoder import Decoder

NAMES = {"array": array.array, "inf": float("inf"), "nan": float("nan")}
ERRORS = {"CodecError": SHORT, "UnicodeError": UnicodeError, "TypeError": TypeError}
OUT = memoryview(bytearray(wire.HEADER + wire.SMALL + wire.TRAILER))
GOOD = frames.frame(wire.ACK, b"", 1, 2, 3)  # comes after others


def load(name):
    with open(sys.argv[1] + "/" + name) as file:
        return json.load(file)


def decode(data, step, limit=1024):
    """The frames in `data`, fed `step` bytes at a time, with payloads copied; and the decoder."""
    decoder = Decoder(limit)
    got = []
    for at in range(0, len(data), step):
        piece = data[at : at + step]
        decoder.room()[: len(piece)] = piece
        decoder.pushed(len(piece))
        frame = decoder.pop()
        while frame:
            check(decoder.need > 0)
            got.append(frame[:4] + (bytes(frame[4]),))
            frame = decoder.pop()
    return got, decoder


def frame(vector):
    op = getattr(wire, vector["op"])
    payload = binascii.unhexlify(vector["payload"])
    whole = binascii.unhexlify(vector["hex"])
    fields = (op, vector["seq"], vector["ack"], vector["credit"])
    expected = fields + (payload,)

    half = len(payload) // 2
    parts = [payload[:half], b"", bytearray(payload[half:])]
    written = frames.whole(wire.write_frame(OUT, *fields, parts, len(payload)))
    check(written == whole, vector["name"], written)

    for step in (len(whole), 1, 5):
        got, decoder = decode(whole, step)
        check(got == [expected] and not decoder.damaged, vector["name"], step)
        for before in (b"\0", b"\xa5", b"\xa5\x53", b"\xa5\x53" * 9, b"no frame here"):
            check(decode(before + whole + b"\x53\xa5", step)[0] == [expected], vector["name"], step, before)
    for length in range(len(whole)):
        got, decoder = decode(whole[:length], len(whole))
        check(not got and 0 < decoder.need <= len(whole) - length, vector["name"], length)
    flip(vector["name"], whole, decode(payload, 1024)[0])


def flip(name, whole, inside):
    """No frame comes through with a wrong bit, and the next ones come; `inside`: frames that its payload looks like."""
    for bit in range(min(8 * len(whole), 400)):
        damaged = bytearray(whole)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        got, decoder = decode(bytes(damaged) + GOOD + GOOD, 1100)
        seen = inside if bit < 8 * wire.HEADER else []  # a payload without its header is garbage like any other
        check(decoder.damaged and got == seen + [(wire.ACK, 1, 2, 3, b"")] * 2, name, bit)


def value(vector, store):
    whole = binascii.unhexlify(vector["hex"])
    expected = eval(vector["value"], dict(NAMES))
    if "decode_only" not in vector:
        writer = Writer()
        writer.value(expected)
        check(b"".join(writer.finish()) == whole, vector["name"], writer.parts)
    for after in (b"", b"\0", b"i\1\2"):
        reader = Reader(memoryview(whole + after), Stored(store))
        got = reader.value()
        check(same(got, expected) and reader.at == len(whole), vector["name"], got)
    for length in range(len(whole)):
        raises(SHORT, Reader(memoryview(whole)[:length], Stored(store)).value)


class Stored(dict):
    """As little of a store as a reader needs."""

    def missing(self, name):
        return CodecError("no %d" % name)


def refused(vector):
    whole = memoryview(binascii.unhexlify(vector["hex"]))
    raises(ERRORS[vector["error"]], Reader(whole, Stored()).value)


for one in load("frames.json")["vectors"]:
    frame(one)
values = load("values.json")
kept = {int(name): eval(text) for name, text in values["store"].items()}
for one in values["vectors"]:
    value(one, kept)
for one in load("refused.json")["vectors"]:
    refused(one)
done()
