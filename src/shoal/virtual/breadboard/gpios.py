"""Which GPIO numbers a board of each kind has for wires: what a wiring file is checked against.

From the vendors' pin tables: RP2040 and RP2350 boards lead GPIO 0 to 22 and 26 to 28 out (23, 24 and 29 are the board's own; 25
is the light, or on boards with a radio its chip select); ESP32 chips lack some numbers and need others for their flash.
"""

from collections.abc import Mapping
from types import MappingProxyType

_PICO = frozenset({*range(23), *range(26, 29)})
_ESP32_INPUTS = frozenset({34, 35, 36, 39})  # they have no output driver and no pull-up

GPIOS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "pico": _PICO | {25},
        "pico_w": _PICO,
        "pico_2": _PICO | {25},
        "pico_2_w": _PICO,
        "esp32_wroom": frozenset({0, 1, 2, 3, 4, 5, *range(12, 20), 21, 22, 23, 25, 26, 27, 32, 33}) | _ESP32_INPUTS,
        "esp32_s3": frozenset({*range(22), *range(33, 49)}),
        "esp32_c3": frozenset({*range(11), 18, 19, 20, 21}),
    }
)
"""GPIO numbers by catalogue key of the board."""

INPUTS_ONLY: Mapping[str, frozenset[int]] = MappingProxyType({"esp32_wroom": _ESP32_INPUTS})
"""Of these, the ones that cannot drive a line."""


def listed(gpios: frozenset[int]) -> str:
    """ "0-22, 25-28": for people."""
    spans: list[list[int]] = []
    for gpio in sorted(gpios):
        if spans and spans[-1][1] == gpio - 1:
            spans[-1][1] = gpio
        else:
            spans.append([gpio, gpio])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in spans)
