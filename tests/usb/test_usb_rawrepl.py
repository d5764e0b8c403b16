"""The raw REPL's state machine: every exchange, cut into pieces anywhere; and whatever is on a line instead of MicroPython."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repl_model import BANNER, ReplModel

from shoal.usb.rawrepl import KINDS, Done, NotMicroPython, Output, Prompt, RawRepl

CODE = b"print(1)\n" * 60
GOOD = (b"1\r\n" * 60, b"")
BAD = (b"", b'Traceback (most recent call last):\r\n  File "<stdin>", line 1\r\nNameError: name\r\n')
WINDOWS = st.integers(1, 300)
NOISE = st.binary(max_size=60).filter(lambda data: not re.search(rb"raw REPL|R[\x00\x01]|CircuitPython", data))


def talk(machine, model, cut, rounds=4000):
    """Let both talk until nobody has anything to say; `cut(n)`: how many of n bytes arrive at once."""
    events = []
    for _ in range(rounds):
        sent = machine.take()
        answer = model.feed(sent)
        if not sent and not answer:
            return events
        while answer:
            count = cut(len(answer))
            events += machine.receive(answer[:count])
            answer = answer[count:]
    raise AssertionError("they talk for ever")


def enter(machine, model, cut=lambda n: n):
    machine.enter()
    events = talk(machine, model, cut)
    while not events:
        events = machine.expired() + talk(machine, model, cut)
    return events


def run(machine, model, code, cut=lambda n: n):
    machine.run(code)
    events = talk(machine, model, cut)
    return b"".join(event.data for event in events if isinstance(event, Output)), events[-1]


@pytest.mark.parametrize("paste", ["yes", "no", "never"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_code_runs_however_the_answers_are_cut(paste, data):
    window = data.draw(WINDOWS)
    noise = data.draw(NOISE)
    model = ReplModel({CODE: GOOD, b"x": BAD}, paste, window, noise=noise)
    machine = RawRepl()
    chance = data.draw(st.randoms(use_true_random=False))
    cut = lambda n: chance.randint(1, min(n, 40))  # noqa: E731
    assert enter(machine, model, cut) == [Prompt()]
    assert run(machine, model, CODE, cut) == (GOOD[0], Done(""))
    output, done = run(machine, model, b"x", cut)
    assert (output, done.error.splitlines()[-1]) == (b"", "NameError: name")
    assert run(machine, model, b"", cut) == (b"", Done(""))
    assert model.ran == [CODE, b"x", b"\n"]
    assert machine.ready


@given(window=st.integers(1, 65535), size=st.integers(1, 3000))
def test_no_more_is_sent_than_there_are_windows_for(window, size):
    machine = RawRepl()
    machine.enter()
    machine.take()
    machine.receive(BANNER)
    machine.run(b"a" * size)
    assert machine.take() == b"\x05A\x01"
    machine.receive(b"R\x01" + window.to_bytes(2, "little"))
    sent = machine.take()
    assert len(sent.rstrip(b"\x04")) == min(size, window)
    machine.receive(b"\x01")
    assert len((sent + machine.take()).rstrip(b"\x04")) == min(size, 2 * window)


def test_a_board_that_stops_reading_is_told_the_end_and_heard_out():
    """A syntax error: the compiler gives up in the middle of the paste."""
    machine = RawRepl()
    machine.enter()
    machine.take()
    machine.receive(BANNER)
    machine.run(b"def (" + b" " * 500)
    machine.take()
    machine.receive(b"R\x01\x20\x00\x01")
    assert len(machine.take()) == 64
    assert machine.receive(b"\x04") == []
    assert machine.take() == b"\x04"
    assert machine.receive(b"\x04SyntaxError: invalid syntax\r\n\x04>") == [Done("SyntaxError: invalid syntax")]


@pytest.mark.parametrize("busy", [1, 2, 3, 20, 3000])
def test_a_program_that_runs_gives_way_to_enough_ctrl_c(busy):
    assert enter(RawRepl(), ReplModel({}, busy=busy)) == [Prompt()]


def test_a_banner_that_comes_late_is_not_taken_for_an_answer():
    """A slow board answers the first attempt after the second was made: then there are two."""
    machine = RawRepl()
    machine.enter()
    machine.take()
    machine.expired()
    machine.take()
    assert machine.receive(BANNER) == [Prompt()]
    machine.run(b"x")
    machine.take()
    assert machine.receive(b"\r\n" + BANNER + b"R\x01\x20\x00\x01") == []
    assert machine.take() == b"x\x04"
    assert machine.receive(b"\x04out\x04\x04>") == [Output(b"out"), Done("")]


def test_silence_when_asked_for_raw_paste_means_a_plain_paste():
    machine = RawRepl()
    machine.enter()
    machine.take()
    machine.receive(BANNER)
    machine.run(b"x" * 300)
    machine.take()
    machine.expired()
    sent = b""
    while piece := machine.take():
        assert len(piece) <= 130
        sent += piece
    assert sent == b"\x03" + b"x" * 300 + b"\x04"
    assert machine.receive(b"OKfine\x04\x04>") == [Output(b"fine"), Done("")]


def test_a_soft_reset_ends_at_either_prompt():
    machine = RawRepl()
    machine.enter()
    machine.take()
    machine.receive(BANNER)
    machine.soft_reset()
    assert machine.take() == b"\x04"
    assert machine.receive(b"OK\r\nMPY: soft reboot\r\n" + BANNER) == [Prompt()]
    machine.soft_reset()
    machine.take()
    assert machine.receive(b"OK\r\nMicroPython v1.24\r\n>>> ") == []
    assert machine.take().endswith(b"\x01")
    assert machine.receive(b"\r\n" + BANNER) == [Prompt()]


HEARD = [
    (b"\r\nAdafruit CircuitPython 9.2.1 on 2024-11-20; Raspberry Pi Pico with rp2040\r\n>>> ", "circuitpython"),
    (b"Auto-reload is off.\r\nPress any key to enter the REPL. Use CTRL-D to reload.\r\n", "circuitpython"),
    (b"\r\nAdafruit CircuitPython 9.2.1; Pico\r\n>>> " + BANNER, "circuitpython"),
    (b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n", "gps"),
    (b"\x80\xff,N*5B\r\n$GNRMC,092725.00,A,4717.11399,N,00833.91590,E,0.004,77.52,091202,,,A*57\r\n", "gps"),
    (b"AT\r\r\nOK\r\n", "modem"),
    (b"\r\nERROR\r\n", "modem"),
    (b"rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n", "esp-bootloader"),
    (b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST)\r\ninvalid header: 0xffffffff\r\n" * 9, "esp-bootloader"),
    (b"\r\n>>> \r\n>>> ", "stuck-prompt"),
    (b"", "silent"),
    (b"\x03\x03\x01", "silent"),
    (b"temperature 21.5\r\n" * 500, "garbage"),
    (bytes(range(128, 256)) * 40, "garbage"),
]


@pytest.mark.parametrize(("heard", "kind"), HEARD)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_is_not_micropython_is_named(heard, kind, size):
    machine = RawRepl()
    machine.enter()
    events = []
    for start in range(0, len(heard), size):
        machine.take()
        events += machine.receive(heard[start : start + size])
    for _ in range(10):
        if events:
            break
        machine.take()
        events = machine.expired()
    assert [type(event) for event in events] == [NotMicroPython]
    assert events[0].kind == kind
    assert len(events[0].heard) <= 1000
    assert KINDS[kind]


PIECES = st.sampled_from([BANNER, b"R\x01\x10\x00", b"\x04", b"\x01", b">", b"OK", None])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=200), PIECES)))
def test_nothing_that_comes_upsets_it(pieces):
    """None: nothing came for a while. It ends in some event or waits; it never raises, and keeps no more than it may."""
    machine = RawRepl()
    machine.enter()
    for piece in pieces:
        machine.take()
        events = machine.expired() if piece is None else machine.receive(piece)
        if any(isinstance(event, NotMicroPython) for event in events):
            machine.enter()
        elif machine.ready:
            machine.run(b"print(1)" * 9)
        assert len(machine._heard) <= 2000
        assert len(machine._new) <= 4500
