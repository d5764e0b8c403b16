"""The devices on this computer's USB, as Linux shows them in /sys; elsewhere none are known."""

import os
import re
from pathlib import Path

from shoal.doctor.facts import UsbDevice

SYS = Path("/sys/bus/usb/devices")
_TTYS = Path("/sys/class/tty")
_INTERFACE = re.compile(r"/(\d+-[\d.]+):\d")  # in the path of what hangs on an interface
_DEVICE = re.compile(r"\d+-[\d.]+|usb\d+")  # "1-1.4"; "1-1.4:1.0" is one of its interfaces


def devices(root: Path = SYS) -> tuple[UsbDevice, ...]:
    """Everything that is plugged in, without the hubs of the computer itself."""
    places = [place for place in sorted(root.glob("*")) if _DEVICE.fullmatch(place.name)]
    found = [_device(place) for place in places if not place.name.startswith("usb")]
    return tuple(device for device in found if device is not None)


def place(port: str, ttys: Path = _TTYS) -> str:
    """Where in the USB tree a port such as "/dev/ttyACM0" is plugged in, or ""."""
    found = _INTERFACE.search(os.path.realpath(ttys / os.path.basename(os.path.realpath(port))))
    return found[1] if found else ""


def _device(place: Path) -> UsbDevice | None:
    vendor, product = _text(place / "idVendor"), _text(place / "idProduct")
    if not vendor or not product:
        return None
    name = " ".join(filter(None, (_text(place / "manufacturer"), _text(place / "product"))))
    # The ports of an interface: "1-1:1.0/tty/ttyACM0", or "1-1:1.0/ttyUSB0" where a driver of usb-serial has it.
    has_port = any(port.name != "tty" or any(port.iterdir()) for port in place.glob("*:*/tty*"))
    return UsbDevice(f"{vendor}:{product}", name, place.name, has_port)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # unplugged since
        return ""
