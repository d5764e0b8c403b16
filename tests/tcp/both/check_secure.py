"""The handshake and the records, on one interpreter. Arguments: the folder of `checks`, a file of vectors."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from checks import check, done

from shoal_board import secure

KEY = bytes(range(32))
OTHER = bytes(31) + b"\x01"


def fixed(host, nonce):
    handshake = secure.Handshake(host)
    handshake._nonce = nonce
    return handshake


def agreed(key=KEY):
    """Both ends after a handshake, with fresh nonces."""
    host, board = secure.Handshake(True), secure.Handshake(False)
    check(host.choose(board.answer(host.greeting(), key), [key]) == 0)
    check(board.proves(host.proof()))
    return host, board


def record(seal, data):
    sender = secure.Sender()
    sender.seal = seal
    check(sender.put(data) == len(data))
    return bytes(sender.record())


def opened(seal, data):
    body = seal.open(memoryview(data))
    return None if body is None else bytes(body)


def vectors(file):
    """What the two messages, the keys and the records must be, computed by CPython's own hmac."""
    with open(file) as stream:
        case = json.load(stream)
    key, nonces = bytes.fromhex(case["key"]), [bytes.fromhex(nonce) for nonce in case["nonces"]]
    for message, tag in case["hmac"]:
        check(secure.hmac(key, bytes.fromhex(message)) == bytes.fromhex(tag))
    host, board = fixed(True, nonces[0]), fixed(False, nonces[1])
    greeting = host.greeting()
    check(greeting == bytes.fromhex(case["greeting"]) and len(greeting) == board.expects)
    answer = board.answer(greeting, key)
    check(answer == bytes.fromhex(case["answer"]) and len(answer) == host.expects)
    check(host.choose(answer, [OTHER, key]) == 1)
    check(host.proof() == bytes.fromhex(case["proof"]) and len(host.proof()) == board.expects)
    check(board.proves(host.proof()))
    check(board.verdict(True) == bytes.fromhex(case["welcome"]))
    check(record(host.outwards, b"to the board") == bytes.fromhex(case["to_board"]))
    check(record(board.outwards, b"to the host") == bytes.fromhex(case["to_host"]))  # its second record


def handshakes():
    host, board = secure.Handshake(True), secure.Handshake(False)
    answer = board.answer(host.greeting(), KEY)
    check(host.choose(answer, [OTHER]) is None, "another key")
    check(host.choose(answer, []) is None)
    check(secure.Handshake(True).choose(answer, [KEY]) is None, "another greeting")
    check(host.choose(answer, [OTHER, KEY]) == 1)
    for at in range(len(answer)):
        changed = bytearray(answer)
        changed[at] ^= 1 << (at % 8)
        check(secure.Handshake.choose(host, bytes(changed), [KEY]) is None, "flipped", at)
    check(host.choose(answer, [KEY]) == 0)
    proof = host.proof()
    for at in range(len(proof)):
        changed = bytearray(proof)
        changed[at] ^= 1
        check(not board.proves(bytes(changed)), "flipped", at)
    check(not board.proves(answer[16:]), "the board's own tag is not the host's proof")
    check(board.outwards is None and board.inwards is None, "no keys before the proof")
    check(board.proves(proof))
    check(not secure.Handshake(False).answer(b"GET / HTTP/1.1\r\nHost:", KEY))
    check(not secure.Handshake(False).answer(b"shoal\x02" + bytes(16), KEY), "another version")
    again = secure.Handshake(False)
    again.answer(host.greeting(), KEY)
    check(not again.proves(proof), "a proof of before")
    check(len({secure.Handshake(False)._nonce for _ in range(100)}) == 100)


def records():
    host, board = agreed()
    first, second = record(host.outwards, b"first"), record(host.outwards, b"second")
    check(opened(board.inwards, first) == b"first")
    check(opened(board.inwards, second) == b"second")
    check(opened(host.inwards, record(board.outwards, b"answer")) == b"answer")
    check(opened(host.inwards, record(board.outwards, b"")) == b"", "a question whether we are there")
    whole = record(host.outwards, bytes(1442))
    check(len(whole) == 1460 and secure.record_size(whole) == 1460)

    host, board = agreed()
    check(opened(board.inwards, first) is None, "of another session")
    host, board = agreed()
    mine = record(host.outwards, b"mine")
    check(opened(host.inwards, mine) is None, "reflected")
    check(opened(board.inwards, mine) == b"mine")
    check(opened(board.inwards, mine) is None, "replayed")
    host, board = agreed()
    one, two = record(host.outwards, b"one"), record(host.outwards, b"two")
    check(opened(board.inwards, two) is None, "reordered or one swallowed")
    host, board = agreed()
    one = record(host.outwards, b"truncated")
    short = b"\x08\0" + one[2:10] + one[11:]
    check(secure.record_size(short) == len(short) and opened(board.inwards, short) is None)
    for at in range(len(one)):
        host, board = agreed()
        changed = bytearray(record(host.outwards, b"truncated"))
        changed[at] ^= 0x10
        if secure.record_size(changed) == len(changed):
            check(opened(board.inwards, changed) is None, "flipped", at)


def sizes():
    check(secure.record_size(b"\0\0") == 18)
    check(secure.record_size(b"\xa2\x05") == 1460)
    for head in (b"\xa3\x05", b"\xff\xff", b"\0\x80"):
        check(secure.record_size(head) == 0)
    sender = secure.Sender()
    check(sender.put(bytes(2000)) == 1442 and sender.put(b"x") == 0 and sender.used == 1442)


def tags():
    check(secure.equal(KEY[:16], bytes(range(16))))
    for at in range(16):
        for bit in range(8):
            other = bytearray(KEY[:16])
            other[at] ^= 1 << bit
            check(not secure.equal(KEY[:16], bytes(other)))


vectors(sys.argv[2])
handshakes()
records()
sizes()
tags()
done()
