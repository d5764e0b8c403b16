"""The golden vectors are complete, and the host's messages are the ones that they specify."""

import json
import struct
from array import array
from pathlib import Path

import pytest

from shoal import protocol
from shoal.errors import ProtocolError, VersionError
from shoal.protocol import Hello, Printed, RemoteFailure, Result, Stored
from shoal_board import codec, wire
from shoal_board.codec import CodecError, Reader

VECTORS = Path(__file__).parents[1] / "vectors"


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))["vectors"]


FRAMES = {vector["name"]: vector for vector in load("frames.json")}
VALUES = load("values.json")


def op_and_payload(name):
    vector = FRAMES[name]
    return getattr(wire, vector["op"]), bytes.fromhex(vector["payload"])


def tags_of_reader():
    """Every byte that a reader takes for a tag."""
    tags = set()
    for byte in range(256):
        try:
            Reader(memoryview(bytes([byte])), {}).value()
        except CodecError as error:
            if "unknown tag" in str(error):
                continue
        except (IndexError, struct.error):
            pass
        tags.add(byte)
    return tags


def test_names_of_vectors_differ():
    for name in ("frames.json", "values.json", "refused.json"):
        names = [vector["name"] for vector in load(name)]
        assert len(names) == len(set(names))


def test_every_op_has_vectors_with_and_without_payload():
    for op in {vector["op"] for vector in FRAMES.values()}:
        payloads = [bool(vector["payload"]) for vector in FRAMES.values() if vector["op"] == op]
        assert set(payloads) == {True, False}, op
    for field in ("seq", "ack", "credit"):
        assert {0, 255} <= {vector[field] for vector in FRAMES.values()}


def test_every_tag_has_a_vector():
    assert {bytes.fromhex(vector["hex"])[0] for vector in VALUES} == tags_of_reader()


def test_every_type_code_has_a_vector():
    codes = {vector["hex"][2:4] for vector in VALUES if vector["hex"].startswith("61")}
    assert {chr(int(code, 16)) for code in codes} == set(codec.TYPE_CODES)


SENT = {
    "hello of a host": lambda: protocol.hello(0x01020304, 16384, 64, 0),
    "hello of a host on a lossy link": lambda: protocol.hello(0xFFFFFFFF, 192, 64, 40),
    "store bytes": lambda: next(protocol.store(Stored(7, "y", 1000, ()), 2048)),
    "store a list": lambda: next(protocol.store(Stored(2**32 - 1, "l", 3, ()), 2048)),
    "store an array": lambda: next(protocol.store(Stored(10, "d", 4096, ()), 2048)),
    "store a dict": lambda: next(protocol.store(Stored(11, "D", 100, ()), 2048)),
    "store a value": lambda: next(protocol.store(Stored(9, "v", 1, ()), 2048)),
    "piece of bytes": lambda: list(protocol.store(Stored(7, "y", 5, (b"hello",)), 2048))[1],
    "forget": lambda: protocol.forget([7, 9]),
    "forget nothing": lambda: protocol.forget([]),
    "module": lambda: protocol.module(Stored(12, "y", 0, ()), "work"),
    "bind": lambda: protocol.bind(0, "work", "row"),
    "call on an array": lambda: protocol.call_map(1, 0, array("i", [3, 4]))[1],
    "calls": lambda: protocol.call(2**32 - 1, 1, [call(3), call("a", limit=9)], 2.5),
    "calls, one cancelled": lambda: protocol.call(3, 1, [protocol.CANCELLED_CALL, call()]),
    "cancel": lambda: protocol.cancel(3),
    "drop": lambda: protocol.drop([0, 3], ["work"]),
}


def call(*args, **kwargs):
    return protocol.encode_call(args, kwargs)[0].data


@pytest.mark.parametrize("name", SENT)
def test_host_sends_what_the_vectors_say(name):
    op, parts = SENT[name]()
    assert (op, b"".join(parts)) == op_and_payload(name)


READ = {
    "hello of a board": Hello(0xFEDCBA98, 2048, 8, {"heap_free": 150000}),
    "result": Result(1, 0.0015, 0.00004, 0, None, [9, None], [], 30),
    "result with an error": Result(
        2, 0.00001, 0.000005, 100000, 24.31, [9, None], [RemoteFailure(1, "KeyError", ["k"], "k", "Traceback ...")], 70
    ),
    "print": Printed("hello\n"),
    "print nothing": Printed(""),
}


@pytest.mark.parametrize("name", READ)
def test_host_reads_what_the_vectors_say(name):
    op, payload = op_and_payload(name)
    expected = READ[name]
    if isinstance(expected, Result):
        expected = expected._replace(size=len(payload))
    assert protocol.read(op, memoryview(payload)) == expected


def test_host_knows_a_refusal():
    op, payload = op_and_payload("refuse")
    with pytest.raises(VersionError, match=r"version 99 .* version 2"):
        protocol.read(op, memoryview(payload[:5] + bytes([99])))


@pytest.mark.parametrize("op", [wire.RESULT, wire.HELLO, wire.REFUSE, wire.CALL, 99])
@pytest.mark.parametrize("payload", [b"", b"\0", b"SHOA", b"\xff" * 40, bytes(16) + b"l\1" * 3000])
def test_host_calls_nonsense_a_protocol_error(op, payload):
    with pytest.raises(ProtocolError):
        protocol.read(op, memoryview(payload))
