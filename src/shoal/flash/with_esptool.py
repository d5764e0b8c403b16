"""Flashes one ESP32 or ESP8266 with esptool, in a process of its own. The only file that imports esptool."""

import sys
from typing import Any

import esptool
from esptool import cmds
from esptool.logger import TemplateLogger, log

from shoal.flash.chips import chip
from shoal.flash.reporting import FlashError, Job, Report, serve

_ATTEMPTS = 3  # to get into the bootloader
_BAUD = 460_800  # what MicroPython's own instructions use; boards with USB of their own do not mind


def flash(job: Job, report: Report) -> str:
    """Write the whole image. esptool checks that image and chip fit, and reads back what it wrote."""
    log.set_logger(_Progress(report))
    report.stage("waiting for its bootloader")
    try:
        with cmds.detect_chip(port=job.where, connect_attempts=_ATTEMPTS) as found:
            if chip(found.CHIP_NAME) != job.chip:
                raise FlashError(f"the chip says that it is an {found.CHIP_NAME}, not an {job.chip}; nothing was written")
            esp = cmds.run_stub(found)
            esp.change_baud(_BAUD)
            if job.erase:
                report.stage("erasing")
                cmds.erase_flash(esp)
            report.stage("writing", 0.0)
            size = "detect" if job.chip == "esp8266" else "keep"
            cmds.write_flash(esp, [(esp.BOOTLOADER_FLASH_OFFSET, job.file)], flash_size=size, compress=True)
            cmds.reset_chip(esp)
    except (esptool.FatalError, OSError) as error:
        raise FlashError(str(error)) from error
    return job.version


class _Progress(TemplateLogger):  # type: ignore[misc]
    """esptool's words go to standard error, its progress to the report."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def print(self, *args: Any, **kwargs: Any) -> None:
        """A line, or a part of one."""
        print(*args, file=sys.stderr)

    note = warning = error = print

    def stage(self, finish: bool = False) -> None:
        """esptool folds its lines; nobody sees them here."""

    def progress_bar(self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30) -> None:
        """So much is written."""
        self._report.stage("writing", cur_iter / max(1, total_iters))

    def set_verbosity(self, verbosity: str) -> None:
        """All of it."""


if __name__ == "__main__":
    sys.exit(serve(flash))
