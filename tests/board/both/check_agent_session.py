"""The agent's sessions: HELLO and what it tells, refusal of another version, restarts, and a reset that the host missed."""

import array
import struct
import sys

from checks import check, done
from hosted import BOOT, CREDIT, FRAME, run

from shoal_board import wire


def hello_tells_what_the_board_is(host):
    mark, version, boot, limit, credit, resend, facts = yield from host.hello()
    check((mark, version, boot, limit, credit, resend) == (b"SHOAL", wire.VERSION, BOOT, FRAME, CREDIT, 0))
    check(facts["unique_id"] == "unique" and facts["cores"] == 2 and facts["platform"] == sys.platform)
    check(facts["implementation"] == sys.implementation.name and facts["firmware"].startswith(sys.implementation.name))
    check(facts["mpy"] == getattr(sys.implementation, "_mpy", 0))
    check(type(facts["heap_free"]) is int and (facts["heap_free"] > 0) == (sys.implementation.name == "micropython"))


def a_repeated_hello_is_answered_and_changes_nothing(host):
    yield from host.hello(session=9)
    host.ship()
    host.bind(0, "double")
    check((yield from host.one(0, 4)) == 8)
    for _ in range(3):
        check((yield from host.hello(session=9))[2] == BOOT)
        check((yield from host.one(0, 4)) == 8)


def another_version_is_refused(host):
    for version in (0, wire.VERSION + 1, 255):
        host.announce(version=version)
        while not host.refused:
            yield
        check(host.refused == [b"SHOAL" + bytes([wire.VERSION])] and not host.hellos)
        host.refused = []
    # Whatever follows the version may be anything in another version.
    host.peer.announce(wire.HELLO, [b"SHOAL\x63"])
    while not host.refused:
        yield
    yield from host.hello()


def what_is_no_hello_is_ignored(host):
    host.announce(mark=b"SHAOL")
    yield from host.hello(session=3)
    check(len(host.hellos) == 1 and not host.refused)


def before_a_hello_the_board_only_says_who_it_is(host):
    """The board was reset, and the host goes on as before: it must learn of that."""
    host.send(wire.CALL, struct.pack(wire.CALL_FORMAT, 5, 0, wire.CALLS, 0), b"\0")
    while not host.hellos:
        yield
    check(host.hellos[0][2] == BOOT and not host.results)
    host.reset(64, 0)
    yield from host.hello()
    host.ship()
    host.bind(0, "double")
    check((yield from host.one(0, 1)) == 2 and not host.results)


def a_new_session_begins_from_nothing(host):
    yield from host.hello(session=1)
    host.ship()
    host.bind(0, "double")
    host.store(7, "y", b"z" * 300)
    check((yield from host.one(0, 4)) == 8)
    # Calls that wait when it begins are not run.
    host.call(0, ((1,), None))
    host.flush()
    host.reset(64, 0)
    yield from host.hello(session=2)
    check((yield from host.one(0, 4))[0] == "KeyError")  # no function 0 is known
    host.bind(0, "double")  # its module is there, but is not the host's any more: it is sent again
    host.ship()
    host.bind(0, "same")
    check((yield from host.one(0, 4)) == 4)
    host.map(0, b"R" + struct.pack("<I", 7))
    _, errors = yield from host.answer()
    check(errors[0][1] == "CodecError")  # no value 7 is known
    check(not host.results)


def a_new_session_while_a_task_waits_to_print(host):
    """The answer of the old session's lump must not come in the new one, where its number means another lump."""
    yield from host.hello(credit=2)
    host.peer.credit = 2
    host.ship()
    host.bind(0, "flood")
    host.call(0, ((20, 100), None))
    while not host.printed:
        yield
    host.reset(64, 0)
    yield from host.hello(session=2)
    host.ship()
    host.bind(0, "double")
    host.lumps = host.answered = 0
    got = yield from host.one(0, 21)
    check(got == 42 and not host.results, got)


def garbage_on_the_wire_does_no_harm(host):
    host.raw(b"\0" * 12)
    host.raw(b"MPY: soft reboot\r\n>>> ")
    yield from host.hello()
    host.ship()
    host.bind(0, "length")
    host.raw(bytes(range(256)) * 2)
    items = array.array("i", range(3))
    check((yield from host.one(0, items)) == 3)


def ops_that_nobody_knows_are_ignored(host):
    yield from host.hello()
    host.send(99, b"from the future")
    host.send(wire.RESULT, b"I am the host")
    host.ship()
    host.bind(0, "same")
    check((yield from host.one(0, None)) is None)


def a_board_says_what_it_got_before_it_is_silent(host):
    """On a lossy link: so that the host does not send it again while a task runs."""
    yield from host.hello(resend=60000)
    host.reset(64, 60000)
    host.ship()
    host.bind(0, "same")
    yield from host.one(0, 1)
    host.ops = []
    yield from host.one(0, 2)
    check(host.ops == [wire.ACK, wire.RESULT], host.ops)


def a_board_asks_at_once_for_what_was_damaged(host):
    yield from host.hello(resend=60000)
    host.reset(64, 60000)
    host.raw(b"damaged bytes")
    while wire.NAK not in host.ops:
        yield
    host.ship()
    host.bind(0, "same")
    check((yield from host.one(0, 5)) == 5)


for part in (
    hello_tells_what_the_board_is,
    a_repeated_hello_is_answered_and_changes_nothing,
    another_version_is_refused,
    what_is_no_hello_is_ignored,
    before_a_hello_the_board_only_says_who_it_is,
    a_new_session_begins_from_nothing,
    a_new_session_while_a_task_waits_to_print,
    garbage_on_the_wire_does_no_harm,
    ops_that_nobody_knows_are_ignored,
    a_board_says_what_it_got_before_it_is_silent,
    a_board_asks_at_once_for_what_was_damaged,
):
    run(part)
done()
