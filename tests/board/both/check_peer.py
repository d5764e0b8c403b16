"""Pairs of peers on good and bad wires: every message arrives once, in order and whole, and credit is never exceeded."""

import random

from checks import check, done
from frames import whole
from pair import Pair, Wire, message

from shoal_board import wire
from shoal_board.peer import Peer


def exchange(pair, count, largest):
    """Messages both ways, some at once and some after others have come."""
    expected = ([], [])
    for _ in range(count):
        for end, list_of_it in ((pair.a, expected[0]), (pair.b, expected[1])):
            for _ in range(random.randrange(4)):
                op, parts = message(largest)
                list_of_it.append((op, b"".join(parts)))
                end.peer.send(op, parts)
        if random.getrandbits(1):
            pair.turn(pair.a, pair.b)
        if random.getrandbits(1):
            pair.turn(pair.b, pair.a)
        pair.now += random.randrange(20)
    pair.settle()
    return expected


def all_arrive(pair, count, largest, seed):
    random.seed(seed)
    try:
        to_b, to_a = exchange(pair, count, largest)
        check(pair.b.got == to_b and pair.a.got == to_a)
    except BaseException:
        print("seed", seed)
        raise


def reliable_wire():
    for seed, credits in enumerate(((1, 1), (2, 1), (8, 64), (64, 8), (64, 64), (3, 5))):
        pair = Pair(40, credits)
        all_arrive(pair, 150, 150, seed)  # sequence numbers go round more than once
        check(pair.a.peer.resent == pair.b.peer.resent == 0)
        check(max([seq for _, seq, _, _ in pair.a.sent]) == 255)


def lossy_wires():
    wires = {
        "losing": Wire(lose=0.2),
        "doubling": Wire(double=0.3),
        "flipping": Wire(flip=0.003),
        "cutting": Wire(cut=0.05),
        "bad": Wire(lose=0.1, double=0.1, flip=0.002, cut=0.02),
    }
    for name in sorted(wires):
        for seed in range(3):
            for credits in ((8, 64), (1, 1), (64, 64)):
                pair = Pair(40, credits, 40, wires[name])
                all_arrive(pair, 40, 150, seed)
                resent = pair.a.peer.resent + pair.b.peer.resent
                check(resent > 0 or name == "doubling", name)


def a_lossy_protocol_on_a_good_wire_sends_nothing_twice():
    pair = Pair(40, (8, 8), 40)
    random.seed(1)
    for _ in range(200):
        pair.a.peer.send(*message(150))
        pair.b.peer.send(*message(150))
        pair.turn(pair.a, pair.b)
        pair.b.peer.acknowledge()
        pair.turn(pair.b, pair.a)
        pair.a.peer.acknowledge()
        pair.now += 15
    pair.settle()
    check(len(pair.a.got) == len(pair.b.got) == 200 and pair.a.peer.resent == pair.b.peer.resent == 0)


def long_messages_become_parts():
    pair = Pair(10, (8, 8))
    pair.a.peer.send(wire.CALL, [b"abcdefg", b"", b"hij", b"klmnopqrst", b"uvwxy"])
    pair.a.peer.announce(wire.HELLO, [b"hello"])
    pair.a.peer.send(wire.CANCEL, [b"1234567890"])
    pair.a.peer.send(wire.FORGET, [])
    pair.settle()
    check(
        pair.b.got
        == [
            (wire.HELLO, b"hello"),
            (wire.CALL, b"abcdefghijklmnopqrstuvwxy"),
            (wire.CANCEL, b"1234567890"),
            (wire.FORGET, b""),
        ]
    )
    ops = [op for op, _, _, _ in pair.a.sent]
    check(ops == [wire.HELLO, wire.PART, wire.PART, wire.CALL, wire.CANCEL, wire.FORGET], ops)


def alone_acknowledgements_are_rare():
    pair = Pair(40, (8, 8))
    for _ in range(100):
        pair.a.peer.send(wire.CALL, [b"x"])
    pair.settle()
    check({op for op, _, _, _ in pair.b.sent} == {wire.ACK} and len(pair.b.sent) <= 100 // 4)
    # Where there are answers, they say it.
    pair = Pair(40, (8, 8))
    for _ in range(100):
        pair.a.peer.send(wire.CALL, [b"x"])
        pair.turn(pair.a, pair.b)
        pair.b.peer.send(wire.RESULT, [b"y"])
        pair.turn(pair.b, pair.a)
    check({op for op, _, _, _ in pair.b.sent} == {wire.RESULT} and len(pair.b.got) == 100)


def an_acknowledgement_is_due_at_half_of_the_credit():
    peer = Peer(40, 8)
    for seq in range(8):
        peer.receive((wire.CALL, seq, 0, 8, b"x"), 0)
        buffers = peer.output(0)
        check((buffers is None) == (seq not in (3, 7)), seq)
    lossy = Peer(40, 8, 40)
    lossy.receive((wire.PART, 0, 0, 8, b"x"), 0)  # the rest may be waiting for it
    check(whole(lossy.output(0))[2] == wire.ACK)


def no_more_than_the_window_is_in_flight():
    """A grant above 127 would make new frames and doubled ones look alike."""
    peer = Peer(40, 8)
    peer.receive((wire.ACK, 0, 0, 255, b""), 0)
    for _ in range(100):
        peer.send(wire.CALL, [b"x"])
    for _ in range(wire.WINDOW):
        check(peer.output(0) is not None)
    check(peer.output(0) is None)


def what_was_acknowledged_meanwhile_is_not_sent_again():
    peer = Peer(40, 8, 40)
    peer.granted = 8
    for _ in range(4):
        peer.send(wire.CALL, [b"x"])
        peer.output(0)
    peer.receive((wire.NAK, 0, 1, 8, b""), 0)
    check(whole(peer.output(0))[3] == 1)
    peer.receive((wire.ACK, 0, 3, 8, b""), 0)
    check(whole(peer.output(0))[3] == 3 and peer.output(0) is None)
    peer.receive((wire.NAK, 0, 3, 8, b""), 0)
    peer.receive((wire.ACK, 0, 4, 8, b""), 0)
    check(peer.output(0) is None and peer.settled())


def blocked_says_that_messages_wait():
    pair = Pair(40, (8, 2))
    for _ in range(3):
        pair.a.peer.send(wire.CALL, [b"x"])
    check(pair.a.peer.queue and not pair.a.peer.settled())
    while pair.a.peer.output(0) is not None:
        pass
    check(pair.a.peer.queue)
    pair.a.peer.receive((wire.ACK, 0, 1, 2, b""), 0)
    check(pair.a.peer.output(0) is not None and not pair.a.peer.queue and pair.a.peer.settled())


def silence_is_answered_by_resending_ever_more_slowly():
    def difference(later, earlier):  # a clock that wraps, as a board's does
        return (later - earlier + 512) % 1024 - 512

    peer = Peer(40, 8, 40, difference)
    peer.granted = 8
    start = 1000  # it wraps soon
    peer.send(wire.CALL, [b"x"])
    check(peer.due_in(start) is None and peer.output(start) is not None and peer.output(start) is None)
    times = []
    for step in range(1, 600):
        now = (start + step) % 1024
        buffers = peer.output(now)
        if buffers is not None:
            frame = whole(buffers)
            check(frame[2] == wire.CALL and frame[3] == 0)
            times.append(step)
            check(peer.output(now) is None)
    check(times == [40, 120, 280, 440], times)  # after 40, 80, 160, 160
    check(peer.resent == 4 and not peer.settled())
    peer.receive((wire.ACK, 0, 1, 8, b""), now)
    check(peer.settled() and peer.due_in(now) is None)
    # Progress sets the patience back, also while other frames are still in flight.
    peer.granted = 8
    for _ in range(2):
        peer.send(wire.CALL, [b"x"])
        peer.output(now)
    now = (now + 40) % 1024
    check(peer.due_in(now) == 0 and peer.output(now) is not None and peer.output(now) is not None)
    check(peer.due_in(now) == 80)
    peer.receive((wire.ACK, 0, 2, 8, b""), now)
    check(peer.due_in(now) == 40)


def a_gap_is_reported_once():
    peer = Peer(40, 8, 40)
    for seq in (1, 2, 3):
        check(peer.receive((wire.CALL, seq, 0, 8, b"x"), 0) is None)
    first = whole(peer.output(0))
    check(first[2] == wire.NAK and first[4] == 0 and peer.output(0) is None)
    peer.receive((wire.CALL, 4, 0, 8, b"x"), 0)
    check(peer.output(0) is None)
    for seq in (0, 1, 2):
        check(peer.receive((wire.CALL, seq, 0, 8, b"x"), 0) == (wire.CALL, b"x"))
    peer.receive((wire.CALL, 7, 0, 8, b"x"), 0)
    again = whole(peer.output(0))
    check(again[2] == wire.NAK and again[4] == 3)
    peer.damaged()  # the same gap
    check(peer.output(0) is None)


def a_doubled_frame_is_acknowledged_again():
    peer = Peer(40, 8, 40)
    for _ in range(2):
        peer.receive((wire.CALL, 0, 0, 8, b"x"), 0)
        peer.acknowledge()
        frame = whole(peer.output(0))
        check(frame[2] == wire.ACK and frame[4] == 1)


def acknowledgements_of_nothing_change_nothing():
    """An `ack` beyond what was sent is of another session."""
    pair = Pair(40, (8, 8), 40)
    pair.a.peer.send(wire.CALL, [b"x"])
    pair.a.peer.output(0)
    for ack in (2, 100, 255):
        pair.a.peer.receive((wire.ACK, 0, ack, 50, b""), 0)
        check(not pair.a.peer.settled() and pair.a.peer.granted == 8)
    pair.settle()
    check(pair.b.got == [(wire.CALL, b"x")])


def a_reset_forgets_everything():
    pair = Pair(40, (8, 8), 40)
    for _ in range(5):
        pair.a.peer.send(wire.CALL, [b"x" * 100])
    pair.turn(pair.a, pair.b)
    pair.a.peer.reset(20, 8, 0)
    pair.b.peer.reset(20, 8, 0)
    check(pair.a.peer.settled() and not pair.a.peer.queue and pair.a.peer.output(0) is None)
    check(pair.a.peer.granted == 1)  # until a HELLO says more
    pair.b.got, pair.b.expected, pair.a.sent = [], 0, []
    pair.a.peer.granted = 8
    pair.a.peer.send(wire.CALL, [b"y" * 30])
    pair.settle()
    check(pair.b.got == [(wire.CALL, b"y" * 30)])
    check([(op, seq) for op, seq, _, _ in pair.a.sent] == [(wire.PART, 0), (wire.CALL, 1)])


reliable_wire()
lossy_wires()
a_lossy_protocol_on_a_good_wire_sends_nothing_twice()
long_messages_become_parts()
alone_acknowledgements_are_rare()
an_acknowledgement_is_due_at_half_of_the_credit()
no_more_than_the_window_is_in_flight()
what_was_acknowledged_meanwhile_is_not_sent_again()
blocked_says_that_messages_wait()
silence_is_answered_by_resending_ever_more_slowly()
a_gap_is_reported_once()
a_doubled_frame_is_acknowledged_again()
acknowledgements_of_nothing_change_nothing()
a_reset_forgets_everything()
done()
