"""A serial port as a link: the only file that imports pyserial.

A port is opened for this program alone, and an error names who holds it, or what permission is missing. Nothing blocks.
"""

import contextlib
import errno
import fcntl
import getpass
import grp
import os
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import serial
from serial.tools import list_ports

from shoal.errors import LinkError

BAUD = 115200  # of UART bridges; native USB has no rate
BRIDGES = {0x10C4: "CP210x", 0x1A86: "CH340", 0x0403: "FTDI", 0x067B: "Prolific"}  # USB vendors: a UART lies behind them


class PortBusyError(LinkError):
    """Another program has the port."""


class PortDeniedError(LinkError):
    """This user may not open the port."""


class PortMissingError(LinkError):
    """There is no such port, or it went away."""


@dataclass(frozen=True)
class PortFacts:
    """What the system knows of a port without opening it.

    `vendor`, `product`: USB ids, None if it is not on USB; `location`: where it is on its bus, such as "1-1.4:1.0".
    """

    path: str
    vendor: int | None = None
    product: int | None = None
    serial_number: str = ""
    text: str = ""
    location: str = ""

    @property
    def bridge(self) -> str:
        """The chip that turns USB into a UART, or "" if the board has USB of its own."""
        return BRIDGES.get(self.vendor or 0, "")


def listed() -> list[PortFacts]:
    """The serial ports that the system lists."""
    return [_facts(port) for port in list_ports.comports()]


def _facts(port: Any) -> PortFacts:
    number, text, location = (value or "" for value in (port.serial_number, port.description, port.location))
    return PortFacts(port.device, port.vid, port.pid, number, text, location)


class SerialLink:
    """The host's end of a serial line."""

    name = "usb"

    def __init__(self, port: serial.Serial, facts: PortFacts) -> None:
        self.facts = facts
        self.lossy = bool(facts.bridge)  # USB checks and repeats; a UART does neither
        self._port = port
        self._fd: int = port.fileno()

    def fileno(self) -> int:
        return self._fd

    def receive_into(self, buffer: memoryview) -> int:
        try:
            return os.readv(self._fd, [buffer]) or -1  # a terminal that hung up reads as ended
        except BlockingIOError:
            return 0
        except OSError:  # unplugged, or closed
            return -1

    def send(self, data: memoryview) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def pull_reset(self) -> bool:
        """Reset the board by the control lines, as the circuit on most boards with a UART bridge does. False: there is none."""
        if not self.lossy:
            return False
        try:
            self._port.dtr = False
            self._port.rts = True  # EN low
            self._port.rts = False
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._fd >= 0:
            self._fd = -1
            with contextlib.suppress(OSError):
                self._port.close()


def open_link(facts: PortFacts, baud: int = BAUD) -> SerialLink:
    """Open a port for this program alone. Raises LinkError: busy (by whom), denied (what to do), missing, or not a port."""
    path = facts.path
    try:
        # An inter-byte timeout, whatever it is, makes a read without bytes differ from the end of the line.
        port = serial.Serial(path, baud, timeout=0, write_timeout=0, inter_byte_timeout=0, exclusive=True)
    except (OSError, ValueError) as error:
        raise _explained(path, error) from error
    with contextlib.suppress(OSError):  # for programs that do not ask for a lock
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    return SerialLink(port, facts)


def _explained(path: str, error: Exception) -> LinkError:
    code = getattr(error, "errno", None)
    if code in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY):
        by = holders(path) or "another program"
        return PortBusyError(f"{path} is in use by {by}; close that program, or use another board")
    if code in (errno.EACCES, errno.EPERM):
        return PortDeniedError(f"no permission to open {path}: {permission(path)}")
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO) or not os.path.exists(path):
        return PortMissingError(f"there is no port {path}; is the board plugged in? `shoal boards --on usb:` lists what there is")
    return LinkError(f"{path} cannot be used as a serial port: {error}")


def holders(path: str) -> str:
    """The programs that have a file open, such as "thonny (pid 4711)", or "" where the system does not tell."""
    target = os.path.realpath(path)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            if any(_is(file, target) for file in (entry / "fd").iterdir()):
                pid = int(entry.name)
                found.append("this program itself" if pid == os.getpid() else f"{_command(entry)} (pid {pid})")
    return " and ".join(found)


def _is(file: Path, target: str) -> bool:
    try:
        return os.readlink(file) == target
    except OSError:  # closed meanwhile
        return False


def _command(entry: Path) -> str:
    """What a person would call a process: its program, and the script if that is an interpreter."""
    words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    name = os.path.basename(words[0]) or (entry / "comm").read_text().strip()
    if name.startswith("python"):
        script = next((word for word in words[1:] if word in ("-c", "-m") or not word.startswith("-")), "")
        return f"{name} {os.path.basename(script)}".strip()
    return name


def permission(path: str) -> str:
    """What keeps this user from a port, and what to do about it."""
    if sys.platform != "linux":
        return "ask the owner of this computer"
    try:
        group = grp.getgrgid(os.stat(path).st_gid)
    except (OSError, KeyError):
        return "ask the owner of this computer"
    user = getpass.getuser()
    if user in group.gr_mem:
        return f"{user} was put into the group '{group.gr_name}' after logging in; log out and in again"
    if group.gr_name in ("root", "wheel"):
        rule = 'SUBSYSTEM=="tty", ATTRS{idVendor}=="2e8a", TAG+="uaccess"'
        return f"no group may use it; put this line into /etc/udev/rules.d/70-shoal.rules and plug the board in again: {rule}"
    return f"it belongs to the group '{group.gr_name}'; run `sudo usermod -aG {group.gr_name} {user}`, then log out and in again"
