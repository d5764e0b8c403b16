"""The codec, the decoder and a pair of peers under inputs that Hypothesis makes up. The same examples in every run."""

import struct
from array import array

from checks import SHORT, same
from frames import frame
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal import protocol
from shoal.errors import ProtocolError
from shoal_board import wire
from shoal_board.codec import Reader, Writer
from shoal_board.decoder import Decoder

repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=150)

arrays = st.one_of(
    st.binary(max_size=40).map(lambda data: array("B", data)),
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20).map(lambda items: array("i", items)),
    st.lists(st.integers(0, 2**64 - 1), max_size=20).map(lambda items: array("Q", items)),
    st.lists(st.floats(), max_size=20).map(lambda items: array("d", items)),
)
keys = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.binary(max_size=20)
)
leaves = st.one_of(
    keys,
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(), max_size=300),
    st.binary(max_size=600),
    st.binary(max_size=600).map(bytearray),
    arrays,
    st.lists(st.integers()),
    st.lists(st.floats()).map(tuple),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.lists(inner, max_size=8).map(tuple),
        st.dictionaries(keys, inner, max_size=8),
        st.sets(keys, max_size=8),
    ),
    max_leaves=30,
)


def encode(value):
    writer = Writer()
    writer.value(value)
    return b"".join(writer.finish())


@repeatable
@given(values)
def test_a_value_comes_back_as_it_was(value):
    data = encode(value)
    reader = Reader(memoryview(data + b"after"))
    assert same(reader.value(), value)
    assert reader.at == len(data)


@repeatable
@given(values, st.data())
def test_a_value_cut_short_is_refused(value, data):
    whole = encode(value)
    length = data.draw(st.integers(0, len(whole) - 1))
    try:
        Reader(memoryview(whole[:length])).value()
    except SHORT:
        return
    raise AssertionError("read a value from a part of it")


@repeatable
@given(st.one_of(st.binary(max_size=100), st.tuples(values, st.binary(max_size=4), st.integers(0, 2000))))
def test_any_bytes_are_a_value_or_one_of_few_errors(made):
    if isinstance(made, tuple):
        value, patch, at = made
        whole = bytearray(encode(value))
        at %= len(whole)
        whole[at : at + len(patch)] = patch
        made = bytes(whole)
    try:
        Reader(memoryview(made), {}).value()
    except (*SHORT, UnicodeError, TypeError):
        pass
    except AttributeError as error:
        assert "missing" in str(error)  # R or K: a plain dict is no store


@repeatable
@given(st.sampled_from([wire.RESULT, wire.PRINT, wire.HELLO, wire.REFUSE]), st.binary(max_size=80))
def test_the_host_reads_any_message_or_says_that_it_makes_no_sense(op, payload):
    try:
        protocol.read(op, memoryview(payload))
    except ProtocolError:
        pass


pieces = st.one_of(
    st.tuples(st.just(True), st.integers(1, 255), st.integers(0, 255), st.binary(max_size=64)),
    st.tuples(st.just(False), st.just(0), st.just(0), st.binary(max_size=40)),
    st.tuples(st.just(False), st.just(0), st.just(0), st.just(b"\xa5\x53")),
)


@repeatable
@given(st.lists(pieces, max_size=20), st.lists(st.integers(1, 200), min_size=1, max_size=10))
def test_whole_frames_come_out_from_between_noise(stream, steps):
    data = b"".join(frame(op, payload, seq) if whole else payload for whole, op, seq, payload in stream)
    expected = [(op, seq, payload) for whole, op, seq, payload in stream if whole]
    decoder = Decoder(64)
    got = []
    turn = 0
    while data:
        room = decoder.room()
        assert len(room) >= decoder.need
        count = min(steps[turn % len(steps)], len(room), len(data))
        turn += 1
        room[:count] = data[:count]
        decoder.pushed(count)
        data = data[count:]
        while (popped := decoder.pop()) is not None:
            got.append((popped[0], popped[1], bytes(popped[4])))
    assert got == expected


@repeatable
@given(st.integers(0, 255), st.binary(min_size=1, max_size=64), st.data())
def test_a_frame_with_any_burst_of_damage_does_not_come_through(seq, payload, data):
    """CRC-32 finds every burst of up to 32 bits."""
    whole = bytearray(frame(wire.CALL, payload, seq))
    start = data.draw(st.integers(0, len(whole) - 4))
    (word,) = struct.unpack_from("<I", whole, start)
    damage = data.draw(st.integers(1, 2**32 - 1))
    struct.pack_into("<I", whole, start, word ^ damage)
    decoder = Decoder(64)
    room = decoder.room()
    room[: len(whole)] = whole
    decoder.pushed(len(whole))
    assert decoder.pop() is None
    assert decoder.damaged
