"""Finds what can be flashed: boards on ports, and Picos that are drives."""

from pathlib import Path

from shoal import catalog
from shoal.doctor import ports, usbtree
from shoal.doctor.facts import Port
from shoal.flash import drives
from shoal.flash.chips import chip
from shoal.flash.targets import Target

_UNFIT = {"gps": "it is a GPS receiver", "modem": "it is a modem"}


def look(words: tuple[str, ...], chosen: str) -> list[Target]:
    """The targets that words name: ports, folders of drives, names of boards; with none, everything that is plugged in.

    `chosen`: the chip that the user names for boards that do not tell it, or "". Boards that run MicroPython are interrupted.
    """
    folders = [word for word in words if Path(word).is_dir()]
    others = [word for word in words if word not in folders]
    found = _all_drives() if not words else [_folder(word) for word in folders]
    if others or not words:
        found += [_port(port, chosen) for port in _named(ports.look(others), others)]
    return found


def _all_drives(tree: Path = usbtree.SYS) -> list[Target]:
    """The drives that are mounted, and the bootloaders whose drives are not."""
    mounted = drives.drives()
    found = [_drive(drive) for drive in mounted]
    chips = catalog.fact("faults.bootloader.usb_ids").value
    for device in usbtree.devices(tree):
        if device.id in chips and not any(drive.place in ("", device.where) for drive in mounted):
            trouble = "its drive is not mounted: mount it and name its folder, or install udisks2, which mounts drives"
            found.append(Target(f"USB {device.where}", True, chip(chips[device.id]), "a bootloader", trouble=trouble))
    return found


def _named(looked: tuple[Port, ...], words: list[str]) -> list[Port]:
    """The ports that were meant: those whose path, name or unique id was given."""
    if not words:
        return list(looked)
    meant = []
    for word in words:
        fits = [port for port in looked if word in (port.device, port.name, port.board.unique_id if port.board else "")]
        meant += fits or [Port(word, refused="gone", reason=f"no port and no board is called {word}")]
    return meant


def _folder(word: str) -> Target:
    drive = drives.at(Path(word))
    if drive is None:
        return Target(word, True, "", "", trouble=f"{word} is no drive of a bootloader: it has no {drives.INFO}")
    return _drive(drive)


def _drive(drive: drives.Drive) -> Target:
    return Target(str(drive.folder), True, drive.chip, f"the bootloader of a {drive.model}", place=drive.place)


def _port(port: Port, chosen: str) -> Target:
    if port.refused:
        return Target(port.device, False, "", "", trouble=port.reason)
    if port.kind in _UNFIT:
        return Target(port.device, False, "", "", trouble=f"{_UNFIT[port.kind]}, no board")
    board = port.board
    if board is None:
        return Target(port.device, False, chosen, "nothing that answers", place=port.place)
    version = ".".join(map(str, board.version))
    now = f"{'MicroPython' if board.implementation == 'micropython' else board.implementation} v{version}"
    return Target(port.device, False, chip(board.machine) or chosen, now, board.machine, port.name, port.place)
