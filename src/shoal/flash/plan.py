"""Which firmware goes to which board, by which tool, or why none does. Pure; nothing is guessed.

A board gets the one file that is for its chip. If several are, the one that was built for this very board; if that does not
decide either, none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shoal.flash.chips import is_esp
from shoal.flash.firmware import Firmware
from shoal.flash.targets import Target


@dataclass(frozen=True)
class Step:
    """What shall happen to one board. `refusal`: why nothing; `firmware` and `tool` are None and "" then.

    `current`: nothing, because it runs that very firmware. `lane`: steps of the same lane take turns, "" goes beside all others.
    """

    target: Target
    firmware: Firmware | None
    tool: str
    refusal: str = ""
    lane: str = ""
    current: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "where": self.target.where,
            "name": self.target.name,
            "chip": self.target.chip,
            "machine": self.target.machine,
            "now": self.target.now,
            "file": str(self.firmware.path) if self.firmware else None,
            "new": self.firmware.title if self.firmware else None,
            "version": self.firmware.version if self.firmware else None,
            "tool": self.tool or None,
            "refusal": self.refusal or None,
        }


def plan(targets: Iterable[Target], files: Sequence[Firmware], *, other_board: bool, again: bool) -> list[Step]:
    """A step for each target. `other_board`: firmware of another board with the same chip will do; `again`: the same one too."""
    return [_step(target, files, other_board=other_board, again=again) for target in targets]


def _step(target: Target, files: Sequence[Firmware], *, other_board: bool, again: bool) -> Step:
    firmware, refusal = _choose(target, files, other_board)
    if firmware is None:
        return Step(target, None, "", refusal)
    if not again and firmware.version and target.now.endswith(f" {firmware.version}") and target.machine == firmware.machine:
        return Step(target, None, "", f"it runs {firmware.version} already; --again writes it anyway", current=True)
    if is_esp(target.chip):
        return Step(target, firmware, "esptool")
    # Two Picos in their bootloaders look the same unless the system says where each is plugged in.
    return Step(target, firmware, "mpflash", lane="" if target.is_drive or target.place else "bootloader")


def _choose(target: Target, files: Sequence[Firmware], other_board: bool) -> tuple[Firmware | None, str]:
    if target.trouble:
        return None, target.trouble
    if not target.chip:
        return None, "its chip is not known; name it with --chip, if you know it"
    fitting = [file for file in files if file.chip == target.chip]
    if not fitting:
        given = ", ".join(f"{file.path.name} is for {file.chip}" for file in files)
        return None, f"no file for {target.chip}: {given}"
    exact = [file for file in fitting if target.machine and file.machine == target.machine]
    if len(exact) == 1:
        return exact[0], ""
    if len(exact or fitting) > 1:
        names = ", ".join(file.path.name for file in exact or fitting)
        return None, f"more than one file is for it ({names}); name one"
    if target.machine and fitting[0].machine and not other_board:
        file = fitting[0]
        return None, f"it is a {target.machine}, and {file.path.name} is for a {file.machine}; --other-board writes it anyway"
    return fitting[0], ""
