"""A socket to a process on this computer."""

import socket


class PipeLink:
    """The host's end of a socket pair."""

    name = "pipe"
    lossy = False

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        end.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive_into(self, buffer: memoryview) -> int:
        try:
            return self._socket.recv_into(buffer) or -1
        except BlockingIOError:
            return 0
        except OSError:  # reset: the board is gone
            return -1

    def send(self, data: memoryview) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def close(self) -> None:
        self._socket.close()
