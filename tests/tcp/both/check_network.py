"""How `shoal_board.wifi` treats a board's network. Its module `network` is made here, and keeps what it was asked."""

import sys

sys.path.insert(0, sys.argv[1])

from checks import check, done, raises

asked = []


class WLAN:
    connected = False
    fails = False

    def __init__(self, interface):
        asked.append(("interface", interface))

    def active(self, on):
        asked.append(("active", on))

    def config(self, **options):
        asked.append(("config", options))
        raise ValueError("unknown config param")

    def isconnected(self):
        return self.connected

    def disconnect(self):
        asked.append(("disconnect",))

    def connect(self, ssid, password):
        asked.append(("connect", ssid, password))
        if self.fails:
            raise OSError(1)


class Network:
    """The module. Its names are functions of the class: nothing is bound."""

    STA_IF = 0
    WLAN = WLAN

    @staticmethod
    def hostname(name):
        asked.append(("hostname", name))

    @staticmethod
    def country(code):
        asked.append(("country", code))


sys.modules["network"] = Network

from shoal_board import wifi  # noqa: E402

now = [1000]
wifi.ticks_ms = lambda: now[0]
SETTINGS = {"hostname": "shoal-1a2b", "country": "DE", "ssid": "attic", "password": "correct horse"}
CONNECT = [("disconnect",), ("connect", "attic", "correct horse")]

network = wifi.Wifi(SETTINGS)
names = [question[0] for question in asked]
check(names.index("hostname") < names.index("active"), "the name counts only if it is set first")
check(names.index("country") < names.index("active"))
check("connect" not in names)

asked = []
network.keep()
check(asked == CONNECT, asked)
network.keep()
check(asked == CONNECT, "a try takes some time")
now[0] += 16_000
network.keep()
check(asked == CONNECT * 2, "and is made again")
WLAN.connected = True
now[0] += 16_000
network.keep()
check(asked == CONNECT * 2)
WLAN.connected = False
WLAN.fails = True
network.keep()
check(asked == CONNECT * 3, "a network that is gone is looked for at once")
network.keep()

asked = []
wifi.Wifi({"hostname": "shoal-1a2b", "country": "", "ssid": "", "password": ""})
check("country" not in [question[0] for question in asked])


class Enough(Exception):
    """Ends a board that serves for ever."""


def make(port):
    """The board that is given this port; it serves one host that never speaks."""
    made.append(port)
    port.wait = lambda: asked.append("wait")
    return Silent()


class Silent:
    def serve(self):
        asked.append("serve")
        if len(asked) == 6:
            raise Enough


made = []
for dial in ("", "127.0.0.1:9"):
    settings = {"key": "07" * 32, "port": 0, "dial": dial, "hostname": "shoal-1a2b", "country": "", "ssid": "", "password": ""}
    wifi.Wifi = lambda settings: network
    asked = []
    raises(Enough, wifi.serve, settings, make)
    check(asked == ["wait", "serve"] * 3, asked)
check(len(made) == 2)
done()
