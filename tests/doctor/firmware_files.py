"""Makes firmware files with the headers of real ones, and drives such as a Pico's bootloader is."""

import struct
import threading
import time
from pathlib import Path

PICO = "Raspberry Pi Pico with RP2040"
RP2040, RP2350, ANY = 0xE48BFF56, 0xE48BFF59, 0xE48BFF57
INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi {model}\r\nBoard-ID: {board}\r\n"


def banner(version="v1.28.0", machine=PICO):
    return f"\0MicroPython {version} on 2026-01-02\0; {machine}\0".encode()


def block(payload, number, total, family=RP2040, flags=0x2000):
    head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, flags, 0x10000000 + 256 * number, 256, number, total, family)
    return head + payload.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def uf2(content=b"", family=RP2040, blocks=40, before=b""):
    """A UF2 file with the content across its blocks; `before`: other blocks in front."""
    parts = [content[at : at + 256] for at in range(0, len(content), 256)]
    parts += [b""] * (blocks - len(parts))
    return before + b"".join(block(part.ljust(256, b"\0"), number, len(parts), family) for number, part in enumerate(parts))


def esp(chip_id=9, content=b"", start=0, partitions=True):
    """An image for an ESP32: header, partition table, content."""
    data = bytearray(b"\xff" * 0x9000)
    data[0] = 0xE9
    data[12:14] = struct.pack("<H", chip_id)
    data[0x100 : 0x100 + len(content)] = content
    if partitions:
        data[0x8000 - start : 0x8002 - start] = b"\xaa\x50"
    return bytes(data)


def drive(folder: Path, board="RPI-RP2", model="RP2"):
    folder.mkdir(parents=True)
    (folder / "INFO_UF2.TXT").write_text(INFO.format(board=board, model=model))
    return folder


class Bootloaders:
    """Do to drives what bootloaders do: as soon as a whole file is there, the drive is gone."""

    def __init__(self, *folders, size):
        self._folders = folders
        self._size = size
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *ended):
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.is_set():
            for folder in self._folders:
                if any(file.stat().st_size >= self._size for file in folder.glob("*.uf2")):
                    (folder / "INFO_UF2.TXT").unlink(missing_ok=True)
            time.sleep(0.02)
