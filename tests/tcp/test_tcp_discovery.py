"""Announcing and finding boards by multicast DNS, on the loopback interface only."""

import secrets
import time

import pytest

from shoal.tcp import discovery

LOOPBACK = ["127.0.0.1"]
NAME = "shoal-" + secrets.token_hex(4)  # others may run these tests on this computer now
PORT = 1024 + secrets.randbelow(60_000)

pytestmark = pytest.mark.skipif(not discovery.AVAILABLE, reason="zeroconf is not installed")


@pytest.fixture(scope="module")
def announcement():
    announcement = discovery.Announcement(NAME, "127.0.0.1", PORT, LOOPBACK)
    yield announcement
    announcement.close()


def test_an_announced_board_is_found_with_its_port(announcement):
    end = time.monotonic() + 15  # an answer is not repeated within a second, and somebody else may just have asked
    while ("127.0.0.1", PORT) not in discovery.announced(1.5, LOOPBACK):
        assert time.monotonic() < end, "it was not found"


def test_the_name_of_a_board_becomes_its_address(announcement):
    assert discovery.resolve(NAME + ".local", 15, LOOPBACK) == "127.0.0.1"


def test_a_name_that_nobody_has_is_not_found(announcement):
    assert discovery.resolve(NAME + "0.local", 0.3, LOOPBACK) is None


def test_other_names_are_left_to_the_system():
    assert discovery.resolve("example.invalid", 60, LOOPBACK) is None
