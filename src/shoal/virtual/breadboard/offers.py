"""Which wires a kind of board can be on, and as what: the catalogue's facts decide, and say why not.

Any board can be a controller, and a processor on a UART or on GPIO lines. To be a processor on I2C takes `machine.I2CTarget`,
which the original ESP32's firmware lacks.
"""

from dataclasses import dataclass

from shoal import catalog
from shoal.errors import UsageError
from shoal.virtual.breadboard.wired import Wiring

I2C, UART, GPIO = "i2c", "uart", "gpio"
_LIMITS_HZ = {"rp2": {I2C: 1_000_000, UART: 3_000_000}, "esp32": {I2C: 1_000_000, UART: 5_000_000}}
"""Fastest clock by platform. Catalogue of links: i2c.bus.rp2_max_hz and uart.rp2_baud_max (documented), uart.esp32_baud_max
(recalled); the ESP32's I2C has no entry and is taken to do what the RP2040's does (estimated)."""
_GPIO_BYTES_S = 12_900.0
"""Eight data lines that Python turns over: measured on an emulated RP2040, both ends together (docs/wires.md). The catalogue of
links says 20 kB/s (gpio_parallel.python_rate, estimated)."""


@dataclass(frozen=True)
class Offer:
    """A wire that a kind of board can be on. `processor`: whether it can be one there (a controller it always can); `bytes_s`:
    payload bytes a second that the wire carries at most, for all boards on it together; `why`: what decides, for people."""

    wire: str
    processor: bool
    bytes_s: float
    why: str


def offers(kind: str) -> tuple[Offer, ...]:
    """What a board of that catalogue key can be on, the best first. Raises KeyError for one that the catalogue does not have."""
    facts = catalog.boards()[kind]
    target = catalog.fact(f"boards.{kind}.i2c_target")
    limits = _LIMITS_HZ[facts.platform]
    i2c = Offer(I2C, bool(target.value), limits[I2C] / 9, target.cond)
    uart = Offer(UART, True, limits[UART] / 10, f"8N1, up to {limits[UART]:,} baud; served while the program waits")
    gpio = Offer(GPIO, True, _GPIO_BYTES_S, "four or eight data lines turned over by Python; served while the program waits")
    return (i2c, uart, gpio) if i2c.processor else (uart, gpio, i2c)


def best(kind: str) -> Offer:
    """The wire on which a processor of that kind is served best."""
    return next(offer for offer in offers(kind) if offer.processor)


def check(wiring: Wiring) -> None:
    """Raises UsageError if a board of the wiring cannot be what the wiring makes of it."""
    controllers = wiring.controllers
    for board in wiring.boards:
        found = {offer.wire: offer for offer in offers(board.kind)}
        offer = found[wiring.bus.wire]
        if not offer.processor and board.name not in controllers:
            others = " or ".join(f'"{wire}"' for wire, other in found.items() if other.processor)
            name = catalog.boards()[board.kind].name
            raise UsageError(
                f"{wiring.file}, [bus]: {board.name} is an {name}, which cannot be a processor on {offer.wire} ({offer.why}); "
                f"write wire = {others}, or make it the controller"
            )
