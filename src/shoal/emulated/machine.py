"""One emulated Pico, put together from the emulator's parts and our corrections; and the emulator's way to get firmware.

With `corrections` the only file that imports the emulator.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rp2040py.boards import BOARDS, resolve_firmware
from rp2040py.device.base_device import BaseDevice
from rp2040py.external.cyw43 import Cyw43439
from rp2040py.memory_map import FLASH_START_ADDRESS

from shoal.emulated.corrections import ConfinedWifi, Flash, PacedSimulator, Uart, UsbHost
from shoal.emulated.port import Port

RELEASE = "1.28.0"  # of MicroPython: the newest that the figures in the documentation were measured with

TEMPERATURE_CHANNEL = 4
AT_27_CELSIUS = 876  # 0.706 V of 3.3 V in 12 bits, RP2040 datasheet 4.9.5; stock: 0, which means 437 C


class Machine(BaseDevice):
    """A Pico or a Pico W with a firmware image in its flash, and a cable to a `Port`."""

    def __init__(self, kind: str, image: Path, unique_id: bytes, paced: bool) -> None:
        """`kind`: "pico" or "pico_w"; `unique_id`: eight bytes. Raises ValueError if the image is no UF2 file."""
        stock = BOARDS[kind]
        extras = tuple(ConfinedWifi if factory is Cyw43439 else factory for factory in stock.extras)
        super().__init__(board=replace(stock, extras=extras, image=image))
        self.simulator: PacedSimulator = PacedSimulator(self.mcu, paced)
        self.cdc: UsbHost = UsbHost(self.mcu.usb_ctrl)
        for uart in self.mcu.uart:
            uart.__class__ = Uart
        self.mcu.adc.channel_values[TEMPERATURE_CHANNEL] = AT_27_CELSIUS
        self.mcu.ssi.__class__ = Flash
        self.mcu.ssi.unique_id = unique_id

    def connect(self, port: Port, booted: Callable[[], None], gone: Callable[[], None]) -> None:
        """Join the board's USB to `port`, which is plugged in when the board has come up; `gone`: the board was reset."""

        def appear() -> None:
            port.plug()
            booted()

        self.cdc.on_device_connected = appear
        self.cdc.on_gone = gone
        self.cdc.on_data = port.send
        self.cdc.has_room = port.has_room
        self.cdc.on_demand = port.resume

    async def run(self) -> None:
        """Power on. Returns after `stop`; raises whatever the emulator fails with."""
        self.simulator.bind_loop(asyncio.get_running_loop())
        self.mcu.core.pc = FLASH_START_ADDRESS
        await self.simulator.execute()


def fetch(kind: str) -> Path:
    """Firmware as the emulator gets it: from its own folder of past downloads, else from where MicroPython publishes it.

    Raises OSError where there is no network, LookupError where the emulator gives none.
    """
    image = resolve_firmware(BOARDS[kind], "micropython", RELEASE).image
    if image is None:
        raise LookupError(f"the emulator has no MicroPython {RELEASE} for {kind}")
    return Path(image)
