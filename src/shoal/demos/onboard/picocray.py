"""PicoCray's job on the controller: the Mandelbrot set in tiles from every processor, on the display, and deeper at a touch.

Places are Q8.56 whatever the depth (see `tiles`). A key or a touch ends the picture that is being drawn: the tiles that wait are
withdrawn, and the next picture begins. Keys come as text from a computer on USB:

    + -        twice as near, or as far      w a s d     a quarter of the picture up, left, down, right
    [ ]        half, or twice the limit      0           the whole set
    @LEFT,TOP,STEP,LIMIT and a new line: exactly there (whole numbers, Q8.56)
"""

from array import array
from time import ticks_diff, ticks_ms

import deeptiles
import tiles
from colours import paint, palette
from ili9341 import HEIGHT, WIDTH, Display
from machine import SPI, Pin
from order import by_turns
from xpt2046 import Touch

from shoal_board import Cluster

ROWS = 2  # of a tile
HOME = 5 << 47  # step of the whole set: 5/512
DEEPEST = 1 << 6  # below this step points are equal in 64-bit fixed point
SHALLOW = 1 << 36  # below this one they are in 32 bits
LIMIT = 1000
MODULES = {"tiles": ("mandelbrot", "squeeze"), "deeptiles": ("deep", "squeeze")}  # what those modules import


class View:
    """What is looked at: `left`, `top`, `step` of its pixels, and `limit` of the counts."""

    def __init__(self, limit=LIMIT):
        self.limit = limit
        self.home()

    def home(self):
        self.step = HOME
        self.left = (-7 * (1 << 26) // 10 << 30) - WIDTH // 2 * HOME  # on the grid of Q6.26, as all that is not deep
        self.top = -HEIGHT // 2 * HOME

    def go(self, left, top, step, limit):
        if step < DEEPEST or step > HOME:
            raise ValueError("too deep: 64-bit fixed point ends at a step of 2**-50" if step < DEEPEST else "too far")
        self.left = left
        self.top = top
        self.step = step
        self.limit = max(1, min(65535, limit))

    def zoom(self, x, y, step):
        """Have pixel (x, y) in the middle, at another step."""
        left = self.left + x * self.step - WIDTH // 2 * step
        top = self.top + y * self.step - HEIGHT // 2 * step
        if step >= SHALLOW:
            left &= -1 << 30
            top &= -1 << 30
        self.go(left, top, step, self.limit)

    def press(self, key):
        """Do what a key says. Gives whether there is another picture now; raises ValueError for one that cannot be."""
        middle = WIDTH // 2, HEIGHT // 2
        if key == "+":
            self.zoom(*middle, self.step >> 1)
        elif key == "-":
            self.zoom(*middle, self.step << 1)
        elif key == "0":
            self.home()
        elif key in "[]":
            self.limit = max(1, min(65535, self.limit // 2 if key == "[" else self.limit * 2))
        elif key in "wasd":
            across = {"a": -1, "d": 1}.get(key, 0) * WIDTH // 4
            down = {"w": -1, "s": 1}.get(key, 0) * HEIGHT // 4
            self.zoom(middle[0] + across, middle[1] + down, self.step)
        else:
            return False
        return True


class Keys:
    """What was typed, as keys and as places that begin with @."""

    def __init__(self):
        self._rest = ""

    def take(self, text, view):
        """Do what the text says. Gives whether there is another picture now."""
        changed = False
        self._rest += text
        while self._rest:
            if self._rest[0] == "@":
                end = self._rest.find("\n")
                if end < 0:
                    break
                key, self._rest = self._rest[:end], self._rest[end + 1 :]
            else:
                key, self._rest = self._rest[0], self._rest[1:]
            try:
                if key[0] == "@":
                    view.go(*[int(word) for word in key[1:].split(",")])
                    changed = True
                else:
                    changed = view.press(key) or changed
            except (ValueError, TypeError) as error:
                print("picocray:", error)
        return changed


class Screen:
    """Tiles as they come, on the display."""

    def __init__(self, rows=ROWS):
        """`rows` of a tile."""
        spi = SPI(0, 24_000_000, sck=Pin(2), mosi=Pin(3), miso=Pin(4))
        self._display = Display(spi, Pin(5, Pin.OUT), Pin(7, Pin.OUT), Pin(6, Pin.OUT))
        self._colours = palette()
        self._rows = rows
        self._pixels = array("H", bytes(2 * WIDTH * rows))
        spi = SPI(1, 1_000_000, sck=Pin(14), mosi=Pin(15), miso=Pin(8))
        self.touch = Touch(spi, irq=Pin(9, Pin.IN))

    def show(self, y, counts, limit):
        """`counts`: the tile at row y, as a processor gave it."""
        pixels = paint(counts, WIDTH * self._rows, limit, self._colours, self._pixels)
        self._display.draw(0, y, WIDTH, self._rows, pixels)


def picture(cluster, view, height=ROWS, function=None):
    """The tiles of a picture: (row, its squeezed counts). Give it up by closing it.

    `height`: rows of a tile; `function`: what computes one, None: what suits the depth.
    """
    rows = by_turns(HEIGHT, height)
    drop = 30 if view.step >= SHALLOW else 0  # bits of Q8.56 that Q6.26 has not
    left, step = view.left >> drop, view.step >> drop
    tops = [(view.top >> drop) + y * step for y in rows]
    same = len(tops)
    sizes = [WIDTH] * same, [height] * same, [view.limit] * same
    function = function or (tiles.tile if drop else deeptiles.deep_tile)
    answers = cluster.map(function, [left] * same, tops, [step] * same, *sizes)
    for y in rows:
        yield y, next(answers)


def told(what, board, calls):
    """What the cluster tells while it works."""
    if what == "joined" or what == "left":
        print("picocray: %s %s %s" % (what, board.name, board.unique_id))
    elif what == "trouble":
        print("picocray: trouble: %s" % calls)


def report(cluster, view, milliseconds, before):
    """Say how a picture went. `before`: calls that boards had answered when it began, by unique id."""
    kind = "Q6.26" if view.step >= SHALLOW else "Q8.56"
    for board in cluster.boards:
        print("picocray: %s made %d tiles" % (board.name, board.calls - before.get(board.unique_id, 0)))
    place = view.left, view.top, view.step, view.limit
    print("picocray: picture in %d ms by %d boards, %s, @%d,%d,%d,%d" % ((milliseconds, len(cluster.boards), kind) + place))


def main(limit=LIMIT):
    screen = Screen()
    view = View(limit)
    keys = Keys()
    with Cluster(modules=MODULES, watch=told) as cluster:
        while not cluster.boards:
            cluster.poll(20)
        while True:
            begun = ticks_ms()
            before = {board.unique_id: board.calls for board in cluster.boards}
            changed = False
            coming = picture(cluster, view)
            for y, counts in coming:
                screen.show(y, counts, view.limit)
                changed = keys.take(cluster.typed(), view)
                if changed:
                    coming.close()
                    break
            if not changed:
                report(cluster, view, ticks_diff(ticks_ms(), begun), before)
            while not changed:
                cluster.poll(50)
                changed = keys.take(cluster.typed(), view)
                touched = screen.touch.where()
                if touched:
                    try:
                        view.zoom(touched[0], touched[1], view.step >> 1)
                        changed = True
                    except ValueError as error:
                        print("picocray:", error)
