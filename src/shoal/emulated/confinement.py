"""Keeps a process off the network: only this computer itself can be reached from it.

An emulated Pico W runs whatever it is told to, and the emulator's Wi-Fi would dial for it. The Wi-Fi bridge is confined where it
is made (`corrections`); this is the second lock, on the process as a whole, and nothing in it can take it off again.
"""

import ipaddress
import sys
from typing import Any

_ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def confine() -> None:
    """From now on, for as long as this process lives, a socket that would reach beyond loopback raises PermissionError."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _ADDRESSED:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else address
    elif event in _LOOKUPS:
        host = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
    else:
        return
    if not _is_loopback(host):
        raise PermissionError(f"an emulated board has no network: {event} to {host!r} was refused")


def _is_loopback(host: object) -> bool:
    """Whether a host, given as a number, is this computer. Names are not looked up: that would be traffic already."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not isinstance(text, str):
        return False
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
