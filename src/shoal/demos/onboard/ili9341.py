"""A display of 240 x 320 with the controller ILI9341, on SPI: windows of pixels, RGB 5-6-5, high byte first."""

import time

WIDTH = 240
HEIGHT = 320


class Display:
    def __init__(self, spi, cs, dc, rst=None):
        """`spi`: a machine.SPI; `cs`, `dc`, `rst`: machine.Pin, already outputs. Takes a quarter of a second."""
        self._spi = spi
        self._cs = cs
        self._dc = dc
        self._four = bytearray(4)
        cs(1)
        if rst is not None:
            rst(0)
            time.sleep_ms(1)
            rst(1)
            time.sleep_ms(120)
        else:
            self._tell(0x01)  # reset
            time.sleep_ms(120)
        self._tell(0x11)  # wake up
        time.sleep_ms(120)
        self._tell(0x3A, b"\x55")  # 16 bits a pixel
        self._tell(0x36, b"\x48")  # upright, red first
        self.fill(0, 0, WIDTH, HEIGHT, b"\0\0")  # the memory holds anything after power-up
        self._tell(0x29)  # on

    def draw(self, x, y, width, height, pixels):
        """Fill a window with pixels, two bytes each, row by row. It must lie on the display."""
        self._window(x, y, width, height)
        self._tell(0x2C, pixels)

    def fill(self, x, y, width, height, pixel):
        """Fill a window with one colour: two bytes."""
        self._window(x, y, width, height)
        self._tell(0x2C)
        rows = max(1, min(height, 4096 // (2 * width)))
        block = memoryview(bytes(pixel) * (width * rows))
        self._cs(0)
        while height > 0:
            self._spi.write(block[: 2 * width * min(rows, height)])
            height -= rows
        self._cs(1)

    def _window(self, x, y, width, height):
        if x < 0 or y < 0 or x + width > WIDTH or y + height > HEIGHT:
            raise ValueError("not on the display")
        four = self._four
        for command, first, size in ((0x2A, x, width), (0x2B, y, height)):
            last = first + size - 1
            four[0] = first >> 8
            four[1] = first & 255
            four[2] = last >> 8
            four[3] = last & 255
            self._tell(command, four)

    def _tell(self, command, data=b""):
        self._command(command)
        if data:
            self._cs(0)
            self._spi.write(data)
            self._cs(1)

    def _command(self, command):
        self._dc(0)
        self._cs(0)
        self._spi.write(bytes((command,)))
        self._cs(1)
        self._dc(1)
