"""A serial port keeps the promises of a link, all but one: what a terminal has not read when it is unplugged is gone with it."""

import os
import pty
import select
import tty

import pytest

from shoal.usb.agentlink import AgentLink
from shoal.usb.serial import PortFacts, open_link

DATA = bytes(range(251)) * 1000


@pytest.fixture(params=["port", "agent"])
def ends(request):
    """A link, and the descriptor of the other end of its terminal."""
    end, theirs = pty.openpty()
    tty.setraw(theirs)
    link = open_link(PortFacts(os.ttyname(theirs)))
    os.close(theirs)
    yield (AgentLink(link) if request.param == "agent" else link), end
    link.close()
    try:
        os.close(end)
    except OSError:  # a test did
        pass


def receive(link, size=4096):
    buffer = bytearray(size)
    count = link.receive_into(memoryview(buffer))
    return count, bytes(buffer[: max(0, count)])


def readable(link):
    return bool(select.select([link.fileno()], [], [], 1)[0])


def test_nothing_to_read_is_not_the_end(ends):
    link, end = ends
    for _ in range(3):
        assert receive(link) == (0, b"")
    os.write(end, b"abcdefgh")
    assert readable(link)
    assert [receive(link, 3) for _ in range(4)] == [(3, b"abc"), (3, b"def"), (2, b"gh"), (0, b"")]


def test_every_byte_passes_both_ways(ends):
    link, end = ends
    every = bytes(range(256)) * 4
    os.write(end, every)
    came = b""
    while len(came) < len(every):
        assert readable(link)
        came += receive(link)[1]
    assert came == every
    assert link.send(memoryview(every)) == len(every)
    assert os.read(end, 4096) == every


def test_a_full_line_takes_a_part_or_nothing_and_never_blocks(ends):
    link, end = ends
    sent, refused, came = 0, 0, b""
    while sent < len(DATA):
        count = link.send(memoryview(DATA)[sent:])
        assert count >= 0
        sent += count
        if not count:
            refused += 1
            came += os.read(end, 65536)
    while len(came) < len(DATA):
        came += os.read(end, 65536)
    assert came == DATA
    assert refused


def test_the_end_is_seen_and_stays(ends):
    link, end = ends
    os.close(end)
    assert readable(link)
    assert [receive(link)[0] for _ in range(2)] == [-1, -1]
    assert link.send(memoryview(b"hello?")) == -1


FAILED = b"\x04\x04Traceback (most recent call last):\r\n  File ...\r\nMemoryError: no room\r\n\x04>"
BANNER = b'MicroPython v1.28.0 on 2026-04-01; Raspberry Pi Pico with RP2040\r\nType "help()" for more information.\r\n>>> '
ENDINGS = {
    FAILED: "its agent ended with MemoryError: no room",
    b"MPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>": "it was reset",
    BANNER: "it was reset",
}
NO_ENDINGS = [b"x" * 100 + b">>> ", b"raw REPL; CTRL-B to exit\r\n> and so on", b"\x04>", b"Traceback (most recent call ", b"> "]


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("ends", ["agent"], indirect=True)
def test_a_prompt_in_place_of_the_agent_is_the_end(ends, size):
    """In whatever pieces it comes; and what only looks like one goes through."""
    link, end = ends
    for text in NO_ENDINGS:
        os.write(end, text)
        assert readable(link)
        assert receive(link)[1] == text
    for text, why in ENDINGS.items():
        link._tail, link.why_ended = b"", ""
        for start in range(0, len(text), size):
            os.write(end, text[start : start + size])
            assert readable(link)
            count, _ = receive(link)
        assert count == -1
        assert link.why_ended == why


def test_a_port_is_opened_once(ends):
    link, _ = ends
    path = os.ttyname(link.fileno())
    with pytest.raises(OSError, match="in use by this program itself"):
        open_link(PortFacts(path))
