"""The handshake and the records: the same answers as CPython's own hmac gives, on both interpreters."""

import hmac
import json
from pathlib import Path

import pytest

import interpreters

HERE = Path(__file__).parent
CHECKS = HERE.parent / "board" / "both"
VECTORS = HERE / "handshake.json"


def test_both_interpreters_agree_with_the_vectors(interpreter):
    printed = interpreters.run(interpreter, HERE / "both" / "check_secure.py", str(CHECKS), str(VECTORS))
    verdict, count = printed.split()
    assert verdict == "ok" and int(count) > 300


@pytest.fixture(scope="module")
def vectors():
    return json.loads(VECTORS.read_text(encoding="utf-8"))


def tag(key, message):
    return hmac.new(key, message, "sha256").digest()


def test_the_vectors_are_what_the_documents_say(vectors):
    """Computed here from the layout in docs/network.md, with another implementation of HMAC."""
    key, (host, board) = bytes.fromhex(vectors["key"]), map(bytes.fromhex, vectors["nonces"])
    both = host + board
    assert vectors["greeting"] == (b"shoal\x01" + host).hex()
    assert vectors["answer"] == (board + tag(key, b"board" + both)[:16]).hex()
    assert vectors["proof"] == tag(key, b"host " + both)[:16].hex()
    for name, label, number, body in (
        ("welcome", b"to host ", 0, b"\x01"),
        ("to_host", b"to host ", 1, b"to the host"),
        ("to_board", b"to board", 0, b"to the board"),
    ):
        head = len(body).to_bytes(2, "little") + body
        assert vectors[name] == (head + tag(tag(key, label + both), number.to_bytes(8, "little") + head)[:16]).hex()


def test_hmac_vectors_are_those_of_the_standard_library(vectors):
    key = bytes.fromhex(vectors["key"])
    assert len(vectors["hmac"]) >= 5
    for message, expected in vectors["hmac"]:
        assert tag(key, bytes.fromhex(message)).hex() == expected
