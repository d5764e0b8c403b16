"""Which firmware an emulated board runs, and whether it can: told before anything is started.

An image is what `firmware=` of the spec names, else the environment variable of its kind of board, else what the emulator fetches
for those who have a network. A UF2 file says for which chip it is, and MicroPython's image for which board.
"""

import os
import re
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from shoal.emulated import starting
from shoal.errors import LinkError, UsageError

VARIABLES = {"pico": "SHOAL_PICO_FIRMWARE", "pico_w": "SHOAL_PICOW_FIRMWARE"}
_TITLES = {"pico": "Pico", "pico_w": "Pico W"}
_BLOCK = 512
_HEAD = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_HAS_FAMILY = 0x2000
_RP2040 = 0xE48BFF56  # family id, as registered for UF2
_MACHINE = re.compile(rb"Raspberry Pi (Pico[ \w]*?) with (RP\d+)")
_FETCH_WITHIN_S = 300


def find(kind: str, given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The image for boards of `kind`, checked; `given`: what the spec says.

    Raises UsageError for a file that is missing or wrong, LinkError if one has to be fetched and cannot be.
    """
    source = "firmware="
    if given is None:
        source = VARIABLES[kind]
        given = environ.get(source) or None
    if given is not None:
        image = Path(given).expanduser()
        check(image, kind, f"{source} names")
    else:
        image = _fetch(kind)
        check(image, kind, "the emulator fetched")
    return image.absolute()


def check(image: Path, kind: str, source: str) -> None:
    """Raises UsageError unless a board of `kind` can run the image; `source`: who says so, for the message."""
    try:
        data = image.read_bytes()
    except OSError as error:
        raise UsageError(f"{source} {image}, which cannot be read: {error.strerror}. {_advice(kind)}") from None
    blocks = [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)]
    if not data.startswith(struct.pack("<2I", *_MAGIC)):
        raise UsageError(f"{source} {image}, which is no UF2 file. {_advice(kind)}")
    heads = [_HEAD.unpack_from(block) for block in blocks if len(block) == _BLOCK]
    if len(heads) != len(blocks) or {head[:2] for head in heads} != {_MAGIC} or len(heads) < heads[0][6]:
        raise UsageError(f"{source} {image}, which is damaged or not complete; delete it and get it again. {_advice(kind)}")
    families = {head[7] for head in heads if head[2] & _HAS_FAMILY}
    payload = b"".join(block[_HEAD.size : _HEAD.size + head[4]] for block, head in zip(blocks, heads, strict=True))
    machine = _MACHINE.search(payload)
    if (families and _RP2040 not in families) or (machine and machine[2] != b"RP2040"):
        raise UsageError(f"{source} {image}, which is for another chip; the emulator models the RP2040 only. {_advice(kind)}")
    made_for = machine[1].decode() if machine else _TITLES[kind]
    if made_for != _TITLES[kind]:
        raise UsageError(f"{source} {image}, which is for the {made_for}, not for the {_TITLES[kind]}. {_advice(kind)}")


def _fetch(kind: str) -> Path:
    """Let the emulator find or download it, in a process of its own."""
    print(f"shoal: no firmware= and no ${VARIABLES[kind]}; asking the emulator for one", file=sys.stderr)
    command, environ = starting.program("fetch", kind)
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=_FETCH_WITHIN_S)
        reason = done.stderr.strip().rpartition("\n")[2]
    except subprocess.TimeoutExpired:
        done, reason = None, f"nothing came within {_FETCH_WITHIN_S} s"
    if done:
        for line in done.stdout.splitlines():
            if line.startswith("image "):
                return Path(line.removeprefix("image "))
    raise LinkError(f"there is no firmware for emulated boards, and none can be fetched here ({reason}). {_advice(kind)}")


def _advice(kind: str) -> str:
    return (
        f"Get MicroPython for the {_TITLES[kind]} (a .uf2 file, version 1.22 or later) from MicroPython's download page, and "
        f"name it in the spec, emulated:1x{kind.replace('_', '')}?firmware=FILE.uf2, or in ${VARIABLES[kind]}"
    )
