"""The pseudo-terminal of an emulated board: every byte, no more than there is room for, and what a pulled cable looks like."""

import asyncio
import os
import select

import pytest

from shoal.emulated.port import Port
from shoal.usb.serial import PortFacts, open_link

EVERY_BYTE = bytes(range(256)) * 40


class Board:
    """A port, and what the host has sent to it."""

    def __init__(self):
        self.port = Port(asyncio.get_running_loop(), self._take)
        self.received = b""
        self.limit = 1 << 30
        self.port.plug()

    def _take(self, data):
        self.received += data
        if len(self.received) >= self.limit:
            self.port.pause()


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come about in 5 s")


def read(link):
    """All that has come."""
    data, buffer = b"", bytearray(65536)
    while (count := link.receive_into(memoryview(buffer))) > 0:
        data += buffer[:count]
    return data


async def from_board(board, link, data):
    heard = b""
    for at in range(0, len(data), 1000):
        await until(board.port.has_room)
        board.port.send(data[at : at + 1000])
        heard += read(link)
    for _ in range(200):
        if len(heard) >= len(data):
            break
        await asyncio.sleep(0.005)
        heard += read(link)
    return heard


def test_every_byte_passes_unchanged_both_ways():
    async def talk():
        board = Board()
        link = open_link(PortFacts(board.port.path))
        rest = memoryview(EVERY_BYTE)
        while rest:
            rest = rest[link.send(rest) :]
            await asyncio.sleep(0)
        await until(lambda: len(board.received) >= len(EVERY_BYTE))
        heard = await from_board(board, link, EVERY_BYTE)
        link.close()
        board.port.unplug()
        return board.received, heard

    received, heard = asyncio.run(talk())
    assert received == EVERY_BYTE
    assert heard == EVERY_BYTE


def test_what_nobody_reads_is_limited_and_not_lost():
    async def flood():
        board = Board()
        link = open_link(PortFacts(board.port.path))
        sent = b""
        for number in range(1000):
            if not board.port.has_room():
                break
            sent += bytes([number & 255]) * 1000
            board.port.send(sent[-1000:])
        else:
            raise AssertionError("a megabyte found room")
        heard = b""
        for _ in range(1000):
            heard += read(link)
            if len(heard) == len(sent):
                break
            await asyncio.sleep(0.005)
        assert board.port.has_room()
        link.close()
        board.port.unplug()
        return sent, heard

    sent, heard = asyncio.run(flood())
    assert heard == sent


def test_a_board_that_takes_nothing_holds_the_host_back():
    async def stuff():
        board = Board()
        board.limit = 1
        link = open_link(PortFacts(board.port.path))
        taken = 0
        while select.select([], [link], [], 0.2)[1]:
            taken += link.send(memoryview(bytes(4096)))
            await asyncio.sleep(0)
            assert taken < 1 << 20
        kept = len(board.received)
        board.limit = 1 << 30
        board.port.resume()
        await until(lambda: len(board.received) == taken)
        link.close()
        board.port.unplug()
        return kept

    assert asyncio.run(stuff()) <= 4096


def test_a_pulled_cable_is_the_end_for_the_host_and_a_new_port_for_the_next():
    async def pull():
        board = Board()
        link = open_link(PortFacts(board.port.path))
        board.port.unplug()
        assert link.receive_into(memoryview(bytearray(10))) == -1
        assert link.send(memoryview(b"x")) == -1
        board.port.send(b"nobody hears this")
        assert board.port.path == ""
        link.close()
        board.port.plug()
        again = open_link(PortFacts(board.port.path))
        assert await from_board(board, again, b"here again") == b"here again"
        again.close()
        board.port.unplug()

    asyncio.run(pull())


def test_a_new_port_is_read_whatever_the_old_one_held_back():
    """A board that is reset forgets what it was sent, and never asks for more of it."""

    async def reset():
        board = Board()
        board.port.pause()
        board.port.unplug()
        board.port.plug()
        link = open_link(PortFacts(board.port.path))
        link.send(memoryview(b"hello"))
        await until(lambda: board.received == b"hello")
        link.close()
        board.port.unplug()

    asyncio.run(reset())


def test_a_host_that_opens_and_closes_again_disturbs_nothing():
    async def visit():
        board = Board()
        for number in range(5):
            link = open_link(PortFacts(board.port.path))
            link.send(memoryview(b"%d" % number))
            await until(lambda: len(board.received) > number)  # noqa: B023
            link.close()
        board.port.unplug()
        return board.received

    assert asyncio.run(visit()) == b"01234"


@pytest.mark.parametrize("times", [1, 100])
def test_no_descriptor_is_left(times):
    async def replug():
        board = Board()
        before = len(os.listdir("/dev/fd"))
        for _ in range(times):
            board.port.plug()
        assert len(os.listdir("/dev/fd")) == before
        board.port.unplug()
        board.port.unplug()

    asyncio.run(replug())
