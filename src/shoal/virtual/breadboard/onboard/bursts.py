"""Makes `shoal_board.ports.lines` quick on a breadboard: where one board talks and another listens, the simulation does what
their pins would do, with the same bytes at the same times, and without a question for each edge. All else goes pin by pin.
"""

import ops_bursts
import served

from breadboard import core


def install(lines):
    """`lines`: the module. In an agent as real boards have it, names are others, and it stays slow."""
    kind = getattr(lines, "Lines", None)
    if kind is None:
        return
    kind._put_bytes, kind._put_halves = _putting(kind._put_bytes), _putting(kind._put_halves)
    kind._get_bytes, kind._get_halves = _getting(kind._get_bytes), _getting(kind._get_halves)


def _pins(lines):
    return bytes([pin.gpio for pin in lines.data + [lines.dav, lines.ndac]])


def _putting(slowly):
    def put(self, view):
        served.install()
        done = 0
        count = 1
        while count and len(view) - done > 1:
            count = core.ask(ops_bursts.TALK, len(self.data), 0, _pins(self) + view[done : done + ops_bursts.MOST])
            core.after()
            done += count
        slowly(self, view[done:] if done else view)

    return put


def _getting(slowly):
    def get(self, view):
        served.install()
        done = 0
        count = 1
        while count and len(view) - done > 1:
            count = core.ask(ops_bursts.HEAR, len(self.data), len(view) - done, _pins(self))
            view[done : done + count] = core.data
            core.after()
            done += count
        slowly(self, view[done:] if done else view)

    return get
