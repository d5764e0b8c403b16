"""The ESP32 cluster's job, on the controller: the Mandelbrot set as text, a row at a time from whichever board is free.

There is no display on these boards, so the picture is what the terminal shows; the lights show who computes.
"""

from time import ticks_diff, ticks_ms

import tiles

from shoal_board import Cluster

WIDTH = 76
HEIGHT = 28
LIMIT = 200
SHADES = ".:-=+*%@"
LEFT = -9 << 24  # -2.25, in Q6.26
TOP = -5 << 24
STEP = (3 << 26) // WIDTH  # across; a character is twice as high as wide
MODULES = {"tiles": ("mandelbrot",)}  # what that module imports


def shade(count, limit):
    """The character of a point: the heavier, the longer it stayed; none if it never left."""
    if count >= limit:
        return " "
    weight = 0
    while count > 1 and weight < len(SHADES) - 1:
        count >>= 1
        weight += 1
    return SHADES[weight]


def told(what, board, calls):
    if what in ("joined", "left"):
        print("esp32:", what, board.name, board.unique_id)
    elif what == "trouble":
        print("esp32: trouble: %s" % calls)


def main(width=WIDTH, height=HEIGHT, limit=LIMIT):
    with Cluster(modules=MODULES, watch=told) as cluster:
        while not cluster.boards:
            cluster.poll(20)
        began = ticks_ms()
        tops = [TOP + 2 * STEP * row for row in range(height)]
        same = [[value] * height for value in (LEFT, STEP, width, 1, limit)]
        made = cluster.map(tiles.plain_tile, same[0], tops, *same[1:])
        for counts in made:
            print("esp32: |%s|" % "".join([shade(count, limit) for count in counts[1:]]))
        print("esp32: %d x %d points in %d ms by %d boards" % (width, height, ticks_diff(ticks_ms(), began), len(cluster.boards)))
        for board in cluster.boards:
            print("esp32: %s made %d rows" % (board.name, board.calls))
