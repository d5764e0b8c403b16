"""Finding boards by multicast DNS, if the package `zeroconf` (extra `shoal[network]`) is there. The only file that knows it.

Boards that run stock MicroPython answer for their name at most; a service, `_shoal._tcp`, is announced by boards that can.
"""

import contextlib
import socket
import threading

try:
    import zeroconf
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

SERVICE = "_shoal._tcp.local."


def announced(seconds: float = 2.0, interfaces: list[str] | None = None) -> list[tuple[str, int]]:
    """(address, port) of every board that announces itself, after listening for so long. [] without the package or a network."""
    if not AVAILABLE:
        return []
    found: dict[tuple[str, int], None] = {}
    with contextlib.suppress(OSError):
        browser = zeroconf.Zeroconf(interfaces=interfaces or zeroconf.InterfaceChoice.Default)
        try:
            names: dict[str, None] = {}

            def changed(name: str, **told: object) -> None:
                names[name] = None

            zeroconf.ServiceBrowser(browser, SERVICE, handlers=[changed])
            threading.Event().wait(seconds)
            for name in sorted(names):
                info = browser.get_service_info(SERVICE, name, timeout=int(seconds * 1000))
                if info is not None and info.port:
                    for address in info.parsed_addresses(zeroconf.IPVersion.V4Only)[:1]:
                        found[address, info.port] = None
        finally:
            browser.close()
    return list(found)


def resolve(name: str, seconds: float = 3.0, interfaces: list[str] | None = None) -> str | None:
    """The IPv4 address of a name that ends in .local, or None; for systems whose own resolver does not know such names."""
    if not AVAILABLE or not name.endswith(".local"):
        return None
    with contextlib.suppress(OSError):
        asker = zeroconf.Zeroconf(interfaces=interfaces or zeroconf.InterfaceChoice.Default)
        try:
            resolver = zeroconf.AddressResolverIPv4(name + ".")
            if resolver.request(asker, int(seconds * 1000)):
                return next(iter(resolver.parsed_addresses(zeroconf.IPVersion.V4Only)), None)
        finally:
            asker.close()
    return None


class Announcement:
    """Announces a board of this computer until it is closed."""

    def __init__(self, name: str, address: str, port: int, interfaces: list[str] | None = None) -> None:
        """Raises OSError if there is no network to announce it on. Without the package nothing is announced."""
        self._zeroconf = None
        if AVAILABLE:
            self._info = zeroconf.ServiceInfo(
                SERVICE, f"{name}.{SERVICE}", port=port, addresses=[socket.inet_aton(address)], server=f"{name}.local."
            )
            self._zeroconf = zeroconf.Zeroconf(interfaces=interfaces or zeroconf.InterfaceChoice.Default)
            self._zeroconf.register_service(self._info, allow_name_change=True)  # two boards may have one name

    def close(self) -> None:
        if self._zeroconf:
            self._zeroconf.unregister_service(self._info)
            self._zeroconf.close()
