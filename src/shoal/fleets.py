"""The fleet for each scheme of a spec: one table, from which a fleet's module is loaded only when it is asked for.

Virtual boards that share a bus are those of a breadboard.
"""

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from shoal.fleet import Fleet
from shoal.spec import Spec

FLEETS: Mapping[str, str] = MappingProxyType(
    {
        "virtual": "shoal.virtual.fleet:VirtualBoards",
        "usb": "shoal.usb.fleet:UsbBoards",
        "tcp": "shoal.tcp.fleet:TcpBoards",
        "bus": "shoal.bus.fleet:BusBoards",
        "breadboard": "shoal.bus.breadboard:BreadboardBoards",
        "emulated": "shoal.emulated.fleet:EmulatedBoards",
    }
)


def fleet(spec: Spec) -> Fleet:
    """The boards of a spec. Raises UsageError or LinkError, which say what is missing."""
    module, _, name = FLEETS["breadboard" if spec.bus else spec.scheme].partition(":")
    made: Fleet = getattr(importlib.import_module(module), name)(spec)
    return made
