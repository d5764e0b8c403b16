"""The mailbox: nothing lies over anything else, and nothing damaged, doubled or meant for another is taken."""

import re
import struct
from zlib import crc32

import pytest
from bus_rooms import unique
from lossy_bus import Target, World

from shoal_board import mailbox, trouble_on_bus
from shoal_board.processor import Processor
from shoal_board.seat import Member


class Room:
    """A board without a bus: what a controller writes is put into its memory by hand."""

    def __init__(self, seed=1, **sizes):
        self.world = World(seed)
        self.target = Target(self.world)
        self.target.wait = lambda us: None
        self.target.listen = self.listen
        self.port = Processor(self.target, unique(1), 0x1234, clock=self.world.milliseconds, **sizes)

    def listen(self, address, mem):
        self.target.address, self.target.mem = address, mem

    def assign(self, address=0x20, number=7, unique_id=None, boot=0x1234):
        order = bytearray(mailbox.ORDER)
        unique_id = unique(1) if unique_id is None else unique_id
        struct.pack_into(mailbox.ORDER_FORMAT, order, 0, mailbox.ASSIGN, address, number, unique_id, boot, 99)
        mailbox.seal(order, mailbox.VERSION)
        self.put(mailbox.ORDER_AT, order)
        member = Member(address, address, unique_id, boot, self.port._in_size, self.port._out_size, 0)
        member.begin(order)
        return member

    def put(self, place, data):
        self.target.mem[place : place + len(data)] = data

    def status(self, member):
        at = member.base + mailbox.STATUS_AT
        status = self.target.mem[at : at + mailbox.STATUS]
        assert mailbox.sound(status, member.key)
        return struct.unpack_from(mailbox.STATUS_FORMAT, status, 0)


@pytest.fixture
def room():
    made = Room()
    made.listen(mailbox.NEWCOMERS, made.port._mem)
    return made


def take(room, count):
    view = memoryview(bytearray(count))
    assert room.port.read(view)
    return bytes(view)


@pytest.mark.parametrize(("in_size", "out_size"), [(512, 2176), (16, 16), (64, 1000), (1, 1)])
def test_nothing_lies_over_anything_else(in_size, out_size):
    head = mailbox.IN_AT + in_size
    blocks = (out_size + mailbox.BLOCK - 1) // mailbox.BLOCK
    places = [
        (mailbox.JOIN_AT, mailbox.JOIN),
        (mailbox.ORDER_AT, mailbox.ORDER),
        (mailbox.IN_AT, in_size + mailbox.HEAD),
        (head + mailbox.ACK_AT, mailbox.ACK),
        (head + mailbox.STATUS_AT, mailbox.STATUS),
        (head + mailbox.OUT_AT, out_size + mailbox.TRAILER + 4 * blocks + 4),
    ]
    for (at, size), (after, _) in zip(places, [*places[1:], (mailbox.size(in_size, out_size), 0)], strict=True):
        assert at + size <= after
    sizes = {mailbox.JOIN_FORMAT: mailbox.JOIN, mailbox.ORDER_FORMAT: mailbox.ORDER, mailbox.STATUS_FORMAT: mailbox.STATUS}
    assert all(struct.calcsize(form) + 4 == size for form, size in sizes.items())
    assert struct.calcsize(mailbox.HEAD_FORMAT) + 4 + 1 == mailbox.HEAD


def test_numbers_never_become_zero():
    numbers = [1]
    while len(numbers) < 600:
        numbers.append(mailbox.after(numbers[-1]))
    assert set(numbers) == set(range(1, 256)) and numbers[:255] == numbers[255:510]


def test_an_order_for_another_board_changes_nothing(room):
    room.assign(unique_id=unique(2))
    room.port.ready(0)
    assert room.target.address == mailbox.NEWCOMERS
    room.assign(boot=0x1235)
    room.port.ready(0)
    assert room.target.address == mailbox.NEWCOMERS
    room.assign()
    room.port.wait()
    assert room.target.address == 0x20


def test_a_doubled_packet_is_taken_once(room):
    member = room.assign()
    room.port.wait()
    assert member.put(b"first") == 5
    piece = member.due_piece(bytearray(mailbox.ACK))
    room.put(*piece)
    assert take(room, 5) == b"first"
    room.put(*piece)
    assert not room.port.ready(0)
    assert room.status(member)[1] == 1
    member.put(b"second")
    room.put(*member.due_piece(bytearray(mailbox.ACK)))
    assert take(room, 6) == b"second"


@pytest.mark.parametrize("bit", range(0, 8 * (5 + 8), 3))
def test_a_damaged_packet_is_refused_and_then_taken(room, bit):
    member = room.assign()
    room.port.wait()
    member.put(b"first")
    place, piece = member.due_piece(bytearray(mailbox.ACK))
    damaged = bytearray(piece)
    damaged[bit // 8] ^= 1 << bit % 8
    room.put(place, damaged)
    at_mark = bit // 8 == 12
    assert room.port.ready(0) is (at_mark and damaged[12] != 0)  # any change of MARK says that a packet has come
    assert room.status(member)[2] == (not at_mark)
    room.put(place, piece)
    assert take(room, 5) == b"first"


def test_a_packet_of_another_stream_is_refused(room):
    old = room.assign(number=1)
    room.port.wait()
    member = room.assign(number=2)
    assert room.port.ready(0) and not room.port.read(memoryview(bytearray(1)))  # the first stream has ended
    room.port.wait()
    old.put(b"stale")
    room.put(*old.due_piece(bytearray(mailbox.ACK)))
    assert not room.port.ready(0)
    member.put(b"fresh")
    room.put(*member.due_piece(bytearray(mailbox.ACK)))
    assert take(room, 5) == b"fresh"


def test_what_a_stray_write_overwrote_is_put_back(room):
    member = room.assign()
    room.port.wait()
    room.port.write(b"answer" * 100)
    room.port.ready(0)
    whole = bytes(room.target.mem)
    for at in range(0, len(whole) - 64, 64):
        room.put(at, bytes(64))
        member.mend(at % 128 == 0)
        room.put(*member.due_piece(bytearray(mailbox.ACK)))
        room.port.ready(0)
        status = room.status(member)
        assert status[0] == 1 and status[4] == 600
        at_out = member.base + mailbox.OUT_AT
        out = room.target.mem[at_out : at_out + 600 + mailbox.TRAILER]
        assert mailbox.sound(out, member.key) and out[:600] == b"answer" * 100
        assert bytes(room.target.mem[: mailbox.JOIN]) == whole[: mailbox.JOIN]


def test_an_answer_stays_until_it_is_acknowledged_and_the_next_waits(room):
    member = room.assign()
    room.port.wait()
    room.port.write(b"one")
    room.port.ready(0)
    assert room.status(member)[:1] == (1,) and room.status(member)[3] & mailbox.OFFERS
    waits = []

    def acknowledge(us):
        waits.append(us)
        if len(waits) == 3:
            member.got = 1
            room.put(*member.due_piece(bytearray(mailbox.ACK)))

    room.target.wait = acknowledge
    room.port.write(b"two")
    room.port.ready(0)
    assert len(waits) == 3 and room.status(member)[0] == 2


def test_the_attention_line_says_what_is_wanted():
    levels = []
    room = Room()
    room.port = Processor(room.target, unique(1), 0x1234, levels.append, clock=room.world.milliseconds)
    room.port._begin(None, mailbox.NEWCOMERS)
    assert levels == [True]  # an address
    member = room.assign()
    room.port.wait()
    assert levels == [True, False]
    room.port.write(b"x")
    room.port.ready(0)
    assert levels[2:] == [True]
    member.got = 1
    room.put(*member.due_piece(bytearray(mailbox.ACK)))
    room.port.ready(0)
    assert levels[3:] == [False]


LINES = ("STUCK_SDA", "STUCK_SCL", "STUCK_LINE", "NO_PULLUPS", "WEAK_PULLUPS", "TOO_FAST")
BOARDS = ("TWO_ON_ADDRESS", "TWO_CONTROLLERS", "NO_CONTROLLER", "NOBODY", "NOISY", "FULL", "NO_MEMORY")


@pytest.mark.parametrize("name", LINES + BOARDS)
def test_every_code_has_a_sentence(name):
    code = getattr(mailbox, name)
    for detail in (0, 1, "1", 0x20):
        text = trouble_on_bus.sentence(code, detail)
        assert len(text) > 20 and "%s" not in text and "code" not in text
        assert not re.search(r"\.(?!\d)", text), "one sentence, without a full stop"
    over = trouble_on_bus.sentence(mailbox.MENDED, code)
    assert over.startswith("this is over: ") and len(over) < 80 and ("%s" not in over or name == "TOO_FAST")  # that is never over


def test_every_reason_has_words():
    names = ("SILENT", "REBOOTED", "RELEASED", "CLASHED", "YIELDED", "BROKEN")
    assert set(trouble_on_bus.REASONS) == {getattr(mailbox, name) for name in names}


def test_the_residue_is_that_of_any_crc():
    data = bytearray(b"anything at all....")
    for key in (0, 1, 0xFFFFFFFF, crc32(b"a key")):
        mailbox.seal(data, key)
        assert mailbox.sound(data, key) and not mailbox.sound(data, key ^ 1)
