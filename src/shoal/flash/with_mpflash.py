"""Flashes one RP2040 or RP2350 with mpflash, in a process of its own. The only file that imports mpflash.

mpflash alone would copy to whichever bootloader's drive it finds first. With several boards that is a game of chance, so which
drive belongs to the board is decided here, by its place in the USB tree; mpflash gets the board there, and the file onto it.
"""

import contextlib
import os
import select
import sys
from pathlib import Path

from mpflash.bootloader.registry import get_activator
from mpflash.errors import MPFlashError
from mpflash.flash.builtins.uf2 import copy_firmware_to_uf2
from mpflash.mpremoteboard import MPRemoteBoard

from shoal import clock
from shoal.flash import drives
from shoal.flash.reporting import FlashError, Job, Report, serve

_ACTIVATOR = "mpy"  # machine.bootloader(); mpflash's own order ends in asking a person
_ENTER_WITHIN_S = 15
_DRIVE_WITHIN_S = 20.0
_MOUNT_AFTER_S = 4.0  # desktops mount it by then
_TAKEN_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.2


def flash(job: Job, report: Report) -> str:
    """Copy the file to the board's drive; the bootloader checks each block, writes it, and starts it."""
    if job.erase:
        raise FlashError("mpflash does not erase a Pico's flash; copy the vendor's flash_nuke.uf2 to it first")
    folder = Path(job.where) if job.is_drive else _enter(job, report)
    drive = drives.at(folder)
    if drive is None:
        raise FlashError(f"{folder} is no drive of a bootloader (any more); hold BOOTSEL while plugging the board in")
    if drive.chip and drive.chip != job.chip:
        raise FlashError(f"the bootloader says {drive.chip}, and the file is for {job.chip}; nothing was written")
    report.stage("copying")
    try:
        written = copy_firmware_to_uf2(Path(job.file), folder)
        with contextlib.suppress(OSError), open(written, "rb") as file:  # it restarts as soon as it has everything
            os.fsync(file.fileno())
    except OSError as error:
        if drives.at(folder):
            raise FlashError(f"copying to {folder} failed: {error.strerror or error}") from error
    report.stage("waiting for it to start")
    _wait_until_gone(folder)
    return job.version


def _enter(job: Job, report: Report) -> Path:
    """Get the board into its bootloader, and find its drive."""
    before = {drive.folder for drive in drives.drives()}
    report.stage("starting its bootloader")
    board = MPRemoteBoard(job.where)
    board.port = "rp2"
    activator = get_activator(_ACTIVATOR)
    try:
        if activator is None or not activator.activate(board, timeout=_ENTER_WITHIN_S):
            raise FlashError("it did not start its bootloader; hold BOOTSEL while plugging it in, and flash the drive")
    except MPFlashError as error:
        raise FlashError(f"it did not start its bootloader: {error}") from error
    report.stage("waiting for its drive")
    begun, mounted = clock.now(), False
    while (waited := clock.now() - begun) < _DRIVE_WITHIN_S:
        for drive in drives.drives():
            if drive.place == job.place if job.place else drive.folder not in before:
                return drive.folder
        if waited > _MOUNT_AFTER_S and job.place and not mounted:
            mounted = True
            drives.mount(job.place)
        _pause()
    raise FlashError(
        "its drive did not appear; where nothing mounts drives itself, install udisks2, or mount it by hand and name its folder"
    )


def _wait_until_gone(folder: Path) -> None:
    """A bootloader leaves when it has taken everything. One that stays did not like the file."""
    begun = clock.now()
    while drives.at(folder):
        if clock.now() - begun > _TAKEN_WITHIN_S:
            raise FlashError(f"the bootloader took the file and did not start it; {folder} is still there")
        _pause()


def _pause() -> None:
    select.select((), (), (), _LOOK_EVERY_S)


if __name__ == "__main__":
    sys.exit(serve(flash))
