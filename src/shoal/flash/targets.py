"""What firmware can be written to: a board on a port, or the drive that a Pico in its bootloader is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`where`: a port, or the folder of a drive; `chip`: "" if nobody knows; `now`: what runs there, for people;
    `machine`: the board's name for itself, or ""; `place`: where it is plugged in ("1-1.4"), or "" if the system does not say;
    `trouble`: why it cannot be reached, or "".
    """

    where: str
    is_drive: bool
    chip: str
    now: str
    machine: str = ""
    name: str = ""
    place: str = ""
    trouble: str = ""
