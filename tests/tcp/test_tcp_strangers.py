"""What a board says and does to those who have no key, or break what they have. Real boards: processes of both interpreters."""

import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tcp_boards import KEY, WRONG, Board, Raw, echoes, enter, memory, plain, rest

import interpreters
from shoal.links import tcp
from shoal_board import secure

GROWTH = 600  # bytes of heap that may differ between two moments of a board that holds nothing more


@pytest.fixture(scope="module", params=interpreters.NAMES)
def board(request):
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    board = Board(request.param)
    yield board
    board.close()


@pytest.fixture
def flat(board):
    """After the test the owner is served, and the board has no more on its heap than before."""
    owner = enter(board.port)
    before = memory(owner)
    owner.close()
    yield
    owner = enter(board.port)
    assert echoes(owner), "the owner is not served any more"
    assert memory(owner) <= before + GROWTH
    owner.close()


def guess(port):
    """One try to get in without the key; returns what was said to it, after the answer to its greeting."""
    with plain(port) as connection:
        connection.sendall(secure.Handshake(True).greeting())
        answer = connection.recv(secure.ANSWER, socket.MSG_WAITALL)
        assert len(answer) == secure.ANSWER
        connection.sendall(bytes(16))
        return rest(connection)


def test_the_board_never_speaks_first(board, flat):
    with plain(board.port) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: shoal\r\n\r\n",
        b"\xff" * 4096,
        bytes(22),
        b"shoal\x02" + bytes(16),
        b"\x16\x03\x01\x02\x00" + bytes(500),
    ],
    ids=["http", "ones", "zeros", "version", "tls"],
)
def test_garbage_is_told_the_refusal_and_nothing_else(board, flat, data):
    with plain(board.port) as connection:
        connection.sendall(data)
        assert rest(connection) in (secure.REFUSED, b"")  # a reset may overtake it


def test_a_wrong_proof_is_told_the_refusal_and_nothing_else(board, flat):
    assert guess(board.port) == secure.REFUSED


def test_the_answer_to_a_greeting_tells_nothing_that_stays(board, flat):
    """Its 32 bytes are new each time, so they neither name the board nor let it be followed."""
    answers = set()
    greeting = secure.Handshake(True).greeting()
    for _ in range(5):
        with plain(board.port) as connection:
            connection.sendall(greeting)
            answer = connection.recv(secure.ANSWER, socket.MSG_WAITALL)
            answers |= {answer[:16], answer[16:]}
    assert len(answers) == 10


def test_a_host_without_the_key_does_not_even_try(board, flat):
    with pytest.raises(tcp.NotLetIn) as failure:
        tcp.let_in(plain(board.port), [WRONG, KEY[::-1]], 5)
    assert failure.value.why == "key"


def test_a_host_with_many_keys_finds_the_right_one(board):
    keys = [bytes([number]) * 32 for number in range(100)] + [KEY]
    index, link = tcp.let_in(plain(board.port), keys, 10)
    assert index == 100 and echoes(link)
    link.close()


# --- records ------------------------------------------------------------------------------------

COMMAND = b"e\x03\x00abc"


def broken(port, data):
    """Whether a host that sends this after its handshake is hung up on without an answer."""
    host = Raw(port)
    host.connection.sendall(data(host))
    said = rest(host.connection)
    host.close()
    return said == b""


def test_records_as_they_should_be_are_answered(board, flat):
    host = Raw(board.port)
    host.connection.sendall(host.record(COMMAND[:2]) + host.record(COMMAND[2:]))
    assert host.open(host.read(21)) == b"abc"
    host.close()


@pytest.mark.parametrize("announced", [b"\xff\xff\xff\xff", b"\xa3\x05"], ids=["4 GB", "one too many"])
def test_a_record_that_is_announced_too_long_is_refused_at_once(board, flat, announced):
    assert broken(board.port, lambda host: announced)


def test_an_altered_record_is_refused(board, flat):
    def altered(host):
        record = bytearray(host.record(COMMAND))
        record[3] ^= 1
        return record

    assert broken(board.port, altered)


def test_a_record_that_came_before_its_turn_is_refused(board, flat):
    assert broken(board.port, lambda host: [host.record(b"e"), host.record(COMMAND)][1])


def test_a_truncated_record_is_never_read(board, flat):
    def truncated(host):
        record = host.record(COMMAND)
        return struct.pack("<H", len(COMMAND) - 1) + record[2:-17] + record[-16:]

    assert broken(board.port, truncated)


def test_a_replayed_record_is_refused(board, flat):
    host = Raw(board.port)
    record = host.record(COMMAND)
    host.connection.sendall(record)
    assert host.open(host.read(21)) == b"abc"
    host.connection.sendall(record)
    assert rest(host.connection) == b""
    host.close()


def test_a_reflected_record_is_refused(board, flat):
    host = Raw(board.port)
    host.connection.sendall(host.record(COMMAND))
    host.connection.sendall(host.read(21))
    assert rest(host.connection) == b""
    host.close()


def test_a_replayed_session_is_refused(board, flat):
    host = Raw(board.port)
    record = host.record(COMMAND)
    host.connection.sendall(record)
    assert host.open(host.read(21)) == b"abc"
    host.close()
    with plain(board.port) as connection:
        connection.sendall(host.handshake.greeting())
        answer = connection.recv(secure.ANSWER, socket.MSG_WAITALL)
        assert answer != host.answer
        connection.sendall(host.handshake.proof() + record)
        assert rest(connection) in (secure.REFUSED, b"")


# --- many, and slow ones ------------------------------------------------------------------------


def come_and_go(port, number):
    """One of many who want nothing good."""
    try:
        with socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.%d" % (2 + number % 5), 0)) as connection:
            if number % 3 == 1:
                connection.sendall(secure.Handshake(True).greeting())
            elif number % 3:
                connection.sendall(b"let me in, let me in!!")
                rest(connection)
        return True
    except OSError:
        return False


def test_ten_thousand_unauthenticated_connections(board, flat):
    came = sum([come_and_go(board.port, number) for number in range(10_000)])
    assert came > 5_000, "most never reached the board, so this proved nothing"


def test_hundreds_at_a_time_that_stay(board, flat):
    with ThreadPoolExecutor(50) as pool:
        connections = list(pool.map(lambda number: quiet(board.port, number), range(300)))
    assert sum(connection is not None for connection in connections) > 50
    for connection in connections:
        if connection:
            connection.close()


def quiet(port, number):
    """A connection that says nothing, or half a greeting, and stays."""
    try:
        connection = socket.create_connection(("127.0.0.1", port), 1, ("127.0.0.%d" % (2 + number % 5), 0))
        if number % 2:
            connection.sendall(b"shoal\x01half")
        return connection
    except OSError:
        return None


def test_slow_strangers_do_not_keep_the_owner_out(board, flat):
    """They hold all places at the door, and more wait behind them."""
    strangers = [connection for number in range(12) if (connection := quiet(board.port, number))]
    begin = time.monotonic()
    owner = enter(board.port)
    assert echoes(owner) and time.monotonic() - begin < 10
    owner.close()
    for connection in strangers:
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("board", ["micropython"], indirect=True)
def test_a_stranger_is_hung_up_on_after_a_while(board, flat):
    with plain(board.port) as connection:
        connection.sendall(secure.Handshake(True).greeting())
        begin = time.monotonic()
        assert len(rest(connection)) == secure.ANSWER
        assert 4 < time.monotonic() - begin < 15


@pytest.mark.slow
@pytest.mark.parametrize("board", ["micropython"], indirect=True)
def test_guessing_gets_slower_and_does_not_keep_the_owner_out(board, flat):
    begin = time.monotonic()
    for _ in range(5):
        assert guess(board.port) == secure.REFUSED
    assert time.monotonic() - begin > 0.1 + 0.2 + 0.4 + 0.8, "each wrong proof doubles the delay"
    begin = time.monotonic()
    owner = enter(board.port)  # 1.6 s are left to wait
    assert echoes(owner) and time.monotonic() - begin < 10
    owner.close()
    begin = time.monotonic()
    enter(board.port).close()
    assert time.monotonic() - begin < 1.0, "the right key ends the delay"


def test_strangers_do_not_disturb_the_owner_at_work(board, flat):
    owner = enter(board.port)
    strangers = [quiet(board.port, number) for number in range(20)]
    for _ in range(50):
        assert echoes(owner, bytes(5000))
    for connection in filter(None, strangers):
        connection.close()
    owner.close()
