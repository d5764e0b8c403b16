"""What a virtual board runs, as a folder of compiled modules; made once in a process, removed at its end."""

import functools
from pathlib import Path

import shoal_board

_ONBOARD = Path(__file__).with_name("onboard")
_AGENT = Path(shoal_board.__file__).parent


@functools.cache
def path() -> str:
    """The import path of a virtual board, separated by colons."""
    return f"{_ONBOARD}:{_AGENT.parent}"


def boot_script() -> str:
    """The script that a virtual board starts with."""
    return str(_ONBOARD / "boot.py")
