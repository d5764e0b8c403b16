"""Hosts that hold the key: one at a time, gone with and without a word, and a board that calls its host. Real boards."""

import os
import select
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tcp_boards import KEY, WRONG, Board, Raw, echoes, enter, free_port, plain, receive, send

import interpreters
from shoal.links import tcp

FOREVER_S = 20


@pytest.fixture(scope="module", params=interpreters.NAMES)
def board(request):
    why_not = interpreters.missing(request.param)
    if why_not:
        pytest.skip(why_not)
    board = Board(request.param)
    yield board
    board.close()


def test_hosts_come_and_go(board):
    for _ in range(30):
        link = enter(board.port)
        assert echoes(link, bytes(100))
        link.close()


def test_much_both_ways(board):
    link = enter(board.port)
    data = bytes(range(256)) * 200
    assert echoes(link, data)
    send(link, b"w" + struct.pack("<H", 2000))
    assert receive(link, 2000 * 1024) == bytes(2000 * 1024)
    link.close()


def test_a_second_host_is_told_that_the_board_is_busy(board):
    owner = enter(board.port)
    assert echoes(owner)
    other = plain(board.port)

    def refused():
        with pytest.raises(tcp.NotLetIn) as failure:
            tcp.let_in(other, [KEY], 10)
        return failure.value.why

    assert during(refused, owner) == "busy"
    assert echoes(owner), "the first host is served on"
    owner.close()


def during(work, link):
    """Do it while a host attends to its link, as the driver does."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        while not future.done():
            if select.select([link.fileno()], [], [], 0.05)[0]:
                assert link.receive_into(memoryview(bytearray(100))) == 0
        return future.result()


def test_the_system_asks_whether_a_silent_board_is_there(board):
    """A board that lost its power says nothing, and neither does a host that waits for an answer."""
    link = enter(board.port)
    with socket.socket(fileno=os.dup(link.fileno())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            options = [getattr(socket, name) for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")]
            idle, every, times = [same.getsockopt(socket.IPPROTO_TCP, option) for option in options]
            assert idle == 5 and idle + every * times == 15, "as docs/network.md says"
    link.close()


def test_a_host_that_stopped_in_the_middle_of_a_record_is_gone(board):
    host = Raw(board.port)
    host.connection.sendall(host.record(b"e\x03\x00abc")[:9])
    host.close()
    link = enter(board.port)
    assert echoes(link)
    link.close()


def test_a_host_that_ends_while_the_board_works(board):
    first = enter(board.port)
    send(first, b"s")
    first.close()
    second = enter(board.port)  # waits until the board has slept its second
    assert echoes(second), "nothing that was for the first host goes to the second"
    second.close()


@pytest.mark.slow
@pytest.mark.parametrize("board", ["micropython"], indirect=True)
def test_a_host_that_vanished_without_a_word_makes_room_for_the_next(board):
    """Its connection stays open and says nothing: what a computer that lost its power looks like."""
    vanished = enter(board.port)
    assert echoes(vanished)
    begin = time.monotonic()
    owner = enter(board.port)
    assert 3 < time.monotonic() - begin < FOREVER_S
    assert echoes(owner)
    vanished.close()
    owner.close()


@pytest.mark.slow
@pytest.mark.parametrize("board", ["micropython"], indirect=True)
def test_a_host_that_does_not_read_makes_room_for_the_next(board):
    stuck = enter(board.port)
    send(stuck, b"w" + struct.pack("<H", 60_000))  # more than the system takes for a reader that sleeps
    # As long as the system takes more for it, the board has reason to think that it is there.
    owner = enter(board.port, again=("ended", "busy"))
    assert echoes(owner)
    stuck.close()
    owner.close()


def test_a_stranger_does_not_make_the_board_doubt_its_host(board):
    owner = enter(board.port)
    with pytest.raises(tcp.NotLetIn):
        tcp.let_in(plain(board.port), [WRONG], 10)
    time.sleep(0.3)
    assert not select.select([owner.fileno()], [], [], 0)[0], "the host was asked something"
    owner.close()


# --- boards that call ---------------------------------------------------------------------------


@pytest.fixture
def called():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(FOREVER_S)
        yield listener


def test_a_board_that_calls_is_served_and_calls_again(interpreter, called):
    board = Board(interpreter, where="127.0.0.1:%d" % called.getsockname()[1])
    for _ in range(2):
        link = tcp.let_in(called.accept()[0], [WRONG, KEY], 10)[1]
        assert echoes(link)
        link.close()
    board.close()


def test_a_board_that_calls_a_computer_without_its_key_does_nothing_for_it(interpreter, called):
    board = Board(interpreter, where="127.0.0.1:%d" % called.getsockname()[1])
    with pytest.raises(tcp.NotLetIn) as failure:
        tcp.let_in(called.accept()[0], [WRONG], 10)
    assert failure.value.why == "key"
    board.close()


def test_a_board_calls_until_somebody_is_there(interpreter):
    port = free_port()
    board = Board(interpreter, where=f"127.0.0.1:{port}")
    time.sleep(0.7)
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(FOREVER_S)
        assert echoes(tcp.let_in(listener.accept()[0], [KEY], 10)[1])
    board.close()
