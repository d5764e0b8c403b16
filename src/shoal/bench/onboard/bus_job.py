"""The job that measures and proves a bus: PicoCray's pictures, as plan.json says, with a line for all that its cluster tells.

Plan: boards to wait for, `wait_ms` at most; frames, each with left, top, step, limit, rows of a tile, and whether it is plain
(not squeezed). What is printed begins with "bench: ", then JSON. A picture is shown on the display; its answers are hashed.
"""

import hashlib
import json
from binascii import hexlify
from time import ticks_diff, ticks_us

import tiles
from picocray import MODULES, Screen, View, picture

from shoal_board import Cluster


def say(kind, **what):
    what["kind"] = kind
    print("bench: " + json.dumps(what))


class Watch:
    """Tells which tiles were given to whom, and what came of them."""

    def __init__(self, view):
        self._view = view

    def __call__(self, what, board, calls):
        if what == "trouble":
            say(what, text=calls)
        elif calls is None:
            say(what, board=board.name, id=board.unique_id)
        else:
            say(what, board=board.name, rows=[((top << 30) - self._view.top) // self._view.step for _, top, _, _, _, _ in calls])


def main():
    with open("plan.json") as file:
        plan = json.load(file)
    view = View()
    with Cluster(modules=MODULES, watch=Watch(view)) as cluster:
        begun = ticks_us()
        while len(cluster.boards) < plan["boards"] and ticks_diff(ticks_us(), begun) < 1000 * plan["wait_ms"]:
            cluster.poll(10)
        say("ready", boards=len(cluster.boards), us=ticks_diff(ticks_us(), begun))
        for frame in plan["frames"]:
            draw(cluster, view, frame)
        say("over")
        while plan["stay"]:
            cluster.poll(50)


def draw(cluster, view, frame):
    """One picture, timed from the first request to the last pixel."""
    rows = frame["rows"]
    screen = Screen(rows)
    view.go(frame["left"], frame["top"], frame["step"], frame["limit"])
    digest = hashlib.sha256()
    bus = cluster.counters
    busy, came, sent = bus.busy_us, bus.bytes_in, bus.bytes_out
    polls, packets, retries = bus.polls, bus.packets_in, bus.retries
    computed = {board.unique_id: board.busy_us for board in cluster.boards}
    say("begin")
    begun = ticks_us()
    for y, counts in picture(cluster, view, rows, tiles.plain_tile if frame["plain"] else None):
        screen.show(y, counts, view.limit)
        digest.update(counts)
    say(
        "frame",
        us=ticks_diff(ticks_us(), begun),
        busy_us=bus.busy_us - busy,
        bytes_in=bus.bytes_in - came,
        bytes_out=bus.bytes_out - sent,
        polls=bus.polls - polls,
        packets_in=bus.packets_in - packets,
        retries=bus.retries - retries,
        computed_us=[board.busy_us - computed.get(board.unique_id, 0) for board in cluster.boards],
        sha=hexlify(digest.digest()).decode(),
    )
