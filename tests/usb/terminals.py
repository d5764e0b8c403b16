"""What a person at a terminal sees and types, for tests: a serial port by hand."""

import contextlib
import os
import re
import select
import time

from shoal.usb.serial import PortFacts, open_link

PROMPT = b">>> "


class Terminal:
    """A port, opened as a terminal program would."""

    def __init__(self, path):
        self.link = open_link(PortFacts(str(path)))
        self.seen = b""

    def type(self, data):
        while data:
            data = data[os.write(self.link.fileno(), data) :]

    def until(self, wanted, seconds=5, typing=b""):
        """Wait until this has come; returns all up to its end. `typing`: what an impatient person types meanwhile."""
        end = time.monotonic() + seconds
        while not (found := re.search(wanted, self.seen, re.DOTALL)):
            left = end - time.monotonic()
            assert left > 0, f"waited for {wanted!r}, saw {self.seen[-500:]!r}"
            self.type(typing)
            if select.select([self.link.fileno()], [], [], min(left, 0.2) if typing else left)[0]:
                try:
                    self.seen += os.read(self.link.fileno(), 4096)
                except BlockingIOError:
                    pass
        text, self.seen = self.seen[: found.end()], self.seen[found.end() :]
        return text

    def close(self):
        self.link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def expression(path, text, patience=1.0):
    """What a board prints for an expression at its friendly prompt. Typed again if the board was restarting and lost it."""
    with Terminal(path) as terminal:
        for _ in range(8):
            terminal.type(b"\x03")
            terminal.until(PROMPT, 5 * patience)
            terminal.type(b"print('<<', %s, '>>')" % text.encode())
            with contextlib.suppress(AssertionError):
                terminal.until(b"'>>'\\)", patience)  # its echo: the prompt has taken it
                terminal.type(b"\r")
                return terminal.until(rb"\n<< .*? >>", 10 * patience).decode().rpartition("<< ")[2].removesuffix(" >>")
    raise AssertionError(f"{path} did not answer")


def write_file(path, name, size=0, text=""):
    """Write a file of so many zero bytes, or a text, onto a board's flash."""
    code = f"f = open({name!r}, 'wb'); f.write(bytes({size}) + {text.encode()!r}); f.close()"
    expression(path, f"exec({code!r})")
