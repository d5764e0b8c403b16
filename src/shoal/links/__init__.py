"""Links move bytes between this computer and one board, and know nothing of frames. One file a link."""

from typing import Protocol


class Link(Protocol):
    """One end of a byte stream. Never blocks.

    `receive_into` gives the bytes read, 0 for none now, -1 at the end; `send` the bytes taken, 0 for none now, -1 at the end.
    """

    name: str
    lossy: bool  # bytes may be damaged or lost: then frames are acknowledged, short, and sent again

    def fileno(self) -> int: ...

    def receive_into(self, buffer: memoryview) -> int: ...

    def send(self, data: memoryview) -> int: ...

    def close(self) -> None: ...
