"""The `select` module of a board on a breadboard: waits for its USB terminal, in virtual time."""

import ops

from breadboard import charges, core

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16
_NEVER = 1 << 60


class poll:
    def __init__(self):
        self._streams = []

    def register(self, stream, mask=5):
        self._streams.append((stream, mask))

    def unregister(self, stream):
        self._streams = [pair for pair in self._streams if pair[0] is not stream]

    def modify(self, stream, mask):
        self.unregister(stream)
        self.register(stream, mask)

    def poll(self, timeout=-1):
        """The streams that can be read now, or within so many milliseconds; those that can be written, always."""
        ready = [(stream, POLLOUT) for stream, mask in self._streams if mask & POLLOUT]
        for stream, mask in self._streams:
            if mask & POLLIN:
                if timeout == 0 and core.now < core.late and not hasattr(stream, "ready_on"):  # a look costs no question
                    core.charge(charges["ticks"])
                    if core.typed:
                        ready.append((stream, POLLIN))
                    continue
                end = core.now if ready else _NEVER if timeout is None or timeout < 0 else core.now + int(timeout) * 1000000
                if core.until(end, getattr(stream, "ready_on", ops.ON_USB)):
                    ready.append((stream, POLLIN))
        return ready

    ipoll = poll
