"""Which devices hear what a board shifts out: those that share its clock and its data pin. Chip select is the device's affair."""

from collections.abc import Iterable

from shoal.virtual.breadboard.devices.model import Model
from shoal.virtual.breadboard.engine import Engine
from shoal.virtual.breadboard.onboard import ops_spi
from shoal.virtual.breadboard.session import Session


class Lines:
    """The SPI wires of a breadboard. Pins are GPIO numbers."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models: dict[tuple[str, int, int], list[Model]] = {}
        for model in models:
            pins = model.device.pins
            if "sck" in pins and "mosi" in pins and pins["sck"][0] == pins["mosi"][0]:
                self._models.setdefault((*pins["sck"], pins["mosi"][1]), []).append(model)

    def shift(self, board: str, us: int, sck: int, mosi: int, miso: int, data: bytes) -> bytes:
        """Bytes that a board shifts out from virtual microsecond `us` on; returns what comes in: zeros where nobody drives."""
        heard = bytearray(len(data))
        for model in self._models.get((board, sck, mosi), ()):
            answer = model.spi(us, data)
            if model.device.pins.get("miso") == (board, miso):
                heard = bytearray(one | other for one, other in zip(heard, answer, strict=True))
        return bytes(heard)


def join(simulation: Engine) -> None:
    """Have a simulation carry out what `machine.SPI` asks for."""
    lines = Lines(simulation.devices.values())

    def shift(session: Session, miso: int, wires: int, data: bytes) -> None:
        answered(session, miso, wires, data)

    def answered(session: Session, miso: int, wires: int, data: bytes) -> bytes:
        return lines.shift(session.name, simulation.now_ns // 1000, wires & 255, wires >> 8, miso, data)

    def exchange(session: Session, miso: int, wires: int, data: bytes) -> None:
        simulation.answer(session, 0, answered(session, miso, wires, data))

    simulation.handlers[ops_spi.SHIFT] = shift
    simulation.handlers[ops_spi.EXCHANGE] = exchange
