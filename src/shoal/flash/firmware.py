"""What a firmware file is, told from its bytes and never from its name: chip, MicroPython's version, the board it was built for.

Raises UsageError for whatever would leave a board without firmware: a cut-off file, an image without its bootloader.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path

from shoal.errors import UsageError
from shoal.flash.chips import ESP_IDS, ESP_START, UF2_ANY, UF2_FAMILIES, chip

SUFFIXES = (".uf2", ".bin")
_LARGEST = 32 * 1024 * 1024  # bytes: more than the flash of any board here
_BLOCK = 512
_UF2_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_HAS_FAMILY, _NOT_MAIN = 0x2000, 0x0001
_ESP_MAGIC, _PARTITIONS_MAGIC, _PARTITIONS_AT = 0xE9, b"\xaa\x50", 0x8000
# py/mpconfig.h: the banner is two texts, the version and "; " with the machine; CircuitPython has one.
_VERSION = re.compile(rb"MicroPython (?:\(with v2\.0 preview\) )?(v\d+\.[!-~]+) on \d{4}-\d\d-\d\d")
_MACHINE = re.compile(rb"\0; ([ -~]{3,80} with [ -~]{3,40})\0")
_CIRCUIT = re.compile(rb"Adafruit CircuitPython ([!-~]+) on ")


@dataclass(frozen=True)
class Firmware:
    """One firmware file. `version`: "v1.28.0", or "" where the file is not MicroPython or does not say; `machine`: likewise."""

    path: Path
    chip: str
    version: str
    machine: str
    size: int

    @property
    def title(self) -> str:
        """For people."""
        name = f"MicroPython {self.version}" if self.version else "firmware that is not MicroPython"
        return f"{name} for {self.machine or self.chip}"


def read(path: Path) -> Firmware:
    """The firmware in a file. Raises UsageError that says what is wrong with it."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{path} has more than {_LARGEST // 1024 // 1024} MB; that is no firmware of a small board")
    if data[:4] == struct.pack("<I", _UF2_MAGIC[0]):
        found, payload = _uf2(path, data)
    elif data[:1] == bytes([_ESP_MAGIC]):
        found, payload = _esp(path, data), data
    else:
        raise UsageError(f"{path} is neither a UF2 file nor an image for an ESP32; take the .uf2 or .bin file for your board")
    if circuit := _CIRCUIT.search(payload):
        raise UsageError(f"{path} is CircuitPython {circuit[1].decode()}, which Shoal cannot use; take MicroPython's file")
    version, machine = _VERSION.search(payload), _MACHINE.search(payload)
    named = machine[1].decode() if machine else ""
    if named and chip(named) not in ("", found):
        raise UsageError(f"{path} contradicts itself: its header says {found}, and inside it is for {named}")
    return Firmware(path, found, version[1].decode() if version else "", named, len(data))


def read_all(paths: list[Path]) -> list[Firmware]:
    """The firmware in files, and in all .uf2 and .bin files of folders. Raises UsageError."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.suffix in SUFFIXES]
            if not inside:
                raise UsageError(f"there is no .uf2 or .bin file in {path}")
            files += inside
        else:
            files.append(path)
    once = {file.resolve(): file for file in files}  # a file that was named twice is one file
    return [read(file) for file in once.values()]


def _uf2(path: Path, data: bytes) -> tuple[str, bytes]:
    """The chip, and what will lie in flash. Every block is looked at: a download that broke off is found here."""
    if len(data) % _BLOCK:
        raise UsageError(f"{path} is cut off: {len(data)} bytes are no whole number of UF2 blocks; download it again")
    chips: set[str] = set()
    payload = bytearray()
    count: dict[int, tuple[int, int]] = {}  # family -> blocks that it should have, and has
    for start in range(0, len(data), _BLOCK):
        first, second, flags, _, length, _, total, family = struct.unpack_from("<8I", data, start)
        (last,) = struct.unpack_from("<I", data, start + _BLOCK - 4)
        if (first, second, last) != _UF2_MAGIC or length > 476:
            raise UsageError(f"{path}: block {start // _BLOCK} is damaged; download it again")
        if not flags & _HAS_FAMILY:
            raise UsageError(f"{path} does not say for which chip it is (no UF2 family id), and Shoal does not guess")
        count[family] = (total, count.get(family, (0, 0))[1] + 1)
        if family != UF2_ANY:
            if family not in UF2_FAMILIES:
                raise UsageError(f"{path} is for a chip that Shoal does not know (UF2 family {family:#010x})")
            chips.add(UF2_FAMILIES[family])
        if not flags & _NOT_MAIN:
            payload += data[start + 32 : start + 32 + length]
    for total, got in count.values():
        if got < total:
            raise UsageError(f"{path} is cut off: {got} of its {total} blocks are there; download it again")
    if len(chips) != 1:
        raise UsageError(f"{path} is for {' and '.join(sorted(chips)) or 'no chip in particular'}; take the file for one chip")
    return chips.pop(), bytes(payload)


def _esp(path: Path, data: bytes) -> str:
    if len(data) < 24:
        raise UsageError(f"{path} is cut off: it has only {len(data)} bytes")
    machine = _MACHINE.search(data)
    if machine and chip(machine[1].decode()) == "esp8266":
        return "esp8266"  # its header is older and has no chip id
    number = struct.unpack_from("<H", data, 12)[0]
    if number not in ESP_IDS:
        raise UsageError(f"{path} is for a chip that Shoal does not know (Espressif's number {number})")
    name = ESP_IDS[number]
    at = _PARTITIONS_AT - ESP_START.get(name, 0)
    if data[at : at + 2] != _PARTITIONS_MAGIC:
        raise UsageError(f"{path} is an update without bootloader and partitions (.app-bin?); take the whole image, .bin")
    return name
