"""What may hang on a serial port instead of a board: a pseudo-terminal at whose other end somebody talks."""

import contextlib
import os
import pty
import select
import threading
import tty

NMEA = (
    b"$GPGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*5B\r\n"
    b"$GPGSA,A,3,23,29,07,08,09,18,26,28,,,,,1.94,1.18,1.54*0D\r\n"
)
CIRCUITPYTHON = b"\r\n\r\nAdafruit CircuitPython 9.1.1 on 2024-07-22; Raspberry Pi Pico with rp2040\r\n>>> "
LOOP = (
    b"ets Jul 29 2019 12:21:46\r\n\r\n"
    b"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n"
)
BROWNOUT = b"\r\nBrownout detector was triggered\r\n\r\n" + LOOP
GARBAGE = bytes(range(128, 256)) * 2


@contextlib.contextmanager
def saying(text, *, every_s=0.1, only_after=b"", answers=()):
    """The path of a port that says a text again and again, or only as an answer to certain bytes: (asked, answer) pairs."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    ended = threading.Event()

    def say(what):
        with contextlib.suppress(BlockingIOError):  # nobody listens now
            os.write(ours, what)

    def talk():
        heard = b""
        while not ended.is_set():
            if text and not only_after:
                say(text)
            if select.select([ours], [], [], every_s)[0]:
                heard += os.read(ours, 4096)
                if only_after and only_after in heard:
                    heard = b""
                    say(text)
                for asked, answer in answers:
                    if asked in heard:
                        heard = b""
                        say(answer)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        ended.set()
        thread.join()
        os.close(ours), os.close(theirs)
