"""The messages between gateway and host, by hand: whatever one end says, the other goes on, and the next session is whole."""

import random
import select
import time

import pytest
from pipe_bus import FIRST, PACKET, Joint

from shoal import protocol
from shoal.bus import trunk
from shoal.bus.trunk import Trunk
from shoal.errors import ProtocolError
from shoal_board import gateway, mailbox

SEED = 4


class Wire:
    """A host by hand: a trunk on the joint's socket. `events`: all that came, streams' bytes as they are."""

    def __init__(self, joint, session):
        self.socket = joint._ours
        self.trunk = Trunk(session)
        self.events = []
        self.trunk.greet()

    def go(self, seconds=0.05):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.socket.sendall(self.trunk.output(0))
            if select.select([self.socket], [], [], 0.01)[0]:
                room = self.trunk.room()
                for event in self.trunk.pushed(self.socket.recv_into(room), 0):
                    self.events.append(event._replace(data=bytes(event.data)) if isinstance(event, trunk.Carried) else event)

    def until(self, kind, count=1):
        end = time.monotonic() + 10
        while sum(isinstance(event, kind) for event in self.events) < count:
            assert time.monotonic() < end, self.events
            self.go(0.02)
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def joint():
    made = Joint(2)
    yield made
    made.end()


def hello_of_a_board(wire, stream):
    """Greet the agent at the end of a stream; gives what it says."""
    peer = protocol.Peer(2048, 8)
    peer.announce(*protocol.hello(5, 2048, 8, 0))
    wire.trunk.carry(stream, b"".join(bytes(part) for part in peer.output(0)))
    end = time.monotonic() + 10
    data = b""
    while b"SHOAL" not in data:
        assert time.monotonic() < end
        wire.go(0.02)
        data = b"".join(event.data for event in wire.events if isinstance(event, trunk.Carried) and event.stream == stream)
    return data


def test_a_session_begins_with_who_is_there(joint):
    wire = Wire(joint, 1)
    joined = wire.until(trunk.Joined, 2)
    assert [event.address for event in joined] == [FIRST, FIRST + 1]
    assert {event.unique_id for event in joined} == {slot.unique_id for slot in joint.bus.boards.slots}
    assert wire.trunk.packet == PACKET
    hello_of_a_board(wire, joined[0].stream)
    assert len(wire.until(trunk.Room)) == 1  # for one packet, one more


def test_an_answer_to_the_host_before_is_not_taken_for_ours(joint):
    before = Wire(joint, 1)
    before.until(trunk.Joined, 2)
    wire = Wire(joint, 2)
    before.trunk.greet()
    joint._ours.sendall(before.trunk.output(0))  # late, and answered: after that the gateway is in session 1 again
    wire.until(trunk.Hello)
    wire.trunk.greet()
    assert len(wire.until(trunk.Joined, 2)) >= 2
    assert wire.trunk.hello.facts["session"] == b"\2\0\0\0"


def test_a_renewed_stream_has_another_number_and_the_old_one_is_deaf(joint):
    wire = Wire(joint, 1)
    first, second = (event.stream for event in wire.until(trunk.Joined, 2))
    wire.trunk.renew([first])
    third = wire.until(trunk.Joined, 3)[-1]
    assert third.stream not in (first, second) and third.address == FIRST
    wire.trunk.carry(first, b"for nobody")
    wire.go(0.1)
    assert not wire.until(trunk.Joined, 3)[3:] and not any(isinstance(event, trunk.Room) for event in wire.events)
    hello_of_a_board(wire, third.stream)


def test_troubles_from_before_are_told_and_so_is_their_end(joint):
    joint.bus.troubles[mailbox.STUCK_SDA] = 0
    wire = Wire(joint, 1)
    assert wire.until(trunk.Troubled) == [trunk.Troubled(mailbox.STUCK_SDA, 0)]
    joint.bus.ask(lambda: joint.bus.events.trouble(mailbox.MENDED, mailbox.STUCK_SDA))
    assert wire.until(trunk.Troubled, 2)[1] == trunk.Troubled(mailbox.MENDED, mailbox.STUCK_SDA)


def test_nonsense_from_a_host_harms_nobody(joint):
    dice = random.Random(SEED)
    for session in range(1, 6):
        wire = Wire(joint, session)
        wire.until(trunk.Joined, 2)
        for _ in range(200):
            op = dice.choice([gateway.CARRY, gateway.RENEW, gateway.JOINED, gateway.ROOM, 16, 17, 22, 23, 200])
            wire.trunk._peer.send(op, [dice.randbytes(dice.randrange(60))])
        wire.go(0.2)
        joint._ours.sendall(dice.randbytes(300))
    wire = Wire(joint, 99)
    joint._ours.sendall(bytes(600))  # the end of whatever began in the garbage
    for _ in range(20):
        wire.trunk.greet()
        wire.go(0.05)
        if wire.trunk.hello:
            break
    hello_of_a_board(wire, wire.until(trunk.Joined, 2)[0].stream)
    assert joint.thread.is_alive()


def test_nonsense_from_a_gateway_is_an_error_that_says_so():
    dice = random.Random(SEED)
    for op in (*range(gateway.CARRY, gateway.TROUBLE + 1), 60, 255):
        one = Trunk(7)
        peer = protocol.Peer(2048, 64)
        facts = {"bus": "i2c 1", "session": b"\7\0\0\0"}
        writer = protocol.codec.Writer()
        writer.value(facts)
        head = protocol.hello(3, 513, 32, 0)
        peer.announce(head[0], [*head[1], *writer.finish()])
        peer.send(
            op, [dice.randbytes(1)] if op in (gateway.JOINED, gateway.COUNTERS, gateway.TROUBLE, gateway.LEFT, 60, 255) else [b""]
        )
        data = b"".join(bytes(part) for _ in range(2) for part in peer.output(0))
        room = one.room()
        room[: len(data)] = data
        if op == gateway.RENEW:
            continue  # it is for the other end
        with pytest.raises(ProtocolError, match="makes no sense"):
            list(one.pushed(len(data), 0))
