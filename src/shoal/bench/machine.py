"""The computer a report was made on, in words: what a reader needs to compare figures with their own."""

import os
import platform
import subprocess
from datetime import date
from pathlib import Path

from shoal import Cluster
from shoal.errors import ShoalError, UsageError


def describe(spec: str) -> dict[str, str]:
    """Processor, cores, memory, system, Python, what runs on the boards of `spec`, and the date.

    Raises `UsageError` if the spec is wrong; boards that do not come up are described as such.
    """
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{gigabytes:.0f} GiB",
        "system": _system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "boards": _firmware(spec),
        "date": date.today().isoformat(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model"):
                return value.strip()
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return platform.machine()


def _system() -> str:
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]} on {platform.machine()}"
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, {platform.system()} {platform.release()} on {platform.machine()}"


def _firmware(spec: str) -> str:
    try:
        with Cluster(spec) as cluster:
            return ", ".join(sorted({board.firmware for board in cluster.boards}))
    except UsageError:
        raise
    except ShoalError as error:
        return f"something that did not answer ({error})"
