"""A board's network: its settings file, its Wi-Fi, and serving hosts over TCP for ever.

The file is written when the board is adopted and never leaves it; nothing in it is ever printed. It is a JSON object:

    key        the board's key, 64 hex digits
    ssid, password, country ("" for worldwide)
    hostname   by which the network knows the board: NAME.local where the firmware answers mDNS
    port       to listen at
    dial       "host:port" to call instead of listening, or ""
"""

import json

from .door import ticks_diff, ticks_ms
from .ports.tcp import Port
from .wire import const

try:
    import network
except ImportError:  # no network on this board
    network = None

FILE = "/shoal_network.json"
_RETRY_MS = const(15000)


def settings(file=FILE):
    """What the file says, or None if there is none, it is damaged, or this board has no network."""
    if not network:
        return None
    try:
        with open(file) as stream:
            found = json.load(stream)
        return found if len(bytes.fromhex(found["key"])) == 32 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Wifi:
    """Keeps the board on its network."""

    def __init__(self, settings):
        self._settings = settings
        network.hostname(settings["hostname"])
        if settings["country"]:
            network.country(settings["country"])
        self._wlan = network.WLAN(network.STA_IF)
        self._wlan.active(True)
        try:
            self._wlan.config(pm=getattr(network.WLAN, "PM_NONE", 0xA11140))  # saving power costs a tenth of a second a message
        except (ValueError, OSError):  # this board has no such setting
            pass
        self._tried = None

    def keep(self):
        """Connect again if the network is gone; returns at once."""
        now = ticks_ms()
        if self._wlan.isconnected() or (self._tried is not None and ticks_diff(now, self._tried) < _RETRY_MS):
            return
        self._tried = now
        try:
            self._wlan.disconnect()
            self._wlan.connect(self._settings["ssid"], self._settings["password"])
        except OSError:  # not now: later
            pass


def serve(settings, make):
    """Serve one host after another. `make(port)` gives the `Board`. Never returns."""
    keep = Wifi(settings).keep
    port = Port(bytes.fromhex(settings["key"]), "0.0.0.0", settings["port"], settings["dial"], keep)
    try:
        board = make(port)
        while True:
            port.wait()
            board.serve()
    finally:
        port.close()
