"""Who is at the other end of a TCP stream, and that every byte is theirs. The same code on both ends; no I/O, no clock.

Both ends hold the board's 32-byte key. Three messages make sure of it, each way with fresh nonces (the exchange of ISO/IEC 9798-4
with three passes); N is both nonces, MAC is HMAC-SHA-256 cut to 16 bytes, key is the board's:

    host   greeting   b"shoal" | version u8 | nonce 16
    board  answer     nonce 16 | MAC(key, "board", N)          whoever has no key sees 32 random bytes
    host   proof      MAC(key, "host ", N)

The board says no name: a host that has many keys finds the one that fits the answer. After that both ways are records:

    length u16 | bytes | MAC(key of this way, number of the record u64 | length u16 | bytes)

The key of a way is HMAC(key, "to board" or "to host ", N), so no record of another session, place or direction passes. The
number is counted by both ends, not sent. The first record of the board says whether the host may stay. Later, a record without
bytes asks the host whether it is there, and is its answer. Nothing is encrypted.
"""

import os
import struct
from hashlib import sha256

from .wire import const

RECORD = 1442  # most bytes in a record: with length and tag it fills one TCP segment on Ethernet and Wi-Fi
TAG = 16
LENGTH = 2
GREETING = 22
ANSWER = 32
WELCOME = b"\1"  # what the first record of the board says: stay
BUSY = b"\2"  # or: another host is here
REFUSED = b"\0"  # said without a record, before the board hangs up

_MARK = b"shoal\1"  # and the version of this file: both ends must agree
_NONCE = const(16)
_BLOCK = const(64)
_INNER = b"\x36" * 64
_OUTER = b"\x5c" * 64


def _pad(key, pad):
    """The 32-byte key as a block of SHA-256, mixed with a pad, as HMAC wants it."""
    return (int.from_bytes(key + bytes(32), "big") ^ int.from_bytes(pad, "big")).to_bytes(_BLOCK, "big")


def hmac(key, message):
    """HMAC-SHA-256 of a message under a 32-byte key."""
    return sha256(_pad(key, _OUTER) + sha256(_pad(key, _INNER) + message).digest()).digest()


def equal(a, b):
    """Whether two tags are equal, in a time that does not tell where they differ: small numbers only, and no early end."""
    difference = 0
    a, b = struct.unpack("<8H", a), struct.unpack("<8H", b)
    for at in range(8):
        difference |= a[at] ^ b[at]
    return not difference


def record_size(head):
    """Bytes of the whole record that begins with these two; 0 if it would be longer than a record may be."""
    length = head[0] | head[1] << 8
    return length + LENGTH + TAG if length <= RECORD else 0


def room():
    """Where the largest record fits."""
    return memoryview(bytearray(LENGTH + RECORD + TAG))


class Seal:
    """One way of a session: the tags of its records, in order."""

    def __init__(self, key):
        self._inner = bytearray(_pad(key, _INNER) + bytes(8))
        self._outer = _pad(key, _OUTER)
        self._number = 0

    def tag(self, record):
        """The tag of the next record; `record`: its length and bytes as they travel."""
        struct.pack_into("<Q", self._inner, _BLOCK, self._number)
        self._number += 1
        inner = sha256(self._inner)
        inner.update(record)
        outer = sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()[:TAG]

    def open(self, record):
        """The bytes in a whole record, or None if it is not the next one of this way."""
        end = len(record) - TAG
        return record[LENGTH:end] if equal(self.tag(record[:end]), record[end:]) else None


class Sender:
    """Gathers bytes into records. `seal`: of the way they go."""

    def __init__(self):
        self.used = 0
        self._view = room()
        self.seal = None

    def put(self, data):
        """Take as many of these bytes as there is room for; returns how many."""
        start = LENGTH + self.used
        count = min(len(data), RECORD - self.used)
        self._view[start : start + count] = data[:count]
        self.used += count
        return count

    def record(self):
        """What was gathered, as a record; it lies where the next one will."""
        struct.pack_into("<H", self._view, 0, self.used)
        end = LENGTH + self.used
        self._view[end : end + TAG] = self.seal.tag(self._view[:end])
        self.used = 0
        return self._view[: end + TAG]


class Handshake:
    """The exchange. `host`: the role of this end. A tag is checked once: a handshake that failed is over."""

    def __init__(self, host):
        self._host = host
        self._nonce = os.urandom(_NONCE)
        self._both = self._key = None
        self.expects = ANSWER if host else GREETING  # size of the next message of the other end, or of the proof
        self.outwards = self.inwards = None  # the two ways of the session, once the other end is known

    def _mac(self, label):
        return hmac(self._key, label + self._both)

    def _agree(self):
        to_board, to_host = Seal(self._mac(b"to board")), Seal(self._mac(b"to host "))
        self.outwards, self.inwards = (to_board, to_host) if self._host else (to_host, to_board)

    # --- the host ---

    def greeting(self):
        return _MARK + self._nonce

    def choose(self, answer, keys):
        """The index of the key that this answer was made with, or None."""
        self._both = self._nonce + bytes(answer[:_NONCE])
        for index, key in enumerate(keys):
            self._key = key
            if equal(self._mac(b"board")[:TAG], answer[_NONCE:]):
                self._agree()
                return index
        return None

    def proof(self):
        return self._mac(b"host ")[:TAG]

    # --- the board ---

    def answer(self, greeting, key):
        """The answer to a greeting, or None if it is none."""
        if bytes(greeting[: len(_MARK)]) != _MARK:
            return None
        self._both = bytes(greeting[len(_MARK) :]) + self._nonce
        self._key = key
        self.expects = TAG
        return self._nonce + self._mac(b"board")[:TAG]

    def proves(self, proof):
        """Whether the host has the key too."""
        if not equal(self.proof(), proof):
            return False
        self._agree()
        return True

    def verdict(self, welcome):
        """The first record: the host may stay, or another one is here."""
        record = b"\1\0" + (WELCOME if welcome else BUSY)
        return record + self.outwards.tag(record)

    @staticmethod
    def refusal():
        """What is said to everybody else."""
        return REFUSED
