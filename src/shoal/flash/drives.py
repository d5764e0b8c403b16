"""The drives that Picos in their bootloaders are: found by their INFO_UF2.TXT, and by where they are plugged in on Linux.

Every Pico's drive has the same name, so only the place in the USB tree says which board it is.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shoal.flash.chips import BOARD_IDS

INFO = "INFO_UF2.TXT"
_MOUNTS, _BLOCKS, _VOLUMES = Path("/proc/self/mounts"), Path("/sys/class/block"), Path("/Volumes")
_PLACE = re.compile(r"/(\d+-[\d.]+):\d[^/]*/host")  # the interface of the USB device that a disk is behind
_OCTAL = re.compile(r"\\([0-7]{3})")  # how /proc/mounts writes a blank
_MOUNT_WITHIN_S = 10


@dataclass(frozen=True)
class Drive:
    """A drive of a bootloader. `chip`: what its INFO_UF2.TXT names, or ""; `place`: "1-1.4", or "" where nobody knows."""

    folder: Path
    chip: str
    place: str
    model: str


def drives(mounts: Path = _MOUNTS, blocks: Path = _BLOCKS) -> list[Drive]:
    """The drives that are mounted now."""
    if sys.platform == "darwin":
        return [drive for folder in sorted(_VOLUMES.glob("*")) if (drive := at(folder))]
    found = []
    for device, folder in _mounted(mounts):
        if drive := at(folder, place(device, blocks)):
            found.append(drive)
    return found


def at(folder: Path, plugged: str = "") -> Drive | None:
    """The drive in a folder, or None."""
    try:
        text = (folder / INFO).read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    board = facts.get("Board-ID", "").strip()
    return Drive(folder, BOARD_IDS.get(board, ""), plugged, facts.get("Model", board).strip())


def place(device: str, blocks: Path = _BLOCKS) -> str:
    """Where in the USB tree a disk such as "sda1" is plugged in, or ""."""
    found = _PLACE.search(os.path.realpath(blocks / device) + "/")
    return found[1] if found else ""


def mount(plugged: str, blocks: Path = _BLOCKS, mounts: Path = _MOUNTS) -> None:
    """Mount the disk that is plugged in there, if nothing did that. Without udisks it stays as it is."""
    taken = {device for device, _ in _mounted(mounts)}
    for disk in sorted(blocks.glob("sd*"), key=lambda disk: -len(disk.name)):  # the partition, sda1, before sda
        if place(disk.name, blocks) == plugged and not any(device.startswith(disk.name[:3]) for device in taken):
            command = ["udisksctl", "mount", "--no-user-interaction", "-b", f"/dev/{disk.name}"]
            try:
                subprocess.run(command, capture_output=True, timeout=_MOUNT_WITHIN_S, check=False)
            except (OSError, subprocess.TimeoutExpired):
                return


def _mounted(mounts: Path) -> list[tuple[str, Path]]:
    """Disk ("sda1") and folder of everything that is mounted from a disk."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    pairs = [line.split()[:2] for line in lines if line.startswith("/dev/")]
    return [(Path(device).name, Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), folder))) for device, folder in pairs]
