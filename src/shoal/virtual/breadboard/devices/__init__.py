"""Things on a breadboard that are no boards: lights, a display, a touch panel. Each knows its own pins and nothing of wires."""

from collections.abc import Mapping
from types import MappingProxyType

from shoal.virtual.breadboard.devices.ili9341 import Display
from shoal.virtual.breadboard.devices.led import Light
from shoal.virtual.breadboard.devices.model import Model
from shoal.virtual.breadboard.devices.xpt2046 import Touch
from shoal.virtual.breadboard.wired import Device

MODELS: Mapping[str, type[Model]] = MappingProxyType({"led": Light, "ili9341": Display, "xpt2046": Touch})
"""The class of each kind that a wiring file knows."""


def make(device: Device) -> Model:
    """The device of a wiring, as it is without power: nothing has been told to it."""
    return MODELS[device.kind](device)
