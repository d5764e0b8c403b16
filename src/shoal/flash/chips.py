"""The names of chips, one spelling each, and what tells a firmware file's chip.

Family ids of UF2 files: microsoft/uf2 and raspberrypi/pico-sdk (boot/uf2.h). Chip ids of Espressif's image header, and where
its bootloader lies: esptool's targets; a test compares them with the esptool that is installed.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

UF2_FAMILIES: Mapping[int, str] = MappingProxyType({0xE48BFF56: "rp2040", 0xE48BFF59: "rp2350", 0xE48BFF5A: "rp2350"})
UF2_ANY = 0xE48BFF57  # blocks for wherever they say, in files for the RP2350
ESP_IDS: Mapping[int, str] = MappingProxyType(
    {
        0: "esp32", 2: "esp32s2", 9: "esp32s3", 5: "esp32c3", 12: "esp32c2",
        13: "esp32c6", 23: "esp32c5", 16: "esp32h2", 18: "esp32p4",
    }
)
ESP_START: Mapping[str, int] = MappingProxyType({"esp32": 0x1000, "esp32s2": 0x1000, "esp32c5": 0x2000, "esp32p4": 0x2000})
BOARD_IDS: Mapping[str, str] = MappingProxyType({"RPI-RP2": "rp2040", "RP2350": "rp2350"})  # in INFO_UF2.TXT

_NAME = re.compile(r"\b(RP2040|RP2350|ESP8266|ESP32(?:-?(?:S2|S3|C2|C3|C5|C6|H2|P4))?)", re.IGNORECASE)


def chip(text: str) -> str:
    """The chip that a text names, such as "esp32s3" for "Generic ESP32S3 module with ESP32-S3", or "". The last one counts."""
    names = _NAME.findall(text)
    return names[-1].lower().replace("-", "") if names else ""


def is_esp(name: str) -> bool:
    """Whether esptool writes it."""
    return name.startswith("esp")
