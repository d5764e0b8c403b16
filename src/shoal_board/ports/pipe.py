"""A pair of file descriptors: a pipe or a socket to the host, in both MicroPython (unix) and CPython."""

import select


class Port:
    """`read` blocks until the view is full; it returns False at the end of the stream."""

    def __init__(self, rx=0, tx=0):
        """`rx`, `tx`: file descriptors; they may be the same socket."""
        self._rx = open(rx, "rb", 0)
        self._tx = open(tx, "wb", 0)
        self._poll = select.poll()
        self._poll.register(self._rx, select.POLLIN)

    def read(self, view):
        while len(view):
            count = self._rx.readinto(view)
            if not count:
                return False
            view = view[count:]
        return True

    def write(self, view):
        while len(view):
            view = view[self._tx.write(view) :]

    def ready(self, milliseconds):
        """Whether there is something to read; waits that long for it."""
        return bool(self._poll.poll(milliseconds))
