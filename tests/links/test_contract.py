"""What `shoal.links.Link` promises, checked on every link. A new link joins by one line in LINKS."""

import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shoal.links.noisy import NoisyLink
from shoal.links.pipe import PipeLink
from shoal.links.tcp import let_in
from shoal_board import secure

CALM = 1e-12  # noise that never comes, so that what is promised of order and amounts can be seen
MEGABYTE = bytes(range(251)) * 4178  # 251 is prime: a piece that is lost or doubled shifts what follows


def pipe():
    ours, theirs = socket.socketpair()
    return PipeLink(ours), theirs


def calm():
    link, theirs = pipe()
    return NoisyLink(link, CALM, seed=1), theirs


class BoardEnd:
    """A socket's methods on the board's end of an authenticated session."""

    def __init__(self, connection, handshake):
        self.connection = connection
        self.handshake = handshake
        self.sender = secure.Sender()
        self.sender.seal = handshake.outwards

    def sendall(self, data):
        while data:
            data = data[self.sender.put(data) :]
            self.connection.sendall(self.sender.record())

    def recv(self, size):
        """The bytes of one record, however many."""
        head = self.connection.recv(2, socket.MSG_WAITALL)
        if not head:
            return b""
        record = head + self.connection.recv(secure.record_size(head) - 2, socket.MSG_WAITALL)
        return bytes(self.handshake.inwards.open(record))

    def settimeout(self, seconds):
        self.connection.settimeout(seconds)

    def close(self):
        self.connection.close()


def tcp():
    key = bytes(32)
    ours, theirs = socket.socketpair()
    handshake = secure.Handshake(False)
    with ThreadPoolExecutor(1) as pool:
        link = pool.submit(let_in, ours, [key], 5)
        theirs.sendall(handshake.answer(theirs.recv(handshake.expects, socket.MSG_WAITALL), key))
        assert handshake.proves(theirs.recv(handshake.expects, socket.MSG_WAITALL))
        theirs.sendall(handshake.verdict(True))
        return link.result()[1], BoardEnd(theirs, handshake)


LINKS = {"pipe": pipe, "noisy": calm, "tcp": tcp}


@pytest.fixture(params=LINKS)
def ends(request):
    """A link, and the socket that is its other end."""
    link, end = LINKS[request.param]()
    end.settimeout(5)
    yield link, end
    link.close()
    end.close()


def receive(link, size=65536):
    """One read of the link: its answer, and the bytes."""
    buffer = bytearray(size)
    count = link.receive_into(memoryview(buffer))
    return count, bytes(buffer[: max(0, count)])


def receive_all(link, count):
    """So many bytes, whatever the pieces."""
    data = b""
    end = time.monotonic() + 5
    while len(data) < count and time.monotonic() < end:
        data += receive(link)[1]
    return data


def exchange(link, end, data):
    """Send it all through the link while the other end reads; returns what came, and how often nothing was taken."""
    came, sent, refused = b"", 0, 0
    view = memoryview(data)
    while sent < len(data):
        count = link.send(view[sent:])
        assert 0 <= count <= len(data) - sent
        sent += count
        if not count:
            refused += 1
            came += end.recv(300_000)
    while len(came) < len(data):
        came += end.recv(300_000)
    return came, refused


def test_a_link_says_what_it_is(ends):
    link, _ = ends
    assert link.name and isinstance(link.name, str)
    assert link.lossy in (True, False)


def test_nothing_to_read_is_0_at_once(ends):
    link, _ = ends
    begin = time.monotonic()
    assert receive(link) == (0, b"")
    assert time.monotonic() - begin < 0.5


def test_bytes_come_in_order(ends):
    link, end = ends
    for piece in (b"a", b"bc" * 500, bytes(range(256))):
        end.sendall(piece)
    assert receive_all(link, 1257) == b"a" + b"bc" * 500 + bytes(range(256))


def test_a_small_buffer_takes_what_fits_and_the_rest_stays(ends):
    link, end = ends
    end.sendall(b"abcdefgh")
    assert [receive(link, 3) for _ in range(4)] == [(3, b"abc"), (3, b"def"), (2, b"gh"), (0, b"")]


def test_fileno_tells_when_there_is_something(ends):
    link, end = ends
    with selectors.DefaultSelector() as selector:
        selector.register(link.fileno(), selectors.EVENT_READ)
        assert not selector.select(0)
        end.sendall(b"x")
        assert selector.select(5)
        receive(link)
        assert not selector.select(0)
        end.close()
        assert selector.select(5), "the end of a link is something too"


def test_a_full_link_takes_a_part_or_nothing_and_never_blocks(ends):
    link, end = ends
    data = bytearray(MEGABYTE)
    came, refused = exchange(link, end, data)
    assert came == MEGABYTE
    assert refused, "the link was never full, so this proved nothing"
    assert data == MEGABYTE, "the sender's bytes are the sender's"


def test_both_ways_at_once(ends):
    link, end = ends
    link.send(memoryview(b"question"))
    end.sendall(b"answer")
    assert end.recv(100) == b"question"
    assert receive_all(link, 6) == b"answer"


def test_the_end_comes_after_the_last_byte_and_stays(ends):
    link, end = ends
    end.sendall(b"last words")
    end.close()
    assert receive_all(link, 10) == b"last words"
    assert [receive(link)[0] for _ in range(2)] == [-1, -1]
    assert link.send(memoryview(b"hello?")) == -1


def test_an_end_that_leaves_without_reading_is_an_end(ends):
    link, end = ends
    link.send(memoryview(b"never read"))
    end.close()
    assert receive(link)[0] == -1
    assert link.send(memoryview(b"hello?")) == -1


def test_close_is_seen_at_the_other_end(ends):
    link, end = ends
    link.close()
    assert end.recv(100) == b""


# --- noise --------------------------------------------------------------------------------------


def noisy(noise, seed):
    link, end = pipe()
    end.settimeout(5)
    return NoisyLink(link, noise, seed), end


def through(noise, seed, size=100_000):
    """What a megabyte's beginning becomes on its way out and on its way in, and how many bytes the link says it flipped."""
    data = MEGABYTE[:size]
    link, end = noisy(noise, seed)
    outwards = exchange(link, end, data)[0]
    inwards = b""
    for at in range(0, size, 10_000):
        end.sendall(data[at : at + 10_000])
        inwards += receive_all(link, 10_000)
    link.close()
    end.close()
    assert len(outwards) == len(inwards) == size, "noise neither adds nor takes bytes"
    return outwards, inwards, link.flipped


def differing(ours, theirs):
    return sum(one != other for one, other in zip(ours, theirs, strict=True))


def test_a_link_with_noise_says_that_it_is_lossy():
    link, end = noisy(0.01, 1)
    assert link.lossy and link.name == "pipe"
    link.close()
    end.close()


def test_the_same_seed_damages_the_same_bytes():
    assert through(0.01, seed=5) == through(0.01, seed=5)
    assert through(0.01, seed=5) != through(0.01, seed=6)


@pytest.mark.parametrize("noise", [0.001, 0.01, 0.1])
def test_about_the_right_share_is_damaged_each_way(noise):
    size = 100_000
    outwards, inwards, flipped = through(noise, seed=7)
    out, back = differing(outwards, MEGABYTE[:size]), differing(inwards, MEGABYTE[:size])
    expected, spread = size * noise, (size * noise * (1 - noise)) ** 0.5
    assert abs(out - expected) < 5 * spread
    assert abs(back - expected) < 5 * spread
    assert flipped == out + back


@pytest.mark.parametrize("noise", [0, 1, -0.1, 1.5, float("nan")])
def test_noise_is_a_probability(noise):
    link, end = pipe()
    with pytest.raises(ValueError, match="probability"):
        NoisyLink(link, noise, seed=1)
    link.close()
    end.close()
