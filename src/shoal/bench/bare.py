"""The same firmware without the agent: what its prompt, a bare `readinto` and a bare `write` reach."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

from shoal import clock
from shoal.emulated import firmware
from shoal.emulated.starting import Appeared, Emulator
from shoal.errors import ShoalError
from shoal.spec import Spec
from shoal.usb.repl import Repl
from shoal.usb.serial import PortFacts, open_link

_UNIQUE_ID = "5ba2" + 12 * "f"
_PATIENCE = 60.0
_UP_WITHIN_S = 60.0
_HEAP = "import gc\ngc.collect()\nprint(gc.mem_free())"
# The first byte is read alone: it wakes the board, which then finds the rest on its way.
_READ = """
import micropython, sys
block = memoryview(bytearray(%d))
micropython.kbd_intr(-1)
print("ready")
count = sys.stdin.buffer.readinto(block[:1])
while count < len(block):
    count += sys.stdin.buffer.readinto(block[count:])
micropython.kbd_intr(3)
print(sum(block))
"""
_WRITE = """
import sys
block = memoryview(bytes(%d))
while block:
    block = block[sys.stdout.buffer.write(block) or 0 :]
"""


class Bare:
    """An emulated board at its prompt."""

    def __init__(self, repl: Repl) -> None:
        self._repl = repl

    def heap(self) -> int:
        """Bytes free after a collection."""
        self._repl.soft_reset()
        return int(self._repl.run(_HEAP, "asking for the heap"))

    def read(self, block: bytes) -> None:
        """Have the board read a block and no more. Raises ShoalError if it got another one."""

        def said(data: bytes) -> None:
            if b"ready" in data:
                self._repl.send(block)

        answer = self._repl.run(_READ % len(block), "a bare read", said)
        if int(answer.split()[-1]) != sum(block):
            raise ShoalError("the bare read got other bytes than were sent")

    def write(self, count: int) -> None:
        """Have the board write zeros and no more."""
        if len(self._repl.run(_WRITE % count, "a bare write")) != count:
            raise ShoalError("the bare write did not bring all its bytes")


@contextmanager
def board(spec: Spec) -> Iterator[Bare]:
    """The first board of an emulated spec, for as long as the block lasts."""
    kind = spec.groups[0].kind
    given = spec.options["firmware"]
    image = firmware.find(kind, None if given is None else str(given), os.environ)
    emulator = Emulator(kind, image, _UNIQUE_ID, str(spec.options["pace"]))
    try:
        link = open_link(PortFacts(_port(emulator)))
        try:
            repl = Repl(link, "the bare board", _PATIENCE)
            repl.enter()
            yield Bare(repl)
        finally:
            link.close()
    finally:
        emulator.kill()
        emulator.wait()


def _port(emulator: Emulator) -> str:
    end = clock.now() + _UP_WITHIN_S
    while clock.now() < end:
        select.select([emulator], [], [], 1.0)
        for news in emulator.news():
            if isinstance(news, Appeared):
                return news.path
    raise ShoalError(f"the bare board did not come up within {_UP_WITHIN_S:.0f} s")
