"""Blinks the light of a board for `SECONDS`, so that a person finds it. Prints whether it has one."""

import time

from machine import Pin

SECONDS = 5


def light():
    """The pin of the board's light, by the names that boards give it, or None."""
    for name in ("LED", "LED_BLUE", "LED_GREEN", "LED_RED"):
        try:
            return Pin(name, Pin.OUT)
        except (ValueError, TypeError, OSError):
            pass
    return None


pin = light()
print(pin is not None)
if pin is not None:
    for _ in range(SECONDS * 4):
        pin.toggle()
        time.sleep_ms(250)
    pin.value(0)
