"""What a board is told about its network when it is adopted, and what this computer can conclude from it later.

The board keeps it in one file (`shoal_board.wifi` reads it); this computer keeps only the key.
"""

import hashlib
import json
import secrets

from shoal.errors import UsageError

PORT = 20257  # any number would do; it is below those that systems give to outgoing connections (Linux: from 32768)
CALL_PORT = 20258  # where this computer waits for boards that call it
KEY_BYTES = 32
FILE = "/shoal_network.json"  # on the board
_LONGEST = {"ssid": 32, "password": 63, "country": 2}  # bytes, by the Wi-Fi standard


def new_key() -> bytes:
    """A key for one board."""
    return secrets.token_bytes(KEY_BYTES)


def hostname(unique_id: str) -> str:
    """The name that a board has on the network: it tells boards apart, but says nothing of the unique id."""
    return "shoal-" + hashlib.sha256(b"shoal name " + unique_id.encode()).hexdigest()[:4]


def address(unique_id: str) -> str:
    """Where a board is found whose firmware answers mDNS."""
    return hostname(unique_id) + ".local"


def network_file(unique_id: str, key: bytes, ssid: str, password: str, country: str = "", dial: str = "") -> bytes:
    """The content of the board's file. `country`: two letters, or "" for worldwide; `dial`: "host:port" to call, or "" to listen.

    Raises UsageError for what no Wi-Fi network can have; the text never holds the password.
    """
    for name, value in (("ssid", ssid), ("password", password), ("country", country)):
        if len(value.encode()) > _LONGEST[name]:
            raise UsageError(f"the Wi-Fi {name} is {len(value.encode())} bytes long; at most {_LONGEST[name]} are possible")
    if not ssid:
        raise UsageError("the name of the Wi-Fi network (ssid) is missing")
    if 0 < len(password) < 8:
        raise UsageError("the Wi-Fi password is shorter than the 8 characters of WPA; leave it empty for an open network")
    if len(key) != KEY_BYTES:
        raise UsageError(f"a board's key has {KEY_BYTES} bytes, not {len(key)}")
    if dial:
        host, _, port = dial.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise UsageError(f"'{dial}' is no computer to call; write HOST:PORT, for example 10.0.0.5:{CALL_PORT}")
    settings = {
        "key": key.hex(),
        "ssid": ssid,
        "password": password,
        "country": country.upper(),
        "hostname": hostname(unique_id),
        "port": PORT,
        "dial": dial,
    }
    return json.dumps(settings).encode()
