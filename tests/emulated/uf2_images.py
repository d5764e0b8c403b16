"""UF2 files for tests: made here, of a few instructions, so that a board can run without any firmware at hand."""

import struct

MAGIC, MAGIC_END = (0x0A324655, 0x9E5D5157), 0x0AB16F30
RP2040, RP2350 = 0xE48BFF56, 0xE48BFF59
PICO = b"\x00" * 300 + b"Raspberry Pi Pico with RP2040\0" + b"\xff" * 200  # how MicroPython's image names its board
PICO_W = PICO.replace(b"Pi Pico with", b"Pi Pico W with")

SLEEPER = struct.pack("<2H", 0xBF30, 0xE7FD)  # again: wfi; b again
BROKEN = struct.pack("<2H", 0xDE00, 0xE7FD)  # udf


def uf2(payload: bytes, family: int = RP2040, blocks: int = 0) -> bytes:
    """A UF2 file that loads `payload` to the beginning of flash; `blocks`: how many it claims to have, 0 for the truth."""
    parts = [payload[at : at + 256].ljust(256, b"\0") for at in range(0, len(payload), 256)]
    image = b""
    for number, part in enumerate(parts):
        head = struct.pack("<8I", *MAGIC, 0x2000, 0x10000000 + 256 * number, 256, number, blocks or len(parts), family)
        image += head + part.ljust(476, b"\0") + struct.pack("<I", MAGIC_END)
    return image
