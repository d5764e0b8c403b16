"""Display and touch driven by a board's own program: real MicroPython, the real drivers, the wires of the breadboard."""

from pathlib import Path

import shoal.demos
from shoal.virtual.breadboard import wiring
from shoal.virtual.breadboard.devices.ili9341 import Display
from shoal.virtual.breadboard.devices.xpt2046 import Touch
from shoal.virtual.breadboard.simulation import Simulation

ONBOARD = Path(shoal.demos.__file__).with_name("onboard")
FILES = {f"controller:{name}.py": (ONBOARD / f"{name}.py").read_bytes() for name in ("ili9341", "xpt2046")}
PROGRAM = """
import time
from array import array
from machine import Pin, SPI
from ili9341 import Display
from xpt2046 import Touch

spi = SPI(0, 40_000_000, sck=Pin(2), mosi=Pin(3), miso=Pin(4))
lcd = Display(spi, Pin(5, Pin.OUT), Pin(7, Pin.OUT), Pin(6, Pin.OUT))
touch = Touch(SPI(1, 1_000_000, sck=Pin(14), mosi=Pin(15), miso=Pin(8)), irq=Pin(9, Pin.IN))
lcd.fill(0, 0, 240, 320, b"\\x00\\x1f")
for y in range(0, 320, 2):
    lcd.draw(0, y, 239, 2, array("H", [(x * y) & 0xffff for x in range(239 * 2)]))
try:
    lcd.draw(239, 0, 2, 1, b"1234")
except ValueError as error:
    print(error)
for bad in ((2, 18, 3, 4), (0, 3, 2, 4)):
    try:
        SPI(bad[0], sck=Pin(bad[1]), mosi=Pin(bad[2]), miso=Pin(bad[3]))
    except ValueError as error:
        print(error)
start = time.ticks_us()
spi.write(bytes(24_000))
print("took", time.ticks_diff(time.ticks_us(), start))
print("ready", touch.where())
while True:
    at = touch.where()
    if at:
        print("touched", *at)
    time.sleep_ms(20)
"""


def test_a_program_draws_and_feels() -> None:
    cray = wiring.load("picocray")
    nothing = b"import time\nwhile True:\n    time.sleep_ms(5)\n"
    files = {**FILES, "controller:program.py": PROGRAM.encode(), "nothing.py": nothing}
    programs = {"controller": "program"}
    with Simulation(cray, files=files, programs=programs, program="nothing") as simulation:
        lcd, touch = simulation.devices["lcd"], simulation.devices["touch"]
        assert isinstance(lcd, Display) and isinstance(touch, Touch)

        def said(word: str) -> bool:
            return any(word in line for _, _, line in simulation.console)

        assert simulation.run(lambda: said("ready"), 5), simulation.console
        touch.press(60, 300)
        assert simulation.run(lambda: said("touched"), simulation.now + 1)
        touch.release()
        told = [line for _, board, line in simulation.console if board == "controller"]
        simulation.advance(simulation.now + 1)
        later = [line for _, board, line in simulation.console if board == "controller"]
    assert told[:3] == ["not on the display", "SPI(2) doesn't exist", "bad SCK pin"]
    took = int(told[3].split()[1])
    assert 8000 <= took <= 8020, "24,000 bytes at 24 MHz, the highest that the chip's 48 MHz give"
    assert told[4] == "ready None"
    touched = told[5].split()
    assert abs(int(touched[1]) - 60) <= 1 and abs(int(touched[2]) - 300) <= 1
    assert len(later) <= len(told) + 1, "let go of"
    assert lcd.unknown == {} and lcd.lit
    pixels = [lcd.memory[2 * (y * 240 + x)] | lcd.memory[2 * (y * 240 + x) + 1] << 8 for y in range(320) for x in range(240)]
    wanted = [(((y & 1) * 239 + x) * (y & ~1)) & 0xFFFF if x < 239 else 0x1F00 for y in range(320) for x in range(240)]
    assert pixels == wanted
    assert lcd.colour(239, 100) == (0, 0, 255)
