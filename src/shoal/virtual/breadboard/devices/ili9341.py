"""The display controller ILI9341 on its four-wire serial interface, as far as its data sheet is needed to keep a picture.

A byte is taken while chip select is low: a command while the pin D/C is low, else a parameter or, behind Memory Write, half a
pixel of 16 bits (RGB 5-6-5, high byte first). As on the usual panels column 0 is at the right and blue comes first, so that a
board sets MX and BGR for an upright picture in true colours. Colours of 18 bits, reading, scrolling and gamma are not there:
what a board sends for them is counted in `unknown` and has no effect.
"""

from shoal.virtual.breadboard.devices.model import Model
from shoal.virtual.breadboard.devices.png import png
from shoal.virtual.breadboard.wired import Device

WIDTH, HEIGHT = 240, 320  # of the glass; the memory's rows and columns are the same
_RESET, _SLEEP_IN, _SLEEP_OUT, _INVERT_OFF, _INVERT_ON, _OFF, _ON = 0x01, 0x10, 0x11, 0x20, 0x21, 0x28, 0x29
_COLUMNS, _ROWS, _WRITE, _ORDER, _FORMAT, _WRITE_ON = 0x2A, 0x2B, 0x2C, 0x36, 0x3A, 0x3C
_KNOWN = (_RESET, _SLEEP_IN, _SLEEP_OUT, _INVERT_OFF, _INVERT_ON, _OFF, _ON, _COLUMNS, _ROWS, _WRITE, _ORDER, _FORMAT, _WRITE_ON)
_MY, _MX, _MV, _BGR = 0x80, 0x40, 0x20, 0x08  # bits of Memory Access Control
_PIXELS_16 = 0x55


class Display(Model):
    """The display and its memory. `unknown`: what it was told and does not know, and how often; `writes`: pixels written."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self.memory = bytearray(2 * WIDTH * HEIGHT)  # RGB 5-6-5, high byte first, as it is seen
        self.unknown: dict[str, int] = {}
        self.writes = 0
        self._levels = {"cs": 1, "dc": 1, "rst": 1}
        self._forget()

    def _forget(self) -> None:
        """What a reset does; the memory stays."""
        self._command = 0
        self._parameters = bytearray()
        self._half = b""
        self._columns, self._rows = (0, WIDTH - 1), (0, HEIGHT - 1)
        self._x = self._y = 0
        self._order = 0
        self._format = 0x66  # 18 bits a pixel
        self.awake = self.on = self.inverted = False

    def changed(self, us: int, role: str, level: int) -> None:
        """See Model."""
        if role == "rst" and not level and self._levels["rst"]:
            self._forget()
        if role in self._levels:
            self._levels[role] = level

    def spi(self, us: int, data: bytes) -> bytes:
        """See Model."""
        if not self._levels["cs"] and self._levels["rst"]:
            if self._levels["dc"]:
                self._take(data)
            else:
                for command in data:
                    self._begin(command)
        return bytes(len(data))

    @property
    def lit(self) -> bool:
        """Whether the picture can be seen: awake, and switched on."""
        return self.awake and self.on

    def colour(self, x: int, y: int) -> tuple[int, int, int]:
        """What is seen at one pixel."""
        if not self.lit:
            return 0, 0, 0
        start = 2 * (y * WIDTH + x)
        high, low = self.memory[start], self.memory[start + 1]
        first, green, last = (high >> 3) * 255 // 31, ((high & 7) << 3 | low >> 5) * 255 // 63, (low & 31) * 255 // 31
        red, blue = (first, last) if self._order & _BGR else (last, first)
        return (255 - red, 255 - green, 255 - blue) if self.inverted else (red, green, blue)

    def rgb(self) -> bytes:
        """What is seen, three bytes a pixel, row by row; black while nothing is."""
        if not self.lit:
            return bytes(3 * WIDTH * HEIGHT)
        seen = bytearray(3 * WIDTH * HEIGHT)
        high, low = self.memory[0::2], self.memory[1::2]
        swap = not self._order & _BGR
        seen[2 if swap else 0 :: 3] = bytes((h >> 3) * 255 // 31 for h in high)
        seen[1::3] = bytes(((h & 7) << 3 | w >> 5) * 255 // 63 for h, w in zip(high, low, strict=True))
        seen[0 if swap else 2 :: 3] = bytes((w & 31) * 255 // 31 for w in low)
        return bytes(255 - part for part in seen) if self.inverted else bytes(seen)

    def png(self) -> bytes:
        """What is seen, as a PNG file."""
        return png(WIDTH, HEIGHT, self.rgb())

    # --- what it is told ---

    def _begin(self, command: int) -> None:
        self._command = command
        self._parameters.clear()
        self._half = b""
        if command == _RESET:
            self._forget()
        elif command in (_SLEEP_IN, _SLEEP_OUT):
            self.awake = command == _SLEEP_OUT
        elif command in (_OFF, _ON):
            self.on = command == _ON
        elif command in (_INVERT_OFF, _INVERT_ON):
            self.inverted = command == _INVERT_ON
        elif command == _WRITE:
            self._x, self._y = self._columns[0], self._rows[0]
        if command not in _KNOWN:
            self._odd(f"command 0x{command:02x}")

    def _take(self, data: bytes) -> None:
        if self._command in (_WRITE, _WRITE_ON):
            self._write(data)
            return
        self._parameters += data
        words = self._parameters
        if self._command in (_COLUMNS, _ROWS) and len(words) >= 4:
            self._window(words[0] << 8 | words[1], words[2] << 8 | words[3])
        elif self._command == _ORDER:
            self._order = words[0]
        elif self._command == _FORMAT:
            self._format = words[0]

    def _window(self, first: int, last: int) -> None:
        most = HEIGHT if bool(self._order & _MV) == (self._command == _COLUMNS) else WIDTH
        if not first <= last < most:
            self._odd("a window that is not on the glass")
        elif self._command == _COLUMNS:
            self._columns = first, last
        else:
            self._rows = first, last

    def _write(self, data: bytes) -> None:
        if self._format != _PIXELS_16:
            self._odd("pixels that are not of 16 bits")
            return
        data = self._half + data
        whole = len(data) & ~1
        self._half = data[whole:]
        at = 0
        while at < whole:
            # As many pixels as are left of the window's row; then the next row, behind the last the first.
            count = min((whole - at) // 2, self._columns[1] + 1 - self._x)
            self._run(data[at : at + 2 * count], count)
            at += 2 * count
            self._x += count
            if self._x > self._columns[1]:
                self._x = self._columns[0]
                self._y = self._rows[0] if self._y >= self._rows[1] else self._y + 1

    def _run(self, pixels: bytes, count: int) -> None:
        """Pixels of one row, from the place where writing is."""
        self.writes += count
        if self._order & (_MV | _MX | _MY) == _MX:
            start = 2 * (self._y * WIDTH + self._x)
            self.memory[start : start + 2 * count] = pixels
            return
        for number in range(count):
            x, y = self._x + number, self._y
            if self._order & _MV:
                x, y = y, x
            x = x if self._order & _MX else WIDTH - 1 - x
            y = HEIGHT - 1 - y if self._order & _MY else y
            start = 2 * (y * WIDTH + x)
            self.memory[start : start + 2] = pixels[2 * number : 2 * number + 2]

    def _odd(self, what: str) -> None:
        self.unknown[what] = self.unknown.get(what, 0) + 1
